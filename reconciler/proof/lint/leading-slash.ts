import { isWithin, sitePathOf } from '../../iis/paths.ts'
import { compilePattern, type Pattern } from '../../rewrite/pattern.ts'
import { cooked } from '../../rewrite/url.ts'
import { limited } from '../../util/limited.ts'
import { USUAL_SITE } from '../address.ts'
import type { Finding } from './finding.ts'
import { quoted } from './quoted.ts'
import { blockedTests, type PlacedTest } from './samples.ts'
import { about, type Subject } from './subject.ts'
import type { PatternPlace, WrittenRule } from './written.ts'

const WHY =
  'URL Rewrite matches what follows the folder that the rule is defined for, without the slash: at a site `owa/auth/logon.aspx`, at /owa `auth/logon.aspx`.'

/** Rules whose match wants more at its beginning than is ever there: a slash, or the folder that the rule is defined for. */
export function leadingSlash(subject: Subject, rule: WrittenRule): readonly Finding[] {
  const { match, kind } = rule
  if (kind !== 'rewrite-rule' || match === null) return []
  const said = alwaysMissed(match, rule.at) ?? missedTest(subject, rule, match)
  return said === null ? [] : [about(subject, 'leading-slash', match.pointer, { ...said, why: WHY })]
}

interface Missed {
  readonly message: string
  readonly remedy: string
}

function instead(pattern: string): string {
  return `url: ${quoted(pattern)}`
}

/** What no request can match, as its form says. */
function alwaysMissed(match: PatternPlace, at: readonly string[]): Missed | null {
  const pattern = relative(match, folderOf(at))
  if (pattern === null) return null
  const message = match.negate
    ? 'the URL has no leading slash here, so this negated match lets every request on to the conditions'
    : 'the URL has no leading slash here, so this never matches'
  return { message, remedy: instead(pattern) }
}

/** The folder below the site; empty where it is none, or several. */
function folderOf(at: readonly string[]): string {
  const folders = at.map((path) => path.split('/').slice(1).join('/').toLowerCase())
  return folders.length === 1 ? (folders[0] ?? '') : ''
}

/** The pattern without the slash that each of its ways demands, and without the folder; null where one does without. */
function relative({ pattern, syntax }: PatternPlace, folder: string): string | null {
  if (syntax === 'ECMAScript') return unslashed(pattern, false, folder)
  return pattern.startsWith('/') ? withoutFolder(pattern.slice(1), folder) : null
}

function unslashed(text: string, tied: boolean, folder: string): string | null {
  const ways = waysOf(text).map((one) => unslashedWay(one, tied, folder))
  return ways.includes(null) ? null : ways.join('|')
}

const SLASH = /^(?:\\?\/|\[\\?\/\])(?:\+\??)?(?![?*+{])/

function unslashedWay(text: string, tied: boolean, folder: string): string | null {
  const start = text.startsWith('^') ? '^' : ''
  const rest = text.slice(start.length)
  const atStart = tied || start !== ''
  const slash = atStart ? SLASH.exec(rest)?.[0] : undefined
  if (slash !== undefined) return start + withoutFolder(rest.slice(slash.length), folder)
  const open = /^\((?:\?:)?/.exec(rest)?.[0]
  const end = endOfGroup(rest)
  // What need not be there demands nothing.
  if (open === undefined || /^[?*{]/.test(rest.slice(end + 1))) return null
  const inner = unslashed(rest.slice(open.length, end), atStart, folder)
  return inner === null ? null : `${start}${open}${inner}${rest.slice(end)}`
}

function withoutFolder(text: string, folder: string): string {
  const [own, behind] = [text.slice(0, folder.length), text.slice(folder.length)]
  if (folder === '' || own.toLowerCase() !== folder || !/^(?:\\?\/|\$|$)/.test(behind)) return text
  return behind.replace(/^\\?\//, '')
}

// What is escaped or in a class is no group and no choice.
const MARKS = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[()|]/g

/** The alternatives of a pattern, groups left whole. */
function waysOf(text: string): readonly string[] {
  const ways: string[] = []
  let [depth, start] = [0, 0]
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    if (mark === '(') depth += 1
    if (mark === ')') depth -= 1
    if (mark !== '|' || depth > 0) continue
    ways.push(text.slice(start, index))
    start = index + 1
  }
  return [...ways, text.slice(start)]
}

/** Where the group ends that the text begins with. */
function endOfGroup(text: string): number {
  let depth = 0
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    if (mark === '(') depth += 1
    if (mark === ')') depth -= 1
    if (mark === ')' && depth === 0) return index
  }
  return text.length
}

/** Milliseconds for one pattern on the tests of a mitigation. */
const LIMIT = 200

/** A request that must be blocked and that the pattern would match if the URL began further left. */
function missedTest(subject: Subject, rule: WrittenRule, match: PatternPlace): Missed | null {
  const { at } = rule
  const read = compilePattern(match.pattern, match.syntax, match.flags === 'i')
  if (read.is === 'fault' || match.negate) return null
  const others = subject.rules.filter((other) => other !== rule && other.kind === 'rewrite-rule')
  // What another rule is there for says nothing of this one.
  const own = blockedTests(subject).filter((test) => !others.some((other) => mayMatch(other, test)))
  const urls = at.flatMap((path) => own.flatMap((test) => urlsAt(path, test)))
  const found = limited(LIMIT, () =>
    urls.some(({ seen }) => read.test(seen))
      ? undefined
      : urls.find(({ further }) => further.some((url) => read.test(url))),
  )
  const url = found.is === 'done' ? found.value : undefined
  if (url === undefined) return null
  const pattern = nearer(match, folderOf(at), url.seen)
  return {
    message: `the URL here is "${url.seen}", and this looks for more in front of it`,
    remedy: pattern === null ? 'Leave out what is in front of that.' : instead(pattern),
  }
}

function mayMatch({ at, match }: WrittenRule, test: PlacedTest): boolean {
  const read = match === null ? null : compilePattern(match.pattern, match.syntax, match.flags === 'i')
  if (match === null || read?.is !== 'pattern') return false
  const found = limited(LIMIT, () =>
    at.flatMap((path) => urlsAt(path, test)).some(({ seen }) => read.test(seen) !== match.negate),
  )
  return found.is === 'timeout' || found.value
}

/** What a match sees of a request at a path, and what it would see if the URL began further left. */
function urlsAt(
  path: string,
  { request, site }: PlacedTest,
): readonly { readonly seen: string; readonly further: readonly string[] }[] {
  const whole = cooked(request.url).path
  const level = sitePathOf(path)
  const [own = '', ...folder] = level.split('/')
  if (!isWithin(`${site ?? (own || USUAL_SITE)}${whole}`, level)) return []
  const seen = whole.slice(1 + folder.join('/').length).replace(/^\//, '')
  return [{ seen, further: [`/${seen}`, whole, whole.slice(1)] }]
}

/** The pattern without what is in front of the URL, if that is all that keeps it from matching. */
function nearer(match: PatternPlace, folder: string, seen: string): string | null {
  const { pattern, syntax, flags } = match
  const start = /^\^?\\?\/?/.exec(pattern)?.[0] ?? ''
  const kept = start.startsWith('^') ? '^' : ''
  const shorter = `${kept}${withoutFolder(pattern.slice(start.length), folder)}`
  const read: Pattern | { readonly is: 'fault' } = compilePattern(shorter, syntax, flags === 'i')
  const fits = read.is === 'pattern' ? limited(LIMIT, () => read.test(seen)) : null
  return fits?.is === 'done' && fits.value ? shorter : null
}
