import { mask } from '../util/mask.ts'
import type { Env } from './environment.ts'

/**
 * The proxy that git's HTTP library goes through, without secrets; null: none. `configured` is git's own http.proxy for this
 * URL, which comes before the environment; empty, it means none at all. The rules are those of libcurl: `http_proxy` counts
 * only in small letters, since a web server may have the other from a request.
 */
export function proxyOf(url: URL, env: Env, configured: string | null): string | null {
  if (isExempt(url.hostname, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return null
  const own = url.protocol === 'https:' ? [env['https_proxy'], env['HTTPS_PROXY']] : [env['http_proxy']]
  const proxy = configured ?? [...own, env['all_proxy'], env['ALL_PROXY']].find((one) => one !== undefined)
  if (proxy === undefined || proxy === '') return null
  // Without a scheme it is http, and only with one a password in it is seen as such.
  return mask(proxy.includes('://') ? proxy : `http://${proxy}`)
}

/** A name stands for itself and all below it; a star for everything. */
function isExempt(host: string, list: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const bare = entry.replace(/^\./, '')
      return entry === '*' || name === bare || name.endsWith(`.${bare}`)
    })
}
