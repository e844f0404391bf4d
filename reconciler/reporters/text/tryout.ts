import type { Tried, Tryout } from '../../proof/tried.ts'
import { count, printable } from '../../util/words.ts'
import { countsOf } from '../tryout.ts'
import type { Paint } from './paint.ts'
import { cut, wrapped } from './width.ts'

/** More of one sort are counted. */
const SHOWN = 10
/** One wrong rule can affect every request of the corpus, and all of them in the same way. */
const SHOWN_OF_TRAFFIC = 3

function most(code: Tried['code']): number {
  return code === 'false-positive' || code === 'response-broken' ? SHOWN_OF_TRAFFIC : SHOWN
}

/** All that was tried, mitigation by mitigation; what is as it should be takes one line, what is not says everything, in lines of `width`. */
export function tryoutsText(tryouts: readonly Tryout[], paint: Paint, width: number): string {
  return [...tryouts.map((one) => tryoutText(one, paint, width)), sumText(tryouts, paint)].join('\n\n')
}

function tryoutText(tryout: Tryout, paint: Paint, width: number): string {
  const { mitigation, build, tried } = tryout
  const bad = tried.filter(({ level }) => level !== 'ok')
  const failed = bad.some(({ level }) => level === 'error')
  const word = failed
    ? paint('red', 'failed')
    : bad.length > 0
      ? paint('yellow', 'passed')
      : paint('green', 'passed')
  const head = `${paint('bold', printable(mitigation))}  ${word}  ${factsText(tryout)}  (Exchange ${build})`
  return [
    head,
    ...shown(bad).flatMap((one) => triedLines(one, { mitigation, width }, paint)),
    ...moreLines(bad),
  ].join('\n')
}

function factsText({ rules, tests, tried, traffic }: Tryout): string {
  const passed = tried.filter(({ code }) => code === 'as-expected').length
  const without = rules === 0 ? 'no rules to test' : 'no tests'
  return `${tests === 0 ? without : `${passed} of ${count(tests, 'test')}`}; ${trafficText(traffic)}`
}

function trafficText({ requests, affected, declared }: Tryout['traffic']): string {
  const all = count(requests, 'ordinary request')
  if (affected === 0) return `${all}, none affected`
  const how = declared === affected ? 'as declared' : `${declared === 0 ? 'none' : declared} of them declared`
  return `${all}, ${affected} affected, ${how}`
}

/** The first of each sort. */
function shown(bad: readonly Tried[]): readonly Tried[] {
  const counts = new Map<string, number>()
  return bad.filter(({ code }) => {
    const so = (counts.get(code) ?? 0) + 1
    counts.set(code, so)
    return so <= most(code)
  })
}

function moreLines(bad: readonly Tried[]): readonly string[] {
  const groups = [...Map.groupBy(bad, ({ code }) => code)].filter(([code, all]) => all.length > most(code))
  return groups.map(([code, all]) => `  and ${all.length - most(code)} more of ${code}; --json lists all`)
}

/** Everything that somebody needs who reads nothing else. */
function triedLines(
  one: Tried,
  { mitigation, width }: { readonly mitigation: string; readonly width: number },
  paint: Paint,
): readonly string[] {
  const { file, line, column } = one.origin
  const word = one.level === 'error' ? paint('red', one.code) : paint('yellow', `${one.code} (warning)`)
  const rows: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['request', one.request === undefined ? undefined : requestLines(one.request)],
    ['expected', sentence(one.expected, width)],
    ['happened', sentence(one.happened, width)],
    ['because', sentence(one.because, width)],
  ]
  return [
    `  ${paint('bold', `${printable(file)}:${line}:${column}`)}: ${word}: ${printable(mitigation)}: ${printable(one.name)}`,
    ...rows.flatMap(([label, lines]) => (lines === undefined ? [] : rowLines(label, lines))),
  ]
}

/** The URL in full, since the attack is in it; a cookie can fill the screen. */
function requestLines(text: string): readonly string[] {
  return text.split('\n').map((line, at) => (at === 0 ? printable(line) : cut(printable(line), 160)))
}

function sentence(text: string | undefined, width: number): readonly string[] | undefined {
  return text?.split('\n').flatMap((line) => wrapped(printable(line), width - MARGIN))
}

/** Blanks and label before each line of a row. */
const MARGIN = 14

function rowLines(label: string, [first = '', ...more]: readonly string[]): readonly string[] {
  return [`    ${label.padEnd(9)} ${first}`, ...more.map((line) => `    ${' '.repeat(9)} ${line}`)]
}

function sumText(tryouts: readonly Tryout[], paint: Paint): string {
  const { passed, failed, warnings } = countsOf(tryouts)
  const parts = [
    count(tryouts.length, 'mitigation'),
    `${count(passed, 'test')} passed`,
    `${failed} failed`,
    count(warnings, 'warning'),
  ]
  const bare = tryouts.filter(({ rules, tests }) => rules > 0 && tests === 0)
  const without =
    bare.length === 0
      ? ''
      : `\nRules without any test: ${bare.map(({ mitigation }) => printable(mitigation)).join(', ')}`
  return paint(failed > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', parts.join(', ')) + without
}
