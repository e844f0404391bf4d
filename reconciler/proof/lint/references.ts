import { compilePattern } from '../../rewrite/pattern.ts'
import type { Finding } from './finding.ts'
import { about, type Subject } from './subject.ts'
import type { ConditionPlace, PatternPlace, TemplatePlace, WrittenRule } from './written.ts'

/** How many captures a text may refer to; -1: none at all, not even the whole match. */
interface Captures {
  readonly match: number
  readonly conditions: number
}

interface Use extends TemplatePlace {
  readonly captures: Captures
}

/** References to what no pattern captures: URL Rewrite answers 500 when such a rule acts. */
export function missingReferences(subject: Subject): readonly Finding[] {
  return subject.rules.flatMap((rule) =>
    usesOf(rule).flatMap(({ text, pointer, captures }) =>
      referencesIn(text)
        .filter(({ of, index }) => index > (of === 'R' ? captures.match : captures.conditions))
        .map(({ of, index }) =>
          about(subject, 'reference-missing', pointer, {
            message: `{${of}:${index}} refers to nothing`,
            why: `${reason(rule, of, of === 'R' ? captures.match : captures.conditions)} URL Rewrite answers 500 whenever it gets here.`,
            remedy: remedy(of, of === 'R' ? captures.match : captures.conditions),
          }),
        ),
    ),
  )
}

/** Whether any text of the rule refers to what this pattern captures. */
export function referencesTo(rule: WrittenRule, place: PatternPlace): boolean {
  // A match is R; a pre-condition's captures are nobody's.
  if (rule.preConditions.some(({ pattern }) => pattern === place)) return false
  const of = rule.match === place ? 'R' : 'C'
  return usesOf(rule).some(({ text }) => referencesIn(text).some((reference) => reference.of === of))
}

function reason(rule: WrittenRule, of: 'R' | 'C', last: number): string {
  const what = of === 'R' ? 'the match' : 'the conditions before it'
  if (of === 'R' && rule.match?.negate === true) return 'A negated match captures nothing.'
  if (last < 0)
    return of === 'R'
      ? 'The rule has no match.'
      : 'No condition before it captures anything; a negated one never does.'
  return last === 0 ? `There is no group in ${what}.` : `Groups in ${what}: ${last}.`
}

function remedy(of: 'R' | 'C', last: number): string {
  return last < 0
    ? 'Put what is meant into a pattern that is not negated, in parentheses.'
    : `Put what is meant into parentheses, or refer to {${of}:0}${last > 0 ? ` to {${of}:${last}}` : ''}.`
}

function referencesIn(text: string): readonly { readonly of: 'R' | 'C'; readonly index: number }[] {
  return [...text.matchAll(/\{([RC]):(\d+)\}/gi)].map(([, of, index]) => ({
    of: of?.toUpperCase() === 'R' ? 'R' : 'C',
    index: Number(index),
  }))
}

/** Each text with what has been captured when it is filled in. */
function usesOf(rule: WrittenRule): readonly Use[] {
  const match = capturesOf(rule.match === null || rule.match.negate ? null : rule.match)
  const inputs = rule.conditions.map(({ input }, index) => ({
    ...input,
    captures: { match, conditions: tracked(rule, rule.conditions.slice(0, index)) },
  }))
  const results = rule.results.map((place) => ({
    ...place,
    captures: { match, conditions: tracked(rule, rule.conditions) },
  }))
  return [...inputs, ...results]
}

/** The highest {C:n} that these conditions can give: the last one's, or those of all of them one behind the other. */
function tracked({ trackAll, grouping }: WrittenRule, conditions: readonly ConditionPlace[]): number {
  const each = conditions
    .filter(({ pattern }) => pattern !== null && !pattern.negate)
    .map(({ pattern }) => capturesOf(pattern))
  if (each.length === 0) return -1
  // Of several that are enough one by one, nobody knows beforehand which one matches.
  if (grouping === 'MatchAny') return Math.max(...each)
  // The whole match of later ones has no number of its own.
  return trackAll ? each.reduce((sum, groups) => sum + groups, 0) : (each.at(-1) ?? -1)
}

function capturesOf(place: PatternPlace | null): number {
  if (place === null) return -1
  const read = compilePattern(place.pattern, place.syntax, true)
  // What is no pattern at all is told by that alone.
  return read.is === 'pattern' ? read.groups : Number.POSITIVE_INFINITY
}
