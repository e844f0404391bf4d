import type { See } from '../model/thing.ts'
import { addressed } from '../proof/address.ts'
import type { Answer, Refused, Responded } from '../proof/answer.ts'
import { type WebServer, webServer } from '../proof/web-server.ts'
import type { Headers, Request, Response, RuleError } from '../rewrite/exchange.ts'
import type { Arrived, Sent } from './front.ts'
import { type Html, html } from './page/html.ts'

type Answered = Extract<Sent, { is: 'answer' }>

/** The server that is answered for. */
export interface AsServer {
  readonly name: string
  /** The port that we listen on: a Host header that names it means no port of the server's own. */
  readonly port: number
}

// As IIS writes them, measured on IIS 10: not all are those of the standard.
const REASONS: { readonly [status: number]: string } = {
  200: 'OK',
  301: 'Moved Permanently',
  302: 'Redirect',
  303: 'See Other',
  307: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/**
 * What this server sends back, as far as its configuration decides it: Exchange itself is not there, so whatever comes
 * through gets a small page. Every connection counts as one over TLS, and nobody's password is checked.
 */
export function answerAs(see: See, { name, port }: AsServer, arrived: Arrived): Sent {
  const { method, url, remoteAddress } = arrived
  const asked = addressed({ method, url, headers: withoutOwnPort(arrived.headers, port) })
  if (asked.is === 'fault') return page(400, '', html`${asked.why}`)
  const server = webServer(see)
  const options = { site: asked.site, variables: { REMOTE_ADDR: remoteAddress }, reading: 'raw' } as const
  const answer = server.answer(asked.request, options)
  if (answer.is !== 'pass' && answer.is !== 'rewrite') return sentFor(answer, method)
  if (/^https?:/i.test(answer.url))
    return page(
      404,
      '.4',
      html`A rule hands this on to ${answer.url}, which nobody does where no proxy is installed.`,
    )
  const request = { ...asked.request, url: answer.url }
  const response = applicationAnswers({ request, arrived, options, server, name })
  return throughRules(server.respond(asked.request, response, options).outbound, method)
}

/** What is sent when the server itself cannot be looked at. */
export function unanswerable(why: string): Sent {
  return page(503, '', html`Nobody can tell: ${why}`)
}

interface Application {
  readonly request: Request
  readonly arrived: Arrived
  readonly options: Parameters<WebServer['authentication']>[1]
  readonly server: WebServer
  readonly name: string
}

function withoutOwnPort(headers: Arrived['headers'], port: number): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [
      name,
      name.toLowerCase() === 'host' ? values.map((value) => value.replace(`:${port}`, '')) : values,
    ]),
  )
}

/** What stands in for the application, where no rule is in the way. Health-check pages ask nobody for a password. */
function applicationAnswers({ request, arrived, options, server, name }: Application): Response {
  const [path = ''] = request.url.split('?')
  if (/\/healthcheck\.htm$/i.test(path))
    return { status: 200, headers: HTML, body: `200 OK<br/>${name.toUpperCase()}` }
  const authentication = server.authentication(request, options)
  const signedIn = Object.keys(arrived.headers).some((header) => header.toLowerCase() === 'authorization')
  if (authentication.is === 'asked' && !signedIn) {
    const said = page(401, '', html`Sign in first.`)
    return { ...said, headers: { ...HTML, 'WWW-Authenticate': authentication.challenges } }
  }
  return page(200, '', html`Exchange would answer ${arrived.method} ${request.url} here.`)
}

type Ended = Exclude<Answer, { readonly is: 'pass' | 'rewrite' }>

function sentFor(answer: Ended, method: string): Sent {
  switch (answer.is) {
    case 'abort':
      return { is: 'cut' }
    case 'redirect': {
      const { status, location } = answer
      return { ...page(status, '', html`It moved to ${location}.`), headers: { ...HTML, Location: location } }
    }
    case 'response': {
      const { status, subStatus, reason, description } = answer
      const sent = page(status, `.${subStatus}`, html`${description}`)
      return { ...sent, reason: reason || sent.reason }
    }
    case 'parse-error':
      return ruleError(answer.error)
    default:
      return refused(answer, method)
  }
}

function throughRules(outbound: Responded['outbound'], method: string): Sent {
  if (outbound === null) return page(404, '', html`No application serves what the rules made of it.`)
  if (outbound.is === 'timeout') return refused(outbound, method)
  if (outbound.is === 'parse-error') return ruleError(outbound.error)
  const { status, headers, body } = outbound.response
  return { is: 'answer', status, reason: REASONS[status] ?? '', headers, body }
}

function ruleError({ rule, subStatus, message }: RuleError): Sent {
  const which = rule === null ? '' : `the rule "${rule}": `
  const sent = page(500, `.${subStatus}`, html`URL Rewrite: ${which}${message}`)
  return subStatus === 19 ? sent : { ...sent, reason: 'URL Rewrite Module Error.' }
}

function refused(answer: Refused, method: string): Sent {
  switch (answer.is) {
    case 'broken': {
      const { file, line, column, what, code } = answer.fault
      return page(500, '.19', html`${what} (${code})<br>${file}:${line}:${column}`)
    }
    case 'filtered':
      return page(answer.status, `.${answer.subStatus}`, html`${answer.why}`)
    case 'timeout':
      return page(
        500,
        '',
        html`The rules took more than ${answer.milliseconds} ms over this ${method} request.`,
      )
    case 'unknown':
      return page(500, '', html`Nobody can tell: ${answer.why}`)
    default:
      return page(answer.status, '', html`${answer.why}`)
  }
}

const HTML = { 'Content-Type': 'text/html; charset=utf-8', Server: 'Microsoft-IIS/10.0' }

/** The number as IIS writes it, sub-status and all, and one sentence. */
function page(status: number, subStatus: string, text: Html): Answered {
  const reason = REASONS[status] ?? ''
  const title = `${status}${subStatus === '.0' ? '' : subStatus} ${reason}`.trim()
  const { markup } = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><h1>${title}</h1><p>${text}</p></body></html>
`
  return { is: 'answer', status, reason, headers: HTML, body: markup }
}
