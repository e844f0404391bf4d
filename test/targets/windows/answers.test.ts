import test from 'ava'
import fc from 'fast-check'
import type { Look } from '../../../reconciler/model/target.ts'
import { type Query, thingKey } from '../../../reconciler/model/thing.ts'
import { answerOf, greetingOf } from '../../../reconciler/targets/windows/answers.ts'
import { Lines } from '../../../reconciler/targets/windows/lines.ts'
import type { AskedQuery, RequestLine } from '../../../reconciler/targets/windows/protocol.ts'
import { digestOf, digestOfJson } from '../../../reconciler/util/digest.ts'

const RUNS = { numRuns: 300 }
const NAME = 'C:\\inetpub\\wwwroot\\web.config'
const FILE: Query = { thing: 'file', name: NAME }
const text = Buffer.from('<configuration />')
const file = { ...FILE, is: 'here', digest: digestOf(text), value: text.toString('base64') }
const facts = { name: 'EX01', roles: ['Mailbox'], urlRewrite: null, environment: { WinDir: 'C:\\Windows' } }
const service = { startType: 'Manual', status: 'Running', dependsOn: [], dependents: ['W3SVC'] }
const seen = (thing: string, name: string, value: unknown) => ({
  thing,
  name,
  is: 'here',
  digest: digestOfJson(value),
  value,
})

const asked = (...queries: readonly Query[]): readonly AskedQuery[] =>
  queries.map((query) => ({ ...query, known: null }))
const look = (...queries: readonly AskedQuery[]): RequestLine => ({ id: 7, do: 'look', queries })
const done = (value: unknown, id = 7) => JSON.stringify({ id, is: 'done', value })
const saying = (...sightings: readonly unknown[]) => done({ sightings })

/** Why an answer to a look at this file is none; null: it is one. */
function flaw(line: string, queries: readonly AskedQuery[] = asked(FILE)): string | null {
  const answer = answerOf(line, look(...queries))
  return answer.is === 'invalid' ? answer.why : null
}

test('what is as it should be is understood, with names in any case', (t) => {
  const queries = asked(FILE, { thing: 'facts', name: '' }, { thing: 'service', name: 'IISADMIN' })
  const line = saying(
    seen('service', 'IISAdmin', service),
    seen('facts', '', { ...facts, secret: 'not of ours' }),
    { ...file, name: NAME.toUpperCase() },
  )
  const answer = answerOf(line, look(...queries))
  t.is(answer.is, 'done')
  const { sightings } = (answer.is === 'done' ? answer.value : {}) as Look
  t.deepEqual(sightings.get(thingKey('file', NAME)), { is: 'here', digest: digestOf(text), value: text })
  t.like(sightings.get('service:iisadmin'), { value: service })
  t.like(sightings.get('facts:'), { value: { ...facts, environment: { windir: 'C:\\Windows' } } })
  t.false('secret' in ((sightings.get('facts:') as { value: object }).value as object))
})

