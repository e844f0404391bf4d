import { urlDecode } from '../../rewrite/coding.ts'
import { compilePattern } from '../../rewrite/pattern.ts'
import type { Finding } from './finding.ts'
import { blockedTests } from './samples.ts'
import { about, type Subject } from './subject.ts'
import { seesPathOnly } from './variables.ts'
import type { PatternPlace, WrittenRule } from './written.ts'

/** Rules that look where the attack never is: for a slash that is not there, or in the path for what is in the query. */
export function blindRules(subject: Subject): readonly Finding[] {
  return subject.rules.flatMap((rule) => [...slashFindings(subject, rule), ...queryFindings(subject, rule)])
}

function slashFindings(subject: Subject, rule: WrittenRule): readonly Finding[] {
  const { match, kind } = rule
  if (kind !== 'rewrite-rule' || match === null || !wantsSlash(match)) return []
  return [
    about(subject, 'leading-slash', match.pointer, {
      message: match.negate
        ? 'the URL has no leading slash here, so this negated match lets every request on to the conditions'
        : 'the URL has no leading slash here, so this never matches',
      why: 'URL Rewrite matches what follows the folder that the rule is defined for, without the slash: at a site `owa/auth/logon.aspx`.',
      remedy: `url: '${relative(match, rule.at).replaceAll("'", "''")}'`,
    }),
  ]
}

function wantsSlash({ pattern, syntax }: PatternPlace): boolean {
  return syntax === 'ECMAScript' ? /^\^(?:\((?:\?:)?)*\\?\//.test(pattern) : pattern.startsWith('/')
}

/** The pattern without the slash, and without the folder that the rule is defined for. */
function relative({ pattern, syntax }: PatternPlace, at: readonly string[]): string {
  const start = syntax === 'ECMAScript' ? /^\^(?:\((?:\?:)?)*/.exec(pattern)?.[0] : ''
  const rest = pattern.slice(start?.length ?? 0).replace(/^\\?\//, '')
  const folders = at.map((path) => path.split('/').slice(1).join('/').toLowerCase())
  const [folder = ''] = folders
  const own = folder !== '' && folders.length === 1 && rest.toLowerCase().startsWith(folder)
  return `${start ?? ''}${own ? rest.slice(folder.length).replace(/^\\?\//, '') : rest}`
}

/** A text that holds the path alone, where a request that must be blocked has what is looked for in its query. */
function queryFindings(subject: Subject, rule: WrittenRule): readonly Finding[] {
  if (rule.kind !== 'rewrite-rule') return []
  const places = rule.conditions.flatMap(({ input, pattern }) =>
    pattern !== null && !pattern.negate && seesPathOnly(input)
      ? [{ pattern, pointer: input.pointer, what: input.text, remedy: "input: '{UrlDecode:{REQUEST_URI}}'" }]
      : [],
  )
  if (rule.match !== null && !rule.match.negate)
    places.push({
      pattern: rule.match,
      pointer: rule.match.pointer,
      what: 'the URL that a match sees',
      remedy: `match: { url: '.*' }\nconditions: [{ input: '{UrlDecode:{REQUEST_URI}}', pattern: '${rule.match.pattern.replaceAll("'", "''")}' }]`,
    })
  return places.flatMap(({ pattern, pointer, what, remedy }) => {
    const missed = blockedTests(subject).find(({ request }) => isInQuery(pattern, request.url))
    if (missed === undefined) return []
    return [
      about(subject, 'query-not-seen', pointer, {
        message: `${what} holds the path alone, and the attack is in the query`,
        why: `The request ${missed.request.url} of the tests is matched with its query, and not without it.`,
        remedy,
      }),
    ]
  })
}

function isInQuery({ pattern, syntax, flags }: PatternPlace, url: string): boolean {
  const read = compilePattern(pattern, syntax, flags === 'i')
  if (read.is === 'fault' || !url.includes('?')) return false
  const path = url.slice(0, url.indexOf('?'))
  const sees = (text: string): boolean => read.test(urlDecode(text)) || read.test(urlDecode(text).slice(1))
  return sees(url) && !sees(path)
}
