/** A version as four integers; parts that were not written are 0. */
export type Build = readonly [number, number, number, number]

/** A range: any of the alternatives holds when all of its comparators do. */
export type Range = readonly (readonly Comparator[])[]

export interface Comparator {
  readonly operator: '>=' | '<=' | '>' | '<' | '='
  readonly build: Build
}

// Nine digits keep every part an exact integer; file versions of Windows have at most five.
const BUILD = /^\d{1,9}(?:\.\d{1,9}){0,3}$/
const COMPARATOR = /^(>=|<=|>|<|=)?(.+)$/

/** `15.1.2507.6`, also zero-padded as ExSetup.exe writes it (`15.02.1118.020`); null for anything else. */
export function parseBuild(text: string): Build | null {
  if (!BUILD.test(text)) return null
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a, b, c, d]
}

/** How many parts were written; 0 when the text is no build. */
export function partsOf(text: string): number {
  return BUILD.test(text) ? text.split('.').length : 0
}

/** Below zero when `a` is older, above when it is newer. */
export function compareBuilds(a: Build, b: Build): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]
}

/** The lane of a build: its first three parts, without leading zeros. */
export function laneOf(build: Build): string {
  return build.slice(0, 3).join('.')
}

/** The product line of a build: its first two parts. */
export function lineOf(build: Build): string {
  return build.slice(0, 2).join('.')
}

/** Without leading zeros, all four parts. */
export function formatBuild(build: Build): string {
  return build.join('.')
}

/** `>=15.0.1497 <15.3 || =15.3.1`: blank is and, `||` is or; null when it cannot be read or has an empty alternative. */
export function parseRange(text: string): Range | null {
  const alternatives = text.split('||').map(parseAlternative)
  return alternatives.every((one) => one !== null) ? alternatives : null
}

function parseAlternative(text: string): readonly Comparator[] | null {
  // A blank between operator and number (`>= 15.2`) is a habit of many; it would otherwise read as two comparators.
  const words = text
    .trim()
    .replace(/([<>=])\s+/g, '$1')
    .split(/\s+/)
  const comparators = words.map(parseComparator)
  return comparators.every((one) => one !== null) ? comparators : null
}

function parseComparator(word: string): Comparator | null {
  const match = COMPARATOR.exec(word)
  const build = match?.[2] === undefined ? null : parseBuild(match[2])
  if (match === null || build === null) return null
  return { operator: (match[1] ?? '=') as Comparator['operator'], build }
}

/** Whether a build lies in a range. */
export function inRange(build: Build, range: Range): boolean {
  return range.some((alternative) => alternative.every((comparator) => holds(build, comparator)))
}

function holds(build: Build, { operator, build: other }: Comparator): boolean {
  const order = compareBuilds(build, other)
  switch (operator) {
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '<':
      return order < 0
    case '=':
      return order === 0
  }
}
