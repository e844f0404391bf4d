import { StopgapError } from '../errors/error.ts'
import { addressed } from '../proof/address.ts'
import { USUAL_RESPONSE } from '../proof/case.ts'
import { webServer } from '../proof/web-server.ts'
import { type RequestReport, requestText } from '../reporters/text/request.ts'
import type { Headers } from '../rewrite/exchange.ts'
import { type Console, printJson } from './context.ts'
import { answerLines } from './request/batch.ts'
import { type SubjectFlags, subjectOf } from './request/subject.ts'

export interface RequestFlags extends SubjectFlags {
  /** As curl takes them: `Name: value`. */
  readonly header?: readonly string[] | undefined
  readonly batch?: boolean | undefined
  readonly json?: boolean | undefined
}

/** Tries one request against a configuration, or with `--batch` each line of the input against its own. */
export async function request(
  words: readonly string[],
  flags: RequestFlags,
  console: Console,
): Promise<number> {
  if (flags.batch) {
    if (words.length > 0 || Object.keys(flags).some((flag) => flag !== 'batch' && flag !== 'json'))
      throw invalid('--batch takes everything from its lines', 'Leave out the request and the other flags.')
    return answerLines(console.input(), console)
  }
  const [method, url, ...more] = words
  if (method === undefined || url === undefined || more.length > 0)
    throw invalid(
      'a request is a method and a URL',
      "Write it as: stopgap request GET '/owa/' --mitigation M1",
    )
  const sent = addressed({ method, url, headers: headersOf(flags.header ?? []) })
  if (sent.is === 'fault') throw invalid(sent.why, 'Write it as a client would send it.')
  const { see, name, held } = await subjectOf(flags)
  const server = webServer(see)
  const both = server.answerBoth(sent.request, { site: sent.site })
  const report: RequestReport = {
    request: sent.request,
    server: name,
    held,
    authentication: server.authentication(sent.request, { site: sent.site }),
    ...both,
    back: server.respond(sent.request, USUAL_RESPONSE, { reading: 'raw', site: sent.site }).outbound,
  }
  if (flags.json) printJson(console, report)
  else console.out(requestText(report, console.paint))
  return both.raw.is === 'unknown' ? 1 : 0
}

function headersOf(lines: readonly string[]): Headers {
  const headers = new Map<string, string | string[]>()
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/s.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw invalid(`"${line}" is not a header`, "Write it as: -H 'Cookie: a=b'")
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(headers)
}

function invalid(what: string, remedy: string): StopgapError {
  return new StopgapError('ARGUMENT_INVALID', { what, remedy })
}
