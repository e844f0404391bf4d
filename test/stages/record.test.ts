import test from 'ava'
import { RECORD_VERSION, type ServerRecord } from '../../reconciler/model/record.ts'
import type { Sighting } from '../../reconciler/model/thing.ts'
import { readRecord, recordBytes } from '../../reconciler/stages/record.ts'
import { digestOf } from '../../reconciler/util/digest.ts'

const RECORD: ServerRecord = {
  version: RECORD_VERSION,
  server: 'ex01',
  instance: 'one',
  owned: {
    'service:S': {
      kind: 'service',
      mitigations: ['M'],
      spec: { name: 'S', status: 'Stopped' },
      before: { fields: { status: 'Running' } },
      want: { status: 'Stopped' },
      revision: 'r',
      settled: true,
    },
  },
  made: { 'c:\\x': [{ at: 'configuration/a', tail: ' />' }] },
}

function seen(value: Uint8Array | string): Sighting<Uint8Array> {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return { is: 'here', digest: digestOf(bytes), value: bytes }
}

test('what is written is read', (t) => {
  t.deepEqual(readRecord('ex01', seen(recordBytes(RECORD))), { is: 'record', record: RECORD })
  t.true(new TextDecoder().decode(recordBytes(RECORD)).includes('\n'), 'a person can read it')
})

test('a record of another server says nothing of this one, but who wrote it', (t) => {
  const read = readRecord('ex02', seen(recordBytes(RECORD)))
  t.deepEqual(read, { is: 'lost', why: 'it is the record of ex01', instance: 'one' })
  t.is(readRecord('EX01', seen(recordBytes(RECORD))).is, 'record', 'names have no case')
})

test('none is none, and one that cannot be read stops the server', (t) => {
  t.deepEqual(readRecord('ex01', { is: 'absent' }), { is: 'none' })
  t.throws(() => readRecord('ex01', { is: 'unknown', why: 'denied' }), { code: 'RECORD_UNREADABLE' })
})

test('one of a newer version is never guessed at', (t) => {
  const newer = JSON.stringify({ ...RECORD, version: RECORD_VERSION + 1, owned: 'otherwise' })
  t.throws(() => readRecord('ex01', seen(newer)), { code: 'RECORD_NEWER' })
})

const owned = (over: object) => ({ ...RECORD, owned: { k: { ...RECORD.owned['service:S'], ...over } } })
const BROKEN: { readonly [what: string]: Uint8Array | string } = {
  'no bytes': '',
  'cut off': recordBytes(RECORD).slice(0, 100),
  'not UTF-8': new Uint8Array([0x7b, 0xff, 0x7d]),
  'a list': '[]',
  null: 'null',
  'no version': '{"owned":{},"made":{},"instance":"x"}',
  'no instance': JSON.stringify({ ...RECORD, instance: undefined }),
  'owned is a list': JSON.stringify({ ...RECORD, owned: [] }),
  'an owned one without before': JSON.stringify(owned({ before: undefined })),
  'before is a text': JSON.stringify(owned({ before: { fields: 'x' } })),
  'an owned one without a specification': JSON.stringify(owned({ spec: undefined })),
  'a specification that is none': JSON.stringify(owned({ spec: 5 })),
  'mitigations are numbers': JSON.stringify(owned({ mitigations: [1] })),
  'settled is a text': JSON.stringify(owned({ settled: 'no' })),
  'made is no list': JSON.stringify({ ...RECORD, made: { x: 'y' } }),
  'made of nothing': JSON.stringify({ ...RECORD, made: { x: [null] } }),
}
for (const [what, bytes] of Object.entries(BROKEN)) {
  test(`a record that is damaged is lost, and no error: ${what}`, (t) => {
    const read = readRecord('ex01', seen(bytes))
    t.is(read.is, 'lost')
    t.not(read.is === 'lost' && read.why, '')
  })
}
