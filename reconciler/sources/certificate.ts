import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Certificate } from '../model/examined.ts'

const PATIENCE = 10_000

/**
 * The certificate that a server shows, whether it is to be believed or not: that is for git to say. Nothing is sent to it. Null
 * when none is shown within ten seconds.
 */
export function certificateOf(url: URL, signal: AbortSignal): Promise<Certificate | null> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: url.port === '' ? 443 : Number(url.port),
      // An address is no server name, and Node refuses one there.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: false,
    })
    const stop = () => done(null)
    const done = (found: Certificate | null) => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(found)
    }
    signal.addEventListener('abort', stop, { once: true })
    socket.setTimeout(PATIENCE, stop)
    socket.once('error', stop)
    socket.once('secureConnect', () => {
      const { issuer, valid_to: validTo } = socket.getPeerCertificate()
      const at = Date.parse(validTo)
      done(Number.isNaN(at) ? null : { issuer: nameOf(issuer), validTo: at })
    })
  })
}

/** Node gives a list where a certificate names something twice. */
function nameOf(issuer: { readonly [part: string]: string | string[] | undefined } | undefined): string {
  const name = issuer?.['CN'] ?? issuer?.['O'] ?? 'somebody without a name'
  return Array.isArray(name) ? name.join(', ') : name
}
