/**
 * Patterns that match wherever a pattern matches and backtrack less, best first; none where its form is not one that we
 * understand. They capture other things or nothing: only for patterns whose captures nobody uses. What comes out is to be
 * compared with the original before anybody is told to use it.
 */
export function simpler(pattern: string): readonly string[] {
  const anchored = anchoredLookaheads(pattern)
  const tokens = tokensOf(pattern)
  const found = [
    ...(tokens === null ? [] : [tight(trimmed(tokens)), trimmed(tokens)].map(textOf)),
    ...anchored,
  ]
  return [...new Set(found)].filter((one) => one !== '' && one !== pattern)
}

/**
 * The power of the length with which the time of a sequence of texts and wildcards grows: every wildcard before the last
 * text multiplies, and so does the search that begins at every place. Null: it is another sort of pattern.
 */
export function powerOf(pattern: string): number | null {
  const tokens = tokensOf(pattern)
  if (tokens === null) return null
  return (
    1 + tokens.slice(0, Math.max(0, tokens.findLastIndex(isText))).filter((token) => !isText(token)).length
  )
}

/** `.*` or `.+`, in a group or not; or what matches exactly one text. */
type Token = { readonly is: 'any'; readonly least: 0 | 1 } | { readonly is: 'text'; readonly text: string }

// A sequence of literal characters and wildcards, nothing else: no class, no choice, no counted repetition.
const TOKEN = /\((\.[*+])\)|(\.[*+])\??|(\\[^A-Za-z0-9]|[^\\()[\]{}.*+?^$|])/y

function tokensOf(pattern: string): readonly Token[] | null {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < pattern.length) {
    const found = TOKEN.exec(pattern)
    if (found === null) return null
    const [, grouped, bare, text = ''] = found
    const wild = grouped ?? bare
    // A quantifier belongs to the character before it.
    if (wild === undefined && /[*+?{]/.test(pattern[TOKEN.lastIndex] ?? '')) return null
    tokens.push(wild === undefined ? { is: 'text', text } : { is: 'any', least: wild === '.+' ? 1 : 0 })
  }
  return tokens
}

/** A search is not anchored: what may be anything at its ends need not be said, but for the one character of each plus. */
function trimmed(tokens: readonly Token[]): readonly Token[] {
  const [first, last] = [tokens.findIndex(isText), tokens.findLastIndex(isText)]
  if (first < 0) return []
  const some = (all: readonly Token[]): readonly Token[] =>
    all.filter((token) => token.is === 'any' && token.least === 1).map(() => ({ is: 'text', text: '.' }))
  return [...some(tokens.slice(0, first)), ...tokens.slice(first, last + 1), ...some(tokens.slice(last + 1))]
}

/**
 * A wildcard up to one character, behind which again anything may stand: the first such character is as good as every
 * later one, so the wildcard need not go past it. Behind a longer text that would not be so.
 */
function tight(tokens: readonly Token[]): readonly Token[] {
  return tokens.map((token, index) => {
    const [next, after] = [tokens[index + 1], tokens[index + 2]]
    if (token.is !== 'any' || next?.is !== 'text' || next.text === '.') return token
    if (after !== undefined && after.is === 'text' && after.text !== '.') return token
    const text = `[^${/^[\]^-]$/.test(next.text) ? `\\${next.text}` : next.text}\\r\\n]*`
    return { is: 'text', text: token.least === 1 ? `.${text}` : text }
  })
}

function isText(token: Token): boolean {
  return token.is === 'text'
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.is === 'text' ? token.text : token.least === 1 ? '.+' : '.*')).join('')
}

const LOOKAHEADS = /^\^?(?:\(\?=\.\*(?:\\[^A-Za-z0-9]|[^\\()[\]{}.*+?^$|])+\))+$/

/** Lookaheads are tried at every place unless something ties them to the first; then they must see past line breaks. */
function anchoredLookaheads(pattern: string): readonly string[] {
  if (!LOOKAHEADS.test(pattern)) return []
  return [`^${pattern.replace(/^\^/, '').replaceAll('(?=.*', '(?=[\\s\\S]*')}`]
}
