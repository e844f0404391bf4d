/**
 * The code of a script: comments are blanked out, and so are texts, but for what a double-quoted one computes. Line ends stay
 * where they are. `texts`: leaves texts as they are. Knows what our one script is written with: no here-strings, no block comments.
 */
export function codeIn(script: string, { texts = false } = {}): string {
  return script
    .split('\n')
    .map((line) =>
      line.replaceAll(/'(?:[^']|'')*'|"(?:[^"`]|`.|"")*"|(?<=^|\s)#.*$/g, (piece) => kept(piece, texts)),
    )
    .join('\n')
}

function kept(piece: string, texts: boolean): string {
  if (piece.startsWith('#')) return ''
  // What a rule looks for by the name of a value stays: the literals that are compared with.
  if (texts || /^'\w*'$/.test(piece)) return piece
  if (piece.startsWith("'")) return `''`
  return `"${(piece.match(/\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|\$\{?\w+(?::\w+)?\}?/g) ?? []).join(' ')}"`
}

/** Names of the functions that it defines. */
export function functionsIn(code: string): ReadonlySet<string> {
  return new Set([...code.matchAll(/^\s*function\s+([\w-]+)/gim)].map(([, name = '']) => name))
}

/** Names of the form Verb-Noun where a command stands. */
export function commandsIn(code: string): ReadonlySet<string> {
  const bare = code.replaceAll(/'\w*'/g, '').replaceAll(/\bfunction\s+[\w-]+/gi, '{')
  return new Set(
    [...bare.matchAll(/(?<![\w$.:[-])([A-Z][A-Za-z]+-[A-Z][A-Za-z]*)\b(?![\w.-])/g)].map(
      ([, name = '']) => name,
    ),
  )
}
