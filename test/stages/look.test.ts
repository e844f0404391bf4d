import test from 'ava'
import type { AnySighting } from '../../reconciler/model/thing.ts'
import { isAlike, type View } from '../../reconciler/stages/look.ts'
import { digestOf } from '../../reconciler/util/digest.ts'

function showing(things: Record<string, AnySighting>): View {
  return { sightings: new Map(Object.entries(things)), queries: [] }
}

function file(text: string): AnySighting {
  const value = Buffer.from(text)
  return { is: 'here', digest: digestOf(value), value }
}

const GONE: AnySighting = { is: 'absent' }
const UNKNOWN: AnySighting = { is: 'unknown', why: 'it cannot be read' }

test('views are alike when they show the same of the same things', (t) => {
  t.true(isAlike(showing({ a: file('x'), b: GONE }), showing({ b: GONE, a: file('x') })))
  t.true(isAlike(showing({}), showing({})))
})

for (const [what, other] of [
  ['other bytes', showing({ a: file('y') })],
  ['a thing that is gone', showing({ a: GONE })],
  ['a thing that cannot be seen', showing({ a: UNKNOWN })],
  ['another thing', showing({ b: file('x') })],
  ['one more', showing({ a: file('x'), b: GONE })],
] as const) {
  test(`not with ${what}`, (t) => {
    const one = showing({ a: file('x') })
    t.false(isAlike(one, other))
    t.false(isAlike(other, one))
  })
}

test('what is unknown twice may have become anything', (t) => {
  t.false(isAlike(showing({ a: UNKNOWN }), showing({ a: UNKNOWN })))
})
