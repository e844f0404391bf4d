import { urlDecode } from '../../rewrite/coding.ts'
import { compilePattern } from '../../rewrite/pattern.ts'
import { limited } from '../../util/limited.ts'
import { furtherCondition } from './condition.ts'
import type { Finding } from './finding.ts'
import { leadingSlash } from './leading-slash.ts'
import { quoted } from './quoted.ts'
import { blockedTests } from './samples.ts'
import { about, type Subject } from './subject.ts'
import { seesPathOnly } from './variables.ts'
import type { PatternPlace, WrittenRule } from './written.ts'

/** Rules that look where the attack never is: for a slash that is not there, or in the path for what is in the query. */
export function blindRules(subject: Subject): readonly Finding[] {
  return subject.rules.flatMap((rule) => [...leadingSlash(subject, rule), ...queryFindings(subject, rule)])
}

/** A text that holds the path alone, where a request that must be blocked has what is looked for in its query. */
function queryFindings(subject: Subject, rule: WrittenRule): readonly Finding[] {
  if (rule.kind !== 'rewrite-rule') return []
  const places = rule.conditions.flatMap(({ input, pattern }) =>
    pattern !== null && !pattern.negate && seesPathOnly(input)
      ? [{ pattern, pointer: input.pointer, what: input.text, put: intoInput }]
      : [],
  )
  if (rule.match !== null && !rule.match.negate)
    places.push({
      pattern: rule.match,
      pointer: rule.match.pointer,
      what: 'the URL that a match sees',
      put: (pattern: string) => intoCondition(rule, pattern),
    })
  return places.flatMap(({ pattern, pointer, what, put }) => {
    const missed = blockedTests(subject).find(({ request }) => isInQuery(pattern, request.url))
    if (missed === undefined) return []
    const remedy = put(fromTheRoot(pattern, missed.request.url), pattern)
    return [
      about(subject, 'query-not-seen', pointer, {
        message: `${what} holds the path alone, and the attack is in the query`,
        why: `The request ${missed.request.url} of the tests is matched with its query, and not without it.`,
        remedy,
      }),
    ]
  })
}

/** The pattern for a text that begins with the slash of the root, as no path relative to a folder does. */
function fromTheRoot({ pattern, syntax, flags }: PatternPlace, url: string): string {
  const forms = syntax === 'ECMAScript' ? [pattern, pattern.replace('^', '^/')] : [pattern, `/${pattern}`]
  const fits = (form: string): boolean => {
    const read = compilePattern(form, syntax, flags === 'i')
    const found = limited(LIMIT, () => read.is === 'pattern' && read.test(urlDecode(url)))
    return found.is === 'done' && found.value
  }
  return forms.find(fits) ?? pattern
}

const WHOLE = "input: '{UrlDecode:{REQUEST_URI}}'"

function intoInput(pattern: string, written: PatternPlace): string {
  return pattern === written.pattern ? WHOLE : `${WHOLE}\npattern: ${quoted(pattern)}`
}

function intoCondition(rule: WrittenRule, pattern: string): string {
  const everything = rule.match?.syntax === 'Wildcard' ? '*' : '.*'
  const condition = furtherCondition(rule, `{ ${WHOLE}, pattern: ${quoted(pattern)} }`)
  return condition === null || rule.match?.syntax === 'ExactMatch'
    ? 'Look for it in {UrlDecode:{REQUEST_URI}}, in a rule of its own.'
    : `match: { url: '${everything}' }\n${condition}`
}

/** Milliseconds for one pattern on one request. */
const LIMIT = 200

function isInQuery({ pattern, syntax, flags }: PatternPlace, url: string): boolean {
  const read = compilePattern(pattern, syntax, flags === 'i')
  if (read.is === 'fault' || !url.includes('?')) return false
  const path = url.slice(0, url.indexOf('?'))
  const sees = (text: string): boolean => read.test(urlDecode(text)) || read.test(urlDecode(text).slice(1))
  const found = limited(LIMIT, () => sees(url) && !sees(path))
  return found.is === 'done' && found.value
}
