import test from 'ava'
import fc from 'fast-check'
import { parseYaml } from '../../reconciler/formats/yaml.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Json } from '../../reconciler/model/resource.ts'
import { check } from '../../reconciler/stages/load.ts'
import { NOW, snapshotOf } from '../helpers/policy.ts'
import { shippedSnapshot } from '../helpers/shipped.ts'

const texts = new Map(
  [...shippedSnapshot().files].map(([path, entry]) => [
    path,
    entry.is === 'file' ? new TextDecoder().decode(entry.bytes) : '',
  ]),
)
const paths = fc.constantFrom(...texts.keys())

/** Checks the shipped files with one of them changed; either there is a catalogue or there are faults, never both. */
function holds(path: string, text: string): boolean {
  const files = { ...Object.fromEntries(texts), [path]: text }
  const { catalogue, diagnostics } = check(snapshotOf(files), kinds, { now: NOW })
  const faults = diagnostics.filter(({ severity }) => severity === 'error')
  const placed = diagnostics.every(({ line, column, message }) => line >= 1 && column >= 1 && message !== '')
  return placed && (catalogue === null) === faults.length > 0
}

test('whatever is typed over a file, there are faults or a catalogue', (t) => {
  const typed = fc.constantFrom(
    '',
    ' ',
    '\n',
    ': ',
    '- ',
    '{',
    ']',
    '"',
    "'",
    '|',
    '#',
    '0',
    'a',
    '*',
    '&',
    '!',
    '---\n',
    '(',
    '\t',
    '𝒳',
  )
  fc.assert(
    fc.property(paths, fc.nat(), fc.nat({ max: 30 }), typed, (path, at, length, insert) => {
      const text = texts.get(path) ?? ''
      const start = at % (text.length + 1)
      t.true(holds(path, text.slice(0, start) + insert + text.slice(start + length)))
    }),
    { numRuns: 150 },
  )
})

test('whatever value stands where another one was, there are faults or a catalogue', (t) => {
  const values = fc.oneof(
    fc.constantFrom<Json>(
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'x',
      '*',
      'server',
      'Default Web Site',
      '/',
      '\\',
      '(',
      '__proto__',
      'constructor',
    ),
    fc.constantFrom<Json>([], {}, [[]], [null], ['a', 'a'], { constructor: 1 }, { kind: 'ping' }, [
      { kind: 'service', name: 'x' },
    ]),
    fc.jsonValue({ maxDepth: 2 }).map((value) => value as Json),
  )
  fc.assert(
    fc.property(paths, fc.nat(), values, (path, at, value) => {
      const documents = parseYaml(texts.get(path) ?? '').documents.map((document) => document.value)
      const changed = replaceNth(documents, at % count(documents), value) as readonly Json[]
      t.true(holds(path, changed.map((document) => JSON.stringify(document)).join('\n---\n')))
    }),
    { numRuns: 400 },
  )
})

/** How many values there are in a value, itself included. */
function count(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, inner) => sum + count(inner), 1)
}

/** The value with its n-th part, counted from the outside in, put in place of another. The list around all stays. */
function replaceNth(value: Json, n: number, by: Json): Json {
  let left = n
  const walk = (inner: Json): Json => {
    if (left === 0 && inner !== value) {
      left = -1
      return by
    }
    left -= 1
    if (Array.isArray(inner)) return inner.map(walk)
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, walk(one)]))
  }
  return walk(value)
}
