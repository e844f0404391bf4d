import { RegExpParser, visitRegExpAST } from '@eslint-community/regexpp'

export type PatternSyntax = 'ECMAScript' | 'Wildcard' | 'ExactMatch'

/** A pattern that the engine of URL Rewrite can read. It has no time limit of its own. */
export interface Pattern {
  readonly is: 'pattern'
  readonly text: string
  readonly syntax: PatternSyntax
  readonly ignoreCase: boolean
  /** How many captures it has, the whole match not counted. */
  readonly groups: number
  test(input: string): boolean
  /** The whole match, then each capture; one that took no part is empty. Null: no match. */
  exec(input: string): readonly string[] | null
}

/** What is wrong with a pattern, and at which character of it (from 0). */
export interface PatternFault {
  readonly is: 'fault'
  readonly why: string
  readonly at: number
}

/** Reads a pattern of a rule or a condition. Never throws. */
export function compilePattern(
  text: string,
  syntax: PatternSyntax,
  ignoreCase: boolean,
): Pattern | PatternFault {
  if (syntax === 'ExactMatch') return exact(text, ignoreCase)
  try {
    return syntax === 'Wildcard' ? wildcard(text, ignoreCase) : expression(text, ignoreCase)
  } catch (thrown) {
    return refused(text, thrown)
  }
}

function exact(text: string, ignoreCase: boolean): Pattern {
  const folded = text.toLowerCase()
  const test = (input: string): boolean => (ignoreCase ? input.toLowerCase() === folded : input === text)
  const exec = (input: string): readonly string[] | null => (test(input) ? [input] : null)
  return { is: 'pattern', text, syntax: 'ExactMatch', ignoreCase, groups: 0, test, exec }
}

// The whole string, line ends included; only the asterisk captures.
function wildcard(text: string, ignoreCase: boolean): Pattern {
  const source = text
    .replace(/[.+^${}()|[\]\\/-]/g, '\\$&')
    .replaceAll('*', '([\\s\\S]*)')
    .replaceAll('?', '[\\s\\S]')
  const regex = new RegExp(`^${source}$`, ignoreCase ? 'i' : '')
  return of(regex, { text, syntax: 'Wildcard', ignoreCase, groups: text.split('*').length - 1 })
}

// ECMAScript 3: what came later is read as something else, or not at all, by the engine of the module.
const parser = new RegExpParser({ ecmaVersion: 5 })

function expression(text: string, ignoreCase: boolean): Pattern | PatternFault {
  const groups = groupsIn(text)
  if (typeof groups !== 'number') return groups
  const regex = new RegExp(text, ignoreCase ? 'i' : '')
  return of(regex, { text, syntax: 'ECMAScript', ignoreCase, groups })
}

/** Escapes that newer engines know, or read as something else than this one. */
const LATER: readonly (readonly [shape: RegExp, why: string])[] = [
  [/^\\p\{/i, 'the engine of URL Rewrite knows no Unicode classes'],
  [/^\\u\{/, 'the engine of URL Rewrite knows no escape by code point; \\uXXXX it knows'],
  [/^\\k</, 'the engine of URL Rewrite knows no named groups'],
  [/^\\[1-9]/, 'it refers back to a group that is not there'],
]

function groupsIn(text: string): number | PatternFault {
  let groups = 0
  let fault: PatternFault | null = null
  visitRegExpAST(parser.parsePattern(text, 0, text.length), {
    onCapturingGroupEnter: () => {
      groups += 1
    },
    onCharacterEnter: ({ start, parent }) => {
      // Web engines take a brace that counts nothing for a letter; this one answers with an error page.
      if (text[start] === '{' && parent.type === 'Alternative')
        fault ??= { is: 'fault', why: 'a brace that counts nothing; {…} is not filled in here', at: start }
      if (text[start] !== '\\') return
      const tail = text.slice(start, start + 3)
      const later = LATER.find(([shape]) => shape.test(tail))
      if (later !== undefined) fault ??= { is: 'fault', why: later[1], at: start }
    },
  })
  return fault ?? groups
}

/** What newer engines know, where the parser only says that a group is invalid. */
const LATER_GROUPS: readonly (readonly [shape: RegExp, why: string])[] = [
  [/^\?<[=!]/, 'the engine of URL Rewrite knows no lookbehind'],
  [/^\?P?</, 'the engine of URL Rewrite knows no named groups'],
  [/^\?>/, 'the engine of URL Rewrite knows no atomic groups'],
  [/^\?[a-z-]+[:)]/i, 'the engine of URL Rewrite knows no inline flags; case is the matter of ignoreCase'],
]

function refused(text: string, thrown: unknown): PatternFault {
  // Thousands of nested groups: what reads them runs out of stack.
  if (thrown instanceof RangeError) return { is: 'fault', why: 'it is nested too deeply', at: 0 }
  const { message, index = 0 } = thrown as { readonly message: string; readonly index?: number }
  const why = message.startsWith('Invalid regular expression')
    ? message.slice(message.lastIndexOf(': ') + 2)
    : message
  const open = text.lastIndexOf('(', index)
  const later =
    why === 'Invalid group' ? LATER_GROUPS.find(([shape]) => shape.test(text.slice(open + 1))) : undefined
  if (later !== undefined) return { is: 'fault', why: later[1], at: open }
  // The parser is behind the quantifier by then.
  const at = why === 'Nothing to repeat' ? index - 1 : Math.min(index, text.length)
  return { is: 'fault', why: why.charAt(0).toLowerCase() + why.slice(1), at }
}

/** Patterns up to this length are never too large for the engine that stands in for the module's. */
const LARGE = 1000

function of(regex: RegExp, about: Omit<Pattern, 'is' | 'test' | 'exec'>): Pattern {
  // That one is too large is said only when it is first used, for texts within and beyond Latin-1 each on their own.
  if (about.text.length > LARGE) for (const text of ['', '\u0100']) regex.exec(text)
  return {
    is: 'pattern',
    ...about,
    test: (input) => regex.test(input),
    exec: (input) => {
      const match = regex.exec(input)
      // A group that took no part is undefined, whatever the type says.
      return match === null ? null : Array.from(match, (group: string | undefined) => group ?? '')
    },
  }
}
