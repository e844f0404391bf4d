import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { StopgapError } from '../../../reconciler/errors/error.ts'
import type { FileStep, Target } from '../../../reconciler/model/target.ts'
import { type Query, thingKey } from '../../../reconciler/model/thing.ts'
import { localTransport, processTransport } from '../../../reconciler/targets/windows/local.ts'
import { LIMITS, type Limits } from '../../../reconciler/targets/windows/session.ts'
import { windowsTarget } from '../../../reconciler/targets/windows/target.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { embeddedServer, onDisk, ROOT } from '../../helpers/embedded-server.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { PROGRAM, requestsIn, standIn, standInTarget } from '../../helpers/stand-in.ts'

const FACTS: Query = { thing: 'facts', name: '' }
const FILE: Query = { thing: 'file', name: ROOT }
const never = () => new AbortController().signal
const bytes = (text: string) => new TextEncoder().encode(text)

interface Bench {
  readonly dir: string
  readonly target: Target
  readonly requests: () => Promise<readonly string[]>
  readonly look: (signal?: AbortSignal) => ReturnType<Target['look']>
  /** Replaces the root web.config by this text. */
  readonly write: (text: string, signal?: AbortSignal) => ReturnType<Target['act']>
}

/** `once`: the stand-in misbehaves at the first request only, whichever process gets it. */
async function bench(
  t: ExecutionContext,
  mischief: string | null,
  { once = false, ...limits }: Partial<Limits> & { readonly once?: boolean } = {},
): Promise<Bench> {
  const dir = await embeddedServer(t)
  const folder = await temporaryFolder(t)
  const log = join(folder, 'requests')
  const variables = {
    REQUESTS: log,
    ...(mischief === null ? {} : { MISCHIEF: mischief }),
    ...(once ? { MISCHIEF_ONCE: join(folder, 'once') } : {}),
  }
  const target = standInTarget(dir, variables, { pauses: [20, 100], file: 0, ...limits })
  t.teardown(() => target.close())
  const expect = digestOf(await readFile(onDisk(dir, ROOT)))
  const step = (text: string): FileStep => ({ thing: 'file', name: ROOT, expect, become: bytes(text) })
  return {
    dir,
    target,
    requests: () => requestsIn(log),
    look: (signal = never()) => target.look([FACTS, FILE], new Map(), signal),
    write: (text, signal = never()) => target.act([step(text)], [FILE], signal),
  }
}

async function thrownBy(t: ExecutionContext, work: Promise<unknown>): Promise<StopgapError> {
  const thrown = await t.throwsAsync(work)
  if (!(thrown instanceof StopgapError)) throw new Error(`not one of ours: ${thrown}`)
  return thrown
}

interface FaultCase {
  readonly mischief: string
  readonly code: string
  readonly message: RegExp
  readonly limits?: Partial<Limits>
}

const ends = test.macro<[FaultCase]>({
  title: (_, { mischief, code }) => `${mischief}: ${code}, and the next request has a session of its own`,
  exec: async (t, { mischief, code, message, limits = {} }) => {
    const { look, requests } = await bench(t, mischief, { once: true, ...limits })
    const error = await thrownBy(t, look())
    t.is(error.code as string, code)
    t.regex(error.message, message)
    t.regex(error.message, /^server ex01/)
    t.is((await look()).sightings.size, 2)
    t.deepEqual(await requests(), ['look', 'look'])
  },
})

test(ends, {
  mischief: 'die-in-look',
  code: 'SESSION_LOST',
  message: /during look: it ended with exit code 7/,
})
test(ends, {
  mischief: 'hang',
  code: 'SESSION_LOST',
  message: /no answer within 2 s/,
  limits: { answer: 2_000 },
})
test(ends, {
  mischief: 'garbage',
  code: 'ANSWER_INVALID',
  message: /it is no JSON: PS C:\\> Get-Mitigation[ -~]*$/,
})
test(ends, { mischief: 'half-a-line', code: 'SESSION_LOST', message: /it ended with exit code 0/ })
test(ends, { mischief: 'other-id', code: 'ANSWER_INVALID', message: /it answers request 2, not 1/ })
test(ends, {
  mischief: 'other-shape',
  code: 'ANSWER_INVALID',
  message: /what it says of facts: cannot be so/,
})
test(ends, { mischief: 'flood', code: 'SESSION_LOST', message: /more than 64 MB/ })
test(ends, {
  mischief: 'failed',
  code: 'AGENT_FAILED',
  message: /look failed there: the disk of WMI is full/,
})
test(ends, { mischief: 'refused', code: 'AGENT_REFUSED', message: /32 bits/ })

for (const [mischief, code, message] of [
  ['other-protocol', 'AGENT_VERSION', /speaks protocol 2, this Stopgap speaks 1/],
  ['refused-at-once', 'AGENT_REFUSED', /ConstrainedLanguage/],
  ['banner', 'ANSWER_INVALID', /no greeting: Authorized use only/],
] as const) {
  test(`${mischief}: ${code}, and nothing is asked`, async (t) => {
    const { look, requests } = await bench(t, mischief)
    const error = await thrownBy(t, look())
    t.is(error.code as string, code)
    t.regex(error.message, message)
    t.deepEqual(await requests(), [])
  })
}

test('a session that dies in the middle of an act: nothing is assumed, and the next look sees what was done', async (t) => {
  const { look, write, requests, dir } = await bench(t, 'die-in-act', { once: true })
  const error = await thrownBy(t, write('new'))
  t.is(error.code, 'SESSION_LOST')
  t.regex(error.message, /during act: it ended with exit code 7: the power went/)
  t.regex(error.hint, /not known and nothing is assumed/)
  t.is(await readFile(onDisk(dir, ROOT), 'utf8'), 'new')
  const { sightings } = await look()
  t.like(sightings.get(thingKey('file', ROOT)), { is: 'here', digest: digestOf('new') })
  t.deepEqual(await requests(), ['act', 'look'])
})

