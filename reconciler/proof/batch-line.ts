import { isObject } from '../model/object.ts'
import type { Headers, Response } from '../rewrite/exchange.ts'
import { addressed, USUAL_SITE } from './address.ts'
import type { Given } from './batch-server.ts'
import type { Ask } from './web-server.ts'

/** Reads a file that a line names. Throws an `Error` that says why it cannot. */
export type ReadConfig = (path: string) => string

/** One line, understood; or why it cannot be. */
export type Line =
  | {
      readonly is: 'line'
      readonly id: unknown
      readonly given: Given
      readonly ask: Ask
      readonly response: Response | null
    }
  | { readonly is: 'malformed'; readonly id: unknown; readonly error: string }

/** Reads one line. Never throws. */
export function lineOf(text: string, read: ReadConfig): Line {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    return malformed(null, `not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isObject(parsed)) return malformed(null, 'it is not an object')
  const { id = null, request, response, serverVariables } = parsed
  const given = givenOf(parsed, read)
  if (typeof given === 'string') return malformed(id, given)
  const ask = askOf(request, serverVariables)
  if (typeof ask === 'string') return malformed(id, ask)
  if (response === undefined || response === null) return { is: 'line', id, given, ask, response: null }
  const answered = responseOf(response)
  if (typeof answered === 'string') return malformed(id, answered)
  return { is: 'line', id, given, ask, response: answered }
}

function malformed(id: unknown, error: string): Line {
  return { is: 'malformed', id, error }
}

function givenOf(
  { rewriteXml, config }: { readonly [key: string]: unknown },
  read: ReadConfig,
): Given | string {
  if ((rewriteXml === undefined) === (config === undefined)) return 'it needs either rewriteXml or config'
  if (rewriteXml !== undefined)
    return typeof rewriteXml === 'string' ? { is: 'rewrite', xml: rewriteXml } : 'rewriteXml is not a text'
  if (typeof config !== 'string') return 'config is not a text'
  if (/^\uFEFF?\s*</.test(config)) return { is: 'config', text: config }
  try {
    return { is: 'config', text: read(config) }
  } catch (error) {
    return `config: ${error instanceof Error ? error.message : String(error)}`
  }
}

function askOf(request: unknown, serverVariables: unknown): Ask | string {
  if (!isObject(request)) return 'request is not an object'
  const { method = 'GET', url, headers = {} } = request
  if (typeof method !== 'string') return 'request.method is not a text'
  if (typeof url !== 'string') return 'request.url is not a text'
  const sent = headersOf(headers, 'request.headers')
  if (typeof sent === 'string') return sent
  const variables = variablesOf(serverVariables ?? {})
  if (typeof variables === 'string') return variables
  // A site of its own, not one of Exchange: without TLS unless the URL or a variable says so.
  const found = addressed({ method, url, headers: sent }, 'http')
  if (found.is === 'fault') return `request: ${found.why}`
  return { request: found.request, site: USUAL_SITE, variables }
}

function variablesOf(value: unknown): { readonly [name: string]: string } | string {
  if (!isObject(value)) return 'serverVariables is not an object'
  const odd = Object.keys(value).find((name) => !['string', 'number', 'boolean'].includes(typeof value[name]))
  if (odd !== undefined) return `serverVariables.${odd} is not a text`
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]))
}

function headersOf(value: unknown, what: string): Headers | string {
  if (!isObject(value)) return `${what} is not an object`
  const isTexts = (each: unknown) => Array.isArray(each) && each.every((one) => typeof one === 'string')
  const odd = Object.keys(value).find((name) => typeof value[name] !== 'string' && !isTexts(value[name]))
  return odd === undefined ? (value as Headers) : `${what}.${odd} is not a text`
}

function responseOf(value: unknown): Response | string {
  if (!isObject(value)) return 'response is not an object'
  const { status = 200, headers = {}, body = '' } = value
  if (typeof status !== 'number' || !Number.isInteger(status)) return 'response.status is not a number'
  if (typeof body !== 'string') return 'response.body is not a text'
  const sent = headersOf(headers, 'response.headers')
  return typeof sent === 'string' ? sent : { status, headers: sent, body }
}
