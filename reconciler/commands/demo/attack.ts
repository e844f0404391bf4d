import { get } from 'node:http'

/** The request of the first public exploit of CVE-2022-41040, which M1 stops. */
export const ATTACK = '/autodiscover/autodiscover.json?@evil.example/PowerShell/'

/** What a client sees of the attack: a status, or that the connection was cut. Rejects when nobody is there. */
export function attack(base: string): Promise<number | 'cut'> {
  return new Promise((resolve, reject) => {
    const request = get(`${base}${ATTACK}`, { agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve('cut') : reject(error),
    )
  })
}

/** In words. Exchange itself is not there; where it would ask for a password, the request has come through to it. */
export function told(seen: number | 'cut'): string {
  if (seen === 'cut') return 'the connection is cut'
  if (seen === 401) return 'it comes through to Exchange (401, sign in first)'
  return seen < 400 ? `it comes through to Exchange (${seen})` : `it is refused (${seen})`
}
