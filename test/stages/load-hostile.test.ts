import test from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import { load } from '../../reconciler/stages/load.ts'
import { effort } from '../helpers/effort.ts'
import { checkFiles, linesOf, mitigation, NOW, SOUND, snapshotOf } from '../helpers/policy.ts'

type Files = Parameters<typeof snapshotOf>[0]

/** Refused in words, in seconds, and without holding on to much more than what was given. */
const refuses = test.macro((t, make: () => Files, words: RegExp, most: number) => {
  const files = make()
  const before = process.memoryUsage().rss
  let lines: readonly string[] = []
  const took = effort(() => {
    lines = linesOf(checkFiles(files))
  })
  t.true(lines.length > 0 && lines.length <= most, `${lines.length} lines`)
  t.true(
    lines.some((line) => words.test(line)),
    lines.slice(0, 3).join('\n'),
  )
  t.true(took < 10_000, `took ${Math.round(took)} ms`)
  const grown = (process.memoryUsage().rss - before) / 1e6
  t.true(grown < 500, `grew by ${Math.round(grown)} MB`)
})

const P = 'policies/p.yaml'
const bomb = (): string =>
  `a: &a [x]\n${Array.from({ length: 9 }, (_, n) => `${'bcdefghij'[n]}: &${'bcdefghij'[n]} [${`*${'abcdefghi'[n]}, `.repeat(9)}]`).join('\n')}`

test('aliases of aliases', refuses, () => ({ [P]: bomb() }), /alias/, 200)
test(
  'a file over 1 MB',
  refuses,
  () => ({ [P]: 'a'.repeat(1_000_001) }),
  /has 1000001 bytes; a policy file may have 1000000/,
  1,
)
test('50 MB', refuses, () => many(51, () => ' '.repeat(1_000_000)), /more than 50000000 bytes together/, 1)
test('100 000 files', refuses, () => many(100_000, () => 'a'), /100002 policy files; there may be 10000/, 1)
test(
  'millions of values',
  refuses,
  () => many(40, () => '- 1\n'.repeat(100_000)),
  /more than 500000 values/,
  5,
)
test('nesting', refuses, () => ({ [P]: '['.repeat(500_000) }), /deeper than 100/, 1)
test('a megabyte of unknown keys', refuses, () => ({ [P]: unknownKeys() }), /unknown key/, 101)
test(
  'a megabyte of names that do not exist',
  refuses,
  () => ({ [P]: missingNames() }),
  /further faults/,
  1001,
)
test('a megabyte of one name', refuses, () => ({ [P]: object('x'.repeat(999_000)) }), /does not fit/, 2)
test('NUL', refuses, () => ({ [P]: `a: ${'\0'.repeat(100_000)}` }), /NUL/, 1)
test(
  'half a megabyte of bytes that are no text',
  refuses,
  () => ({ [P]: new Uint8Array(500_000).fill(0xe2) }),
  /not UTF-8/,
  1,
)
test('a megabyte of equal labels', refuses, () => ({ [P]: 'a: 1\n'.repeat(150_000) }), /twice/, 1001)
test(
  'a megabyte of resources',
  refuses,
  () => ({ 'mitigations/m.yaml': mitigation('M', '', '    - kind: x\n'.repeat(60_000)) }),
  /unknown/,
  1001,
)

test(
  'a megabyte of flags',
  refuses,
  () => ({ 'mitigations/m.yaml': mitigation('M', '', flags()) }),
  /has 100000 items/,
  1,
)

test('what is over a limit is refused as such', (t) => {
  const snapshot = snapshotOf({ ...SOUND, [P]: ' '.repeat(1_000_001) })
  const error = t.throws(() => load(snapshot, kinds, { now: NOW }), { instanceOf: StopgapError })
  t.is(error?.code, 'POLICY_OVERSIZED')
  t.regex(error?.message ?? '', /policies\/p\.yaml: has 1000001 bytes/)
})

function many(count: number, content: () => string): Files {
  const text = content()
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`policies/${n}.yaml`, text]))
}

function object(name: string): string {
  return `apiVersion: stopgap/v1\nkind: Server\nmetadata: { name: ${name} }\nspec: {}\n`
}

function unknownKeys(): string {
  const keys = Array.from({ length: 60_000 }, (_, n) => `  mode${n}: 1`).join('\n')
  return `apiVersion: stopgap/v1\nkind: Server\nmetadata: { name: x }\nspec:\n${keys}\n`
}

function missingNames(): string {
  const names = Array.from({ length: 90_000 }, (_, n) => `M${n}`).join(', ')
  return `apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: x }\nspec: { mitigations: [${names}] }\n`
}

function flags(): string {
  const all = Array.from({ length: 100_000 }, (_, n) => `f${n}`).join(', ')
  return `    - { kind: authentication, at: x, scheme: windows, extendedProtection: { flags: [${all}] } }`
}
