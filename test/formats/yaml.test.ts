import test from 'ava'
import fc from 'fast-check'
import { offsetOf, pointer, positionIn } from '../../reconciler/formats/positions.ts'
import { parseYaml } from '../../reconciler/formats/yaml.ts'

const at = (text: string, path: string, of: 'key' | 'value' = 'value', index = 0): string => {
  const document = parseYaml(text).documents[index]
  if (document === undefined) return 'no document'
  const { line, column } = positionIn(text)(offsetOf(document.root, path, of))
  return `${line}:${column}`
}

const stands = test.macro(
  (t, text: string, path: string, expected: string, of: 'key' | 'value' = 'value') => {
    t.is(at(text, path, of), expected)
  },
)
const BLOCK = 'a: 1\n"b/c":\n  - x\n  - { y: "z" }\nt: |-\n  text\nf: >\n  more\nn:\n'
test('a value', stands, BLOCK, '/a', '1:4')
test('a key', stands, BLOCK, '/a', '1:1', 'key')
test('a quoted key with a slash', stands, BLOCK, '/b~1c', '2:1', 'key')
test('an item', stands, BLOCK, '/b~1c/0', '3:5')
test('a quoted value in a flow mapping', stands, BLOCK, '/b~1c/1/y', '4:10')
test('a literal block is where its bar is', stands, BLOCK, '/t', '5:4')
test('a folded block is where its angle is', stands, BLOCK, '/f', '7:4')
test('an empty value is where its key is', stands, BLOCK, '/n', '9:1')
test('something missing is where its parent is', stands, BLOCK, '/b~1c/1/q/r', '4:5')
test('CRLF', stands, 'a: 1\r\nb: 2\r\n', '/b', '2:4')
test('a lone CR', stands, 'a: 1\rb: 2\r', '/b', '2:4')
test('a second document', (t) => t.is(at('a: 1\n---\n# x\n---\nb: 2\n', '/b', 'value', 1), '5:4'))
test('characters beyond the first plane count two', stands, 'a: { "😀": 1, b: 2 }', '/a/b', '1:18')

const refuses = test.macro((t, text: string, expected: readonly (readonly [string, RegExp])[]) => {
  const { faults, documents } = parseYaml(text)
  const position = positionIn(text)
  t.deepEqual(
    faults.map(({ offset }) => `${position(offset).line}:${position(offset).column}`),
    expected.map(([place]) => place),
  )
  for (const [index, [, words]] of expected.entries()) t.regex(faults[index]?.message ?? '', words)
  t.is(documents.length, 0)
})
test('a duplicate key does not hide what else is wrong; its last value counts', (t) => {
  const { faults, documents } = parseYaml('a: 1\nb: 2\n"a": [3]\n')
  t.regex(faults.map(({ message }) => message).join(), /^the key 'a' stands in this mapping twice/)
  t.deepEqual(documents[0]?.value, { a: [3], b: 2 })
  t.is(at('a: 1\nb: 2\n"a": [3]\n', '/a/0'), '3:7')
})
test('a duplicate key that only its tag makes one', refuses, '!!int "0x1": a\n"1": b\n', [
  ['2:2', /duplicate/],
])
test('anchors and aliases, each', refuses, 'a: &x 1\nb: *x\n', [
  ['1:4', /anchor/],
  ['2:4', /alias/],
])
test('an anchor alone leaves no doubt about what was meant', (t) => {
  const { faults, documents } = parseYaml('a: &x [1]\n')
  t.regex(faults.map(({ message }) => message).join(), /^an anchor/)
  t.deepEqual(documents[0]?.value, { a: [1] })
})
test('an alias as a key', refuses, 'a: &x 1\n*x : 2\n', [
  ['1:4', /anchor/],
  ['2:1', /alias/],
  ['2:1', /as a key/],
])
test('a tab in the indentation', refuses, 'a:\n\t- b\n', [['2:1', /tab/]])
test('an unknown tag', refuses, 'a: !foo 1\n', [['1:4', /'!foo' is not known/]])
test('a tag for bytes', refuses, 'a: !!binary aGVsbG8=\n', [['1:4', /not known/]])
test('not finite', refuses, 'a: .nan\nb: -.inf\n', [
  ['1:4', /no number/],
  ['2:4', /no number/],
])
test('a number as a key', refuses, '15.10: x\n', [['1:1', /in quotes: "15.10"/]])
test('a mapping as a key', refuses, '? { a: 1 }\n: 2\n', [['1:3', /as a key/]])
test('an escaped NUL', refuses, 'a: "\\0"\n', [['1:4', /NUL/]])
test('half a character', refuses, 'a: "\\ud800"\n', [['1:4', /half a character/]])
test('unclosed', refuses, 'a: [1,\n', [['2:1', /does not parse/]])
test('101 levels', refuses, `${'['.repeat(101)}1${']'.repeat(101)}`, [['1:102', /deeper than 100/]])

test('100 levels are read', (t) => {
  t.deepEqual(parseYaml(`${'['.repeat(100)}1${']'.repeat(100)}`).faults, [])
})

test('a faulty document does not hide the faults of the next one', (t) => {
  const { faults, documents } = parseYaml('a: *x\n---\nb: !x 1\n---\nc: 3\n')
  t.is(faults.length, 2)
  t.deepEqual(
    documents.map(({ value }) => value),
    [{ c: 3 }],
  )
})

for (const text of ['', '\n', '# nothing\n', '---\n---\n', '~\n', '\uFEFF'])
  test(`no documents in ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(parseYaml(text), { documents: [], faults: [], nodes: parseYaml(text).nodes })
  })

test('a key that is __proto__ is a key and no prototype', (t) => {
  const value = parseYaml('__proto__: { x: 1 }\n').documents[0]?.value as object
  t.deepEqual(Object.keys(value), ['__proto__'])
  t.is(Object.getPrototypeOf(value), Object.prototype)
})

test('every value that is read has a place, and hostile text does not throw', (t) => {
  const json = fc.jsonValue({ maxDepth: 4 })
  fc.assert(
    fc.property(json, (value) => {
      const document = parseYaml(JSON.stringify(value)).documents[0]
      if (document !== undefined) t.true(everyPlace(document.value, (path) => has(document.root, path)))
    }),
  )
  const pieces = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&x ',
    '*x',
    '!!str ',
    '|',
    '>',
    '\t',
    '  ',
    '---\n',
    '...',
    '#',
    '%',
    '\r',
    '? ',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      t.notThrows(() => parseYaml(parts.join('')))
    }),
    { numRuns: 2000 },
  )
})

type Root = NonNullable<ReturnType<typeof parseYaml>['documents'][number]>['root']

function has(root: Root, path: readonly string[]): boolean {
  let place: Root | undefined = root
  for (const part of path) place = place?.children.get(part)
  return place !== undefined
}

function everyPlace(
  value: unknown,
  holds: (path: readonly string[]) => boolean,
  path: readonly string[] = [],
): boolean {
  if (!holds(path)) return false
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => everyPlace(inner, holds, [...path, key]))
}

test('pointers escape', (t) => t.is(pointer('a/b', '~', 0), '/a~1b/~0/0'))
