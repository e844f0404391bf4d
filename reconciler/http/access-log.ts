import type { Visit } from './front.ts'

/** What the columns of a line are, as IIS writes it above them. */
export const ACCESS_FIELDS =
  '#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status time-taken'

/**
 * A line of an access log in the W3C extended format; `at` in milliseconds since 1970. What the log of IIS says of a
 * connection that a rule cut is not known to us; here its status is 0.
 */
export function accessLine({ request, status, milliseconds }: Visit, at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().slice(0, 19).split('T')
  const mark = request.url.indexOf('?')
  const stem = mark < 0 ? request.url : request.url.slice(0, mark)
  const query = mark < 0 ? '' : request.url.slice(mark + 1)
  const agent = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'user-agent')?.[1][0]
  const texts = [request.method, stem, query, request.remoteAddress, agent ?? '']
  return [date, time, ...texts.map(column), status, milliseconds].join(' ')
}

/** A blank would begin the next column, and a line end or an escape sequence something else again. */
function column(text: string): string {
  if (text === '') return '-'
  return text
    .replaceAll(' ', '+')
    .replaceAll(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char.isWellFormed() ? char : '?'))
}