test('the same act again is a conflict, not a second write', async (t) => {
  const { write } = await bench(t, 'die-in-act', { once: true })
  await t.throwsAsync(write('new'))
  t.like(await write('new'), { results: [{ is: 'conflict' }] })
})

test('a signal ends a look at once, and an act only when it had its grace', async (t) => {
  const hanging = await bench(t, 'hang', { grace: 100_000 })
  const at = performance.now()
  await t.throwsAsync(hanging.look(AbortSignal.timeout(600)), { name: 'TimeoutError' })
  t.true(performance.now() - at < 90_000)
  const acting = await bench(t, 'hang-in-act', { grace: 400 })
  await acting.look()
  const started = performance.now()
  const error = await thrownBy(t, acting.write('new', AbortSignal.timeout(100)))
  t.is(error.code, 'SESSION_LOST')
  t.regex(error.message, /it was told to stop/)
  t.true(performance.now() - started >= 450)
  const writing = await bench(t, null)
  await writing.look()
  const control = new AbortController()
  const written = writing.write('new', control.signal)
  await new Promise((resolve) => setImmediate(resolve))
  control.abort()
  t.like(await written, { results: [{ is: 'done' }] })
})

test('requests are answered one at a time, in order, by one program', async (t) => {
  const { target, requests, write, look } = await bench(t, null)
  const looks = Array.from({ length: 5 }, () => look())
  const acted = write('new')
  const after = look()
  t.true((await Promise.all(looks)).every(({ sightings }) => sightings.size === 2))
  t.like(await acted, { results: [{ is: 'done' }] })
  t.like((await after).sightings.get(thingKey('file', ROOT)), { digest: digestOf('new') })
  t.deepEqual(await requests(), [...Array(5).fill('look'), 'act', 'look'])
  await target.close()
  t.is((await look()).sightings.size, 2)
})

test('an answer of 5 MB arrives whole', async (t) => {
  const { look, dir } = await bench(t, null)
  const text = Buffer.alloc(5_000_000, 'nine bytes')
  await writeFile(onDisk(dir, ROOT), text)
  const seen = (await look()).sightings.get(thingKey('file', ROOT))
  t.true(seen?.is === 'here' && text.equals(seen.value as Buffer))
})

test('a name with letters of other alphabets arrives as it was sent', async (t) => {
  const { target } = await bench(t, null)
  const name = 'C:\\inetpub\\ωεβ ☃ 𝕏\\web.config'
  const step: FileStep = { thing: 'file', name, expect: 'absent', become: bytes('µ') }
  const { results, sightings } = await target.act([step], [{ thing: 'file', name }], never())
  t.deepEqual(results, [{ is: 'done' }])
  t.like(sightings.get(thingKey('file', name)), { is: 'here', digest: digestOf('µ') })
})

test('of two controllers the second meets a conflict, and the first one is not undone', async (t) => {
  const first = await bench(t, null)
  const second = standInTarget(first.dir)
  t.teardown(() => second.close())
  const { sightings } = await second.look([FILE], new Map(), never())
  const seen = sightings.get(thingKey('file', ROOT))
  t.is(seen?.is, 'here')
  t.like(await first.write('first'), { results: [{ is: 'done' }] })
  const expect = seen?.is === 'here' ? seen.digest : 'absent'
  const acted = await second.act(
    [{ thing: 'file', name: ROOT, expect, become: bytes('second') }],
    [FILE],
    never(),
  )
  t.like(acted, { results: [{ is: 'conflict' }] })
  t.is(await readFile(onDisk(first.dir, ROOT), 'utf8'), 'first')
})

test('a program that cannot be started is a server that cannot be reached; later it is tried after a pause', async (t) => {
  const transport = processTransport('ex01', ['no-such-powershell'])
  const target = windowsTarget({
    name: 'ex01',
    transport,
    program: PROGRAM,
    limits: { ...LIMITS, pauses: [150, 600] },
  })
  const look = () => target.look([FACTS], new Map(), never())
  const error = await thrownBy(t, look())
  t.is(error.code, 'SERVER_UNREACHABLE')
  t.regex(error.message, /no-such-powershell cannot be started: ENOENT/)
  const started = performance.now()
  await t.throwsAsync(look())
  await t.throwsAsync(look())
  t.true(performance.now() - started >= 150 + 300 - 20)
  const local = windowsTarget({
    name: 'ex01',
    program: PROGRAM,
    transport: localTransport({ server: 'ex01', platform: 'linux', windir: undefined }),
  })
  t.is((await thrownBy(t, local.look([FACTS], new Map(), never()))).code, 'LOCAL_NEEDS_WINDOWS')
})

test('a line for the event log of the server is said to be refused where it is, and is nobody else’s to write', async (t) => {
  const dir = await embeddedServer(t)
  const transport = processTransport('ex01', standIn(dir))
  const here = windowsTarget({ name: 'ex01', transport, program: PROGRAM, notes: true })
  t.teardown(() => here.close())
  const line = { eventId: 1005, level: 'Information', message: 'größer' } as const
  const error = await t.throwsAsync(async () => here.note?.(line, never()))
  t.like(error, {
    code: 'EVENT_LOG_REFUSED',
    message: 'server ex01: its event log takes no lines: there is no event log here',
  })
  t.is(windowsTarget({ name: 'ex01', transport, program: PROGRAM }).note, undefined)
})
