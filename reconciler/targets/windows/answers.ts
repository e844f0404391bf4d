import { isObject } from '../../model/object.ts'
import type { Acted, Look, StepResult } from '../../model/target.ts'
import { printable } from '../../util/words.ts'
import type { Ask, Examined, Hello, RequestLine, Values } from './protocol.ts'
import { isText, sightingsOf, words } from './sightings.ts'

/** What answers come to once they are understood. */
export interface Answers extends Omit<Values, 'look' | 'act'> {
  readonly look: Look
  readonly act: Acted
}

/** What an answer says; `invalid`: it is none to this request. Whoever wrote it may be anybody. */
export type Understood =
  | { readonly is: 'done'; readonly value: Answers[Ask['do']] }
  | { readonly is: 'failed' | 'refused'; readonly why: string }
  | Invalid

type Invalid = { readonly is: 'invalid'; readonly why: string }

const SHOWN = 60
/** The last moment that has a date, in milliseconds since 1970. */
const LATEST = 8_640_000_000_000_000

/** The first line of a program. */
export function greetingOf(
  line: string,
):
  | { readonly is: 'hello'; readonly value: Hello }
  | { readonly is: 'refused'; readonly why: string }
  | Invalid {
  const said = parsed(line)
  if (!isObject(said) || said['hello'] !== 'stopgap') {
    return invalid(`the first line is no greeting: ${printable(line.slice(0, SHOWN))}`)
  }
  if ('refused' in said) return { is: 'refused', why: words(said['refused']) }
  const powershell = powershellOf(said['powershell'])
  const protocol = said['protocol']
  if (powershell === null || typeof protocol !== 'number') return invalid('the greeting lacks a part')
  return { is: 'hello', value: { hello: 'stopgap', protocol, powershell } }
}

/** The answer to one request. Everything is looked at before any of it is believed. */
export function answerOf(line: string, request: RequestLine): Understood {
  const said = parsed(line)
  if (!isObject(said)) return invalid(`it is no JSON: ${printable(line.slice(0, SHOWN))}`)
  const id = said['id']
  // What is no number may be anything: an object that is no text, or megabytes.
  if (id !== request.id)
    return invalid(
      `it answers ${typeof id === 'number' ? `request ${id}` : 'nobody knows what'}, not ${request.id}`,
    )
  if (said['is'] === 'failed' || said['is'] === 'refused')
    return { is: said['is'], why: words(said['detail']) }
  const value = said['value']
  if (said['is'] !== 'done' || !isObject(value)) return invalid('it is neither done nor failed nor refused')
  const understood = answered(value, request)
  return typeof understood === 'string' ? invalid(understood) : { is: 'done', value: understood }
}

type Fields = { readonly [field: string]: unknown }

/** A text says what is wrong with it. */
function answered(value: Fields, request: RequestLine): Answers[Ask['do']] | string {
  switch (request.do) {
    case 'look':
      return sightingsOf(value['sightings'], request.queries)
    case 'act': {
      const results = resultsOf(value['results'], request.steps.length)
      if (typeof results === 'string') return results
      const look = sightingsOf(value['sightings'], request.queries)
      return typeof look === 'string' ? look : { results, sightings: look.sightings }
    }
    case 'examine':
      return examinedOf(value) ?? 'a part of what it found is missing'
    case 'fetch': {
      const { status, milliseconds, error } = value
      const right =
        (status === null || isCount(status, 999)) &&
        isCount(milliseconds, LATEST) &&
        (error === null || typeof error === 'string')
      return right
        ? { status, milliseconds, error: error === null ? null : words(error) }
        : 'it is no result of a fetch'
    }
    case 'event': {
      const { written, why } = value
      const right = typeof written === 'boolean' && (why === null || typeof why === 'string')
      return right
        ? { written, why: why === null ? null : words(why) }
        : 'it does not say whether it was written'
    }
  }
}

/** One result per step, and nothing attempted after the first that was not done. */
function resultsOf(value: unknown, steps: number): readonly StepResult[] | string {
  if (!Array.isArray(value) || value.length !== steps) return 'it has not one result per step'
  const results: StepResult[] = []
  for (const one of value as readonly unknown[]) {
    const is = isObject(one) ? one['is'] : undefined
    const stopped = results.some((before) => before.is !== 'done')
    if ((is === 'not-attempted') !== stopped) return 'its results are not in order'
    if (is === 'done' || is === 'not-attempted') results.push({ is })
    else if (is === 'conflict' || is === 'failed')
      results.push({ is, detail: words((one as Fields)['detail']) })
    else return 'a result is none'
  }
  return results
}

function examinedOf(value: Fields): Examined | null {
  const { user, elevated, computer, languageMode, is64Bit, clock } = value
  const { universalCrt, configurationRedirected, recordFolder } = value
  const powershell = powershellOf(value['powershell'])
  const right =
    isText(user) &&
    isText(computer) &&
    isText(languageMode) &&
    typeof is64Bit === 'boolean' &&
    isCount(clock, LATEST) &&
    powershell !== null
  if (!right || !isBooleanOrNull(elevated) || !isBooleanOrNull(universalCrt)) return null
  if (configurationRedirected !== null && typeof configurationRedirected !== 'string') return null
  if (recordFolder !== true && typeof recordFolder !== 'string') return null
  return {
    user,
    elevated,
    computer,
    powershell,
    languageMode,
    is64Bit,
    clock,
    universalCrt,
    configurationRedirected: configurationRedirected === null ? null : words(configurationRedirected),
    recordFolder: recordFolder === true ? true : words(recordFolder),
  }
}

function powershellOf(value: unknown): Hello['powershell'] | null {
  if (!isObject(value)) return null
  const { version, edition } = value
  return isText(version) && isText(edition) ? { version, edition } : null
}

/** JSON has numbers that Node reads as infinite, such as 1e999. */
function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most
}

function isBooleanOrNull(value: unknown): value is boolean | null {
  return value === null || typeof value === 'boolean'
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function invalid(why: string): Invalid {
  return { is: 'invalid', why }
}
