const MASK = '***'

/**
 * Patterns of what is secret wherever it stands. Git quotes URLs in its messages, servers quote headers in theirs.
 * The user in front of an `@` is masked too for http: forges take a token as the user name.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(https?:\/\/)[^\s/]*@/gi, `$1${MASK}@`],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+):[^\s/]*@/gi, `$1:${MASK}@`],
  [/\b((?:proxy-)?authorization:\s*(?:[a-z]+\s+)?)[^\s'"]+/gi, `$1${MASK}`],
  // "Basic authentication" is a word and its noun; a credential has a digit, a sign or a capital within.
  [
    /\b((?:[Bb]earer|[Bb]asic|BEARER|BASIC)\s+)(?=[A-Za-z0-9+/_=.-]*(?:[0-9+/_=]|[a-z][A-Z]))[A-Za-z0-9+/_=.-]{8,}/g,
    `$1${MASK}`,
  ],
  [
    /\b((?:[a-z_-]*(?:password|passwd|secret|token|api[_-]?key))["']?\s*[=:]\s*["']?)[^\s&"',;]+/gi,
    `$1${MASK}`,
  ],
  [/\b(?:gh[opsur]_|github_pat_|glpat-|xox[abp]-)[A-Za-z0-9_-]{8,}/g, MASK],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
]

/**
 * The text without passwords and tokens, for messages, logs and pages. `secrets` are values known to be secret:
 * they go wherever they stand. Masking twice is masking once.
 */
export function mask(text: string, secrets: readonly string[] = []): string {
  let masked = text
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    // Shorter ones stand in ordinary words too; a message of asterisks helps nobody.
    if (secret.length >= 4) masked = masked.replaceAll(secret, MASK)
  }
  for (const [pattern, becomes] of PATTERNS) masked = masked.replace(pattern, becomes)
  return masked
}

/** The secret parts of a URL, as written and decoded; empty where there are none. */
export function secretsOf(url: string): readonly string[] {
  const user = /^https?:\/\/([^/\s]*)@/i.exec(url)?.[1]
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s]*)@/i.exec(url)?.[1]
  const parts = [...(user?.split(':') ?? []), password].filter((part) => part !== undefined && part !== '')
  return [...new Set(parts.flatMap((part) => [part as string, decoded(part as string)]))]
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