const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`

const WRONG: { readonly [what: string]: string } = {
  'no JSON at all': 'Cannot find path',
  'another id': done({ sightings: [file] }, 8),
  'an id as text': JSON.stringify({ id: '7', is: 'done', value: { sightings: [file] } }),
  'a list': '[]',
  'no list of sightings': done({}),
  'nothing of what was asked': saying(),
  'what nobody asked for as well': saying(file, { thing: 'file', name: 'C:\\x', is: 'absent' }),
  'the same thing twice': saying(file, file),
  'the same, though nothing was known': saying({ ...FILE, is: 'same' }),
  'bytes that are not those of the digest': saying({
    ...file,
    value: Buffer.from('other').toString('base64'),
  }),
  'a digest that is none': saying({ ...file, digest: 'sha256:0' }),
  'a value of another thing': saying({ ...file, value: service }),
  'a word that is not known': saying({ ...FILE, is: 'perhaps' }),
  // Neither can be turned into text.
  'an id that is an object without a text': '{"id":{"toString":1,"valueOf":1},"is":"done","value":{}}',
  'a name that is an object without a text': saying({ ...file, name: { toString: 1, valueOf: 1 } }),
  'an id that is nested without end': `{"id":${nested}}`,
  'a thing that is nested without end': `{"id":7,"is":"done","value":{"sightings":[{"thing":${nested},"name":"x"}]}}`,
  'nothing but brackets': '['.repeat(1_000_000),
  'an id of megabytes': JSON.stringify({ id: 'x'.repeat(5_000_000) }),
}
for (const [what, line] of Object.entries(WRONG)) {
  test(`an answer with ${what} is none`, (t) => {
    t.is(flaw(saying(file)), null)
    const why = flaw(line)
    t.is(typeof why, 'string')
    t.true((why ?? '').length < 2_000, 'it is told on one line')
  })
}

const ODD: { readonly [what: string]: readonly [thing: Query['thing'], value: unknown] } = {
  'a start type that there is not': ['service', { ...service, startType: 'Boot' }],
  'a status that passes by': ['service', { ...service, status: 'ContinuePending' }],
  'one dependent as text, as PowerShell writes a list of one': [
    'service',
    { ...service, dependents: 'W3SVC' },
  ],
  'no dependents': ['service', { ...service, dependents: null }],
  'a pool that is starting': ['pool', { state: 'Starting' }],
  'a version that is a number': ['version', 15.2],
  'facts without a name': ['facts', { environment: {} }],
  'facts with a role that there is not': ['facts', { ...facts, roles: ['Hub'] }],
  'facts that are null where they are unknown': ['facts', { ...facts, exchange: null }],
  'facts with text that steers a terminal': ['facts', { ...facts, os: '\u001b[2J' }],
  'facts with an EM service that is text': ['facts', { ...facts, eems: 'on' }],
  'a variable whose name steers a terminal': ['facts', { ...facts, environment: { 'a\u001b[2J': 'x' } }],
  'a variable that says two things': [
    'facts',
    { ...facts, environment: { WINDIR: 'C:\\x', windir: 'C:\\y' } },
  ],
  'more variables than any server has': [
    'facts',
    { ...facts, environment: Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`v${at}`, 'x'])) },
  ],
}
for (const [what, [thing, value]] of Object.entries(ODD)) {
  test(`${what} cannot be so`, (t) => {
    const name = thing === 'facts' ? '' : 'x'
    const why = flaw(saying(seen(thing, name, value)), asked({ thing, name }))
    t.regex(why ?? '', /cannot be so/)
  })
}

test('facts are never absent, and what is unknown says why on one line', (t) => {
  t.regex(
    flaw(saying({ thing: 'facts', name: '', is: 'absent' }), asked({ thing: 'facts', name: '' })) ?? '',
    /cannot/,
  )
  const answer = answerOf(
    saying({ ...FILE, is: 'unknown', why: 'in use\nby w3wp\u001b[31m' }),
    look(...asked(FILE)),
  )
  const { sightings } = (answer.is === 'done' ? answer.value : {}) as Look
  t.deepEqual(sightings.get(thingKey('file', NAME)), { is: 'unknown', why: 'in use\\nby w3wp\\u001b[31m' })
})

const FETCH = { id: 7, do: 'fetch', url: 'http://localhost/', timeoutSeconds: 1 } as const
const STEP = { thing: 'file', name: NAME, expect: 'absent', become: '' } as const
const act: RequestLine = { id: 7, do: 'act', steps: [STEP, STEP, STEP], queries: [] }
for (const [what, tags, right] of [
  ['all done', ['done', 'done', 'done'], true],
  ['one that failed, and the rest left', ['done', 'failed', 'not-attempted'], true],
  ['fewer results than steps', ['done', 'done'], false],
  ['a step after one that failed', ['failed', 'done', 'done'], false],
  ['a conflict after one that failed', ['failed', 'conflict', 'not-attempted'], false],
  ['a step left out before any failed', ['not-attempted', 'done', 'done'], false],
  ['a result that there is not', ['done', 'perhaps', 'not-attempted'], false],
] as const) {
  test(`results of an act: ${what}`, (t) => {
    const results = tags.map((is) => ({ is, detail: 'why' }))
    const answer = answerOf(done({ results, sightings: [] }), act)
    t.is(answer.is, right ? 'done' : 'invalid')
  })
}

const EXAMINED = `{"user":"u","elevated":null,"computer":"c","powershell":{"version":"5.1","edition":"Desktop"},
  "languageMode":"FullLanguage","is64Bit":true,"universalCrt":null,"configurationRedirected":null,"recordFolder":true,"clock":`
for (const [what, request, value, right] of [
  ['a clock', { id: 7, do: 'examine' }, `${EXAMINED}1796126400000}`, true],
  // JSON has it, and Node makes it infinite.
  ['a clock beyond all dates', { id: 7, do: 'examine' }, `${EXAMINED}1e999}`, false],
  ['a clock of a year without a date', { id: 7, do: 'examine' }, `${EXAMINED}9e15}`, false],
  ['a status', FETCH, '{"status":200,"milliseconds":1.5,"error":null}', true],
  ['a status that there is not', FETCH, '{"status":-1,"milliseconds":1,"error":null}', false],
  ['a time without end', FETCH, '{"status":200,"milliseconds":1e999,"error":null}', false],
] as const) {
  test(`numbers: ${what} is ${right ? 'understood' : 'refused'}`, (t) => {
    const answer = answerOf(`{"id":7,"is":"done","value":${value}}`, request)
    t.is(answer.is, right ? 'done' : 'invalid')
  })
}

test('empty lines without end are not kept', (t) => {
  const lines = new Lines()
  t.true(lines.push(Buffer.from('\n'.repeat(50))))
  t.false(lines.push(Buffer.from('\n'.repeat(100))))
})

test('whatever comes, it is understood or refused, and never thrown at us', (t) => {
  const requests = [
    look(...asked(FILE)),
    act,
    { id: 7, do: 'examine' },
    { id: 7, do: 'event', eventId: 1, level: 'Warning', message: '' },
  ] as const
  const value = fc.anything({ withNullPrototype: false })
  const shaped = fc.record({
    id: fc.constant(7),
    is: fc.constantFrom('done', 'failed', 'refused', 'x'),
    value,
    detail: value,
  })
  const ids = value.map((id) => JSON.stringify({ id, is: 'done', value: {} }) ?? '')
  const bent = fc
    .tuple(fc.constantFrom('is', 'digest', 'value', 'name', 'thing'), value)
    .map(([key, to]) => done({ sightings: [{ ...file, [key]: to }] }))
  const lines = fc.oneof(
    fc.string(),
    fc.json(),
    shaped.map((one) => JSON.stringify(one) ?? ''),
    bent,
    ids,
  )
  fc.assert(
    fc.property(lines, fc.constantFrom(...requests), (line, request) => {
      const answer = answerOf(line, request)
      t.true(['done', 'failed', 'refused', 'invalid'].includes(answer.is))
      t.true(['hello', 'refused', 'invalid'].includes(greetingOf(line).is))
    }),
    RUNS,
  )
})

test('lines come out the same however their bytes arrive', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[ -~]*$/), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(20), { maxLength: 20 }),
      fc.constantFrom('\n', '\r\n'),
      async (texts, cuts, end) => {
        const bytes = Buffer.from(texts.map((one) => `${one}${end}`).join(''))
        const lines = new Lines()
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          t.true(lines.push(bytes.subarray(at, at + cut)))
          at = Math.min(bytes.length, at + cut)
        }
        lines.push(bytes.subarray(at))
        lines.push(Buffer.from('half a line'))
        lines.end()
        const got: (string | null)[] = []
        for (let count = 0; count <= texts.length; count += 1) got.push(await lines.next())
        t.deepEqual(got, [...texts, null])
      },
    ),
    RUNS,
  )
})

test('more than is kept is not taken, and what was read makes room', async (t) => {
  const lines = new Lines(10)
  for (let round = 0; round < 100; round += 1) {
    t.true(lines.push(Buffer.from('123456789\n')))
    t.is(await lines.next(), '123456789')
  }
  const waiting = lines.next()
  t.true(lines.push(Buffer.from('0123456789')))
  t.false(lines.push(Buffer.from('x')))
  t.is(await waiting, null)
  t.false(lines.push(Buffer.from('\n')))
})
