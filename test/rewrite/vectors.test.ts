import test from 'ava'
import type { BatchAnswer } from '../../reconciler/proof/batch-answer.ts'
import { answers } from '../helpers/vector-answer.ts'
import { type Expectation, vectors } from '../helpers/vectors.ts'

const all = vectors()
const found = answers(all.map(({ line }) => line))

test('there are vectors of several sources, and each has a name of its own', (t) => {
  t.true(all.length >= 150, `${all.length}`)
  t.true(new Set(all.map(({ source }) => source)).size >= 10)
  const keys = all.map(({ source, name }) => `${source}: ${name}`)
  t.deepEqual(
    keys.filter((key, index) => keys.indexOf(key) !== index),
    [],
  )
})

for (const [index, { file, source, name, note, line, expect }] of all.entries()) {
  const answer = found[index] as BatchAnswer
  test(`${file}: ${name} (${source})`, (t) => {
    const all = [note ?? '', JSON.stringify(line), JSON.stringify(answer)].join('\n')
    t.is(answer.id, line.id)
    t.not(Object.keys(expect).length, 0)
    t.deepEqual(seenOf(answer, expect), expect, all)
  })
}

/** What the expectation names, as the answer has it. */
function seenOf(answer: BatchAnswer, expect: Expectation): Expectation {
  const { captures, requestHeaders, responseHeaders, ...plain } = expect
  const fields = new Map<string, unknown>(Object.entries(answer))
  return {
    ...Object.fromEntries(Object.keys(plain).map((name) => [name, fields.get(name)])),
    ...(captures && { captures: capturesOf(answer, captures) }),
    ...(requestHeaders && { requestHeaders: headersOf(answer.requestHeaders, requestHeaders) }),
    ...(responseHeaders && { responseHeaders: headersOf(answer.responseHeaders, responseHeaders) }),
  }
}

function capturesOf(answer: BatchAnswer, wanted: NonNullable<Expectation['captures']>) {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, references]) => {
      const rule = answer.rules?.find((each) => each.name === name && each.matched)
      return [
        name,
        Object.fromEntries(Object.keys(references).map((key) => [key, rule?.captures[key] ?? '?'])),
      ]
    }),
  )
}

function headersOf(headers: BatchAnswer['requestHeaders'], wanted: { readonly [name: string]: unknown }) {
  const byName = new Map(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, String(byName.get(name) ?? '') || null]))
}
