import { printable } from '../util/words.ts'

/** One test of a suite. */
export interface JUnitCase {
  readonly name: string
  readonly file: string
  readonly line: number
  /** Null: it passed. */
  readonly failure: { readonly message: string; readonly text: string } | null
}

export interface JUnitSuite {
  readonly name: string
  readonly cases: readonly JUnitCase[]
}

/** The tests as JUnit writes them and every build server reads them; no times, so that equal runs give equal bytes. */
export function junit(suites: readonly JUnitSuite[]): string {
  const sums = sumsOf(suites.flatMap(({ cases }) => cases))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="stopgap" ${sums}>`,
    ...suites.flatMap(suiteLines),
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteLines({ name, cases }: JUnitSuite): readonly string[] {
  return [
    `  <testsuite name="${attribute(name)}" ${sumsOf(cases)}>`,
    ...cases.flatMap((one) => caseLines(name, one)),
    '  </testsuite>',
  ]
}

function caseLines(suite: string, { name, file, line, failure }: JUnitCase): readonly string[] {
  const start = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" file="${attribute(file)}" line="${line}"`
  if (failure === null) return [`${start}/>`]
  return [
    `${start}>`,
    `      <failure message="${attribute(failure.message)}">${text(failure.text)}</failure>`,
    '    </testcase>',
  ]
}

function sumsOf(cases: readonly JUnitCase[]): string {
  const failed = cases.filter(({ failure }) => failure !== null).length
  return `tests="${cases.length}" failures="${failed}" errors="0" skipped="0"`
}

/** On one line: a reader would turn a line end in an attribute into a blank. */
function attribute(value: string): string {
  return escaped(printable(value)).replaceAll('"', '&quot;')
}

function text(value: string): string {
  return escaped(value.split('\n').map(printable).join('\n'))
}

// `]]>` may not stand in text either, so `>` is written out everywhere. Lone surrogates and U+FFFE are in no XML at all.
function escaped(value: string): string {
  return value
    .toWellFormed()
    .replace(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
