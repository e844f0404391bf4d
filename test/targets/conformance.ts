import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { FileStep, PoolStep, ServiceStep, StepResult, Target } from '../../reconciler/model/target.ts'
import {
  type AnySighting,
  type Digest,
  type Query,
  type Service,
  type Thing,
  thingKey,
} from '../../reconciler/model/thing.ts'
import { digestOf } from '../../reconciler/util/digest.ts'

/** One real server for one test, and hands that change it behind the target's back. */
export interface Subject {
  readonly target: Target
  /** Full Windows path of a configuration file that is there. */
  readonly file: string
  /** Full Windows path of a file that is not there, in a folder that is not there either. */
  readonly missing: string
  /** Running, and nothing that runs depends on it. */
  readonly service: string
  /** Running, and something that runs depends on it. */
  readonly needed: string
  /** A pool that is started. */
  readonly pool: string
  /** The bytes of a file; null when it is not there. */
  read(name: string): Promise<Uint8Array | null>
  write(name: string, bytes: Uint8Array | 'absent'): Promise<void>
  setReadOnly(name: string): Promise<void>
  permissions(name: string): Promise<string>
  /** Puts something in the place of a file that exists but cannot be read as one. */
  makeUnreadable(name: string): Promise<void>
  /**
   * A process that replaces a file through a target of its own, 400 000 times the letter a by as many b and back, until it is
   * killed; it prints `flipping` once it is at it.
   */
  flip(file: string): ChildProcess
}

export interface Server {
  /** What the kind of target is called in titles. */
  readonly name: string
  make(t: ExecutionContext): Promise<Subject>
  /** As `make`, on a disk with about 100 kB left; a text says why that cannot be here. */
  readonly makeOnFullDisk: ((t: ExecutionContext) => Promise<Subject>) | string
}

const NOTHING = new Map()
const never = () => new AbortController().signal
const bytes = (text: string) => new TextEncoder().encode(text)
const fileOf = (name: string): Query => ({ thing: 'file', name })

async function sight(target: Target, thing: Thing, name: string): Promise<AnySighting> {
  const { sightings } = await target.look([{ thing, name }], NOTHING, never())
  return sightings.get(thingKey(thing, name))!
}

async function digestIn(target: Target, thing: Thing, name: string): Promise<Digest> {
  const seen = await sight(target, thing, name)
  if (seen.is !== 'here') throw new Error(`${thing} ${name} is ${seen.is}`)
  return seen.digest
}

async function replaceStep(target: Target, name: string, text: string): Promise<FileStep> {
  return { thing: 'file', name, expect: await digestIn(target, 'file', name), become: bytes(text) }
}

async function serviceStep(
  target: Target,
  name: string,
  become: ServiceStep['become'],
): Promise<ServiceStep> {
  return {
    thing: 'service',
    name,
    expect: await digestIn(target, 'service', name),
    become,
    timeoutSeconds: 30,
  }
}

async function poolStep(target: Target, name: string, state: 'Started' | 'Stopped'): Promise<PoolStep> {
  return {
    thing: 'pool',
    name,
    expect: await digestIn(target, 'pool', name),
    become: { state },
    timeoutSeconds: 30,
  }
}

const tags = (results: readonly StepResult[]) => results.map(({ is }) => is)

/** What every target must do, whatever reaches the server. Called once at the top of a test file. */
export function conformance(server: Server): void {
  const on = (title: string, body: (t: ExecutionContext, subject: Subject) => Promise<void>) =>
    test(`${server.name}: ${title}`, async (t) => body(t, await server.make(t)))
  looking(on)
  swapping(on)
  controlling(on)
  surviving(on, server)
}

type On = (title: string, body: (t: ExecutionContext, subject: Subject) => Promise<void>) => void

function looking(on: On): void {
  on('a file is its bytes, and its digest moves with them', async (t, { target, file, read, write }) => {
    const seen = await sight(target, 'file', file)
    t.deepEqual(seen, {
      is: 'here',
      digest: digestOf((await read(file))!),
      value: await read(file),
    } as AnySighting)
    await write(file, bytes('other'))
    t.like(await sight(target, 'file', file), { is: 'here', digest: digestOf('other') })
  })

  on(
    'what is as known is only named, and what moved is sent',
    async (t, { target, file, missing, service, write }) => {
      const queries: Query[] = [
        fileOf(file),
        fileOf(missing),
        { thing: 'service', name: service },
        { thing: 'facts', name: '' },
      ]
      const first = await target.look(queries, NOTHING, never())
      t.is(first.same.size, 0)
      const known = new Map(
        [...first.sightings].map(
          ([key, seen]) => [key, seen.is === 'here' ? seen.digest : 'absent'] as const,
        ),
      )
      const second = await target.look(queries, known, never())
      t.deepEqual([...second.same].sort(), queries.map(({ thing, name }) => thingKey(thing, name)).sort())
      t.is(second.sightings.size, 0)
      await write(file, 'absent')
      await write(missing, bytes('new'))
      const third = await target.look(queries, known, never())
      t.deepEqual(
        [...third.sightings.keys()].sort(),
        [thingKey('file', file), thingKey('file', missing)].sort(),
      )
      t.like(third.sightings.get(thingKey('file', file)), { is: 'absent' })
      t.like(third.sightings.get(thingKey('file', missing)), { is: 'here' })
    },
  )

  on('what is not there is absent', async (t, { target, missing }) => {
    t.deepEqual(await sight(target, 'file', missing), { is: 'absent' })
    t.deepEqual(await sight(target, 'service', 'NoSuchService'), { is: 'absent' })
    t.deepEqual(await sight(target, 'pool', 'NoSuchPool'), { is: 'absent' })
  })

  on(
    'what cannot be read is unknown, with the reason, also when it was known',
    async (t, { target, file, makeUnreadable }) => {
      const known = new Map([[thingKey('file', file), await digestIn(target, 'file', file)]])
      await makeUnreadable(file)
      const look = await target.look([fileOf(file)], known, never())
      const seen = look.sightings.get(thingKey('file', file))
      t.is(seen?.is, 'unknown')
      t.regex(seen?.is === 'unknown' ? seen.why : '', /web|config/i)
    },
  )

  on('names are compared without case', async (t, { target, file, service, pool }) => {
    for (const [thing, name] of [
      ['file', file],
      ['service', service],
      ['pool', pool],
    ] as const) {
      const digest = await digestIn(target, thing, name)
      t.is(await digestIn(target, thing, name.toUpperCase()), digest)
      t.is(await digestIn(target, thing, name.toLowerCase()), digest)
    }
  })

  on('facts say the name and the variables that paths use', async (t, { target }) => {
    const facts = await sight(target, 'facts', '')
    t.like(facts, { is: 'here', value: { environment: { systemdrive: 'C:', windir: 'C:\\Windows' } } })
  })

  on('an aborted signal ends a look and an act before they begin', async (t, { target, file, read }) => {
    const before = await read(file)
    const step = await replaceStep(target, file, 'never')
    await t.throwsAsync(target.look([fileOf(file)], NOTHING, AbortSignal.abort()))
    await t.throwsAsync(target.act([step], [], AbortSignal.abort()))
    t.deepEqual(await read(file), before)
  })

  hostilePaths(on)
}

const HOSTILE = [
  'C:\\..\\..\\etc\\passwd',
  'C:\\inetpub\\..\\..\\..\\etc\\passwd',
  'C:/../../etc/passwd',
  '..\\server.json',
  'server.json',
  '/etc/passwd',
  '\\\\files.contoso.example\\share\\x.config',
  '\\\\?\\C:\\inetpub\\wwwroot\\web.config',
  '\\\\.\\PhysicalDrive0',
  'C:web.config',
  'C:\\inetpub\\wwwroot\\web.config:stream',
  'C:\\inetpub\\wwwroot\\web.config::$DATA',
  'C:\\inetpub\\nul',
  'C:\\inetpub\\CONIN$',
  'C:\\inetpub\\COM1.config',
  'C:\\inetpub\\wwwroot\\web.config.',
  'C:\\inetpub\\wwwroot \\web.config',
  'C:\\inetpub\\w\u0000b.config',
  'C:\\inetpub\\*.config',
  'Q:\\x.config',
  '%NoSuchVariable%\\web.config',
  'C:\\',
  '',
]

function hostilePaths(on: On): void {
  on(
    'a path that could mean anything else is unknown, and nothing is written there',
    async (t, { target }) => {
      for (const name of HOSTILE) {
        const seen = await sight(target, 'file', name)
        t.is(seen.is, 'unknown', name)
        for (const become of [bytes('x'), 'absent'] as const) {
          const acted = await target.act([{ thing: 'file', name, expect: 'absent', become }], [], never())
          t.deepEqual(tags(acted.results), ['failed'], name)
        }
      }
    },
  )
}

function swapping(on: On): void {
  on(
    'a file is replaced, and the look afterwards comes in the same call',
    async (t, { target, file, read }) => {
      const acted = await target.act([await replaceStep(target, file, 'new')], [fileOf(file)], never())
      t.deepEqual(acted.results, [{ is: 'done' }])
      t.like(acted.sightings.get(thingKey('file', file)), { is: 'here', digest: digestOf('new') })
      t.deepEqual(await read(file), Buffer.from('new'))
    },
  )

  on(
    'of the things looked at afterwards only those are sent that are not as known',
    async (t, { target, file, missing, service }) => {
      const known = await digestIn(target, 'file', file)
      const then = [
        { ...fileOf(file), known },
        { ...fileOf(missing), known: 'absent' },
        { thing: 'service', name: service, known: null },
      ] as const
      const make: FileStep = { thing: 'file', name: missing, expect: 'absent', become: bytes('made') }
      const acted = await target.act([make], then, never())
      t.deepEqual(
        [...acted.sightings.keys()].sort(),
        [thingKey('file', missing), thingKey('service', service)].sort(),
      )
      const again = await target.act([], then.slice(0, 1), never())
      t.is(again.sightings.size, 0)
    },
  )

  on('a file is made with its folders, and removed', async (t, { target, missing, read }) => {
    const make: FileStep = { thing: 'file', name: missing, expect: 'absent', become: bytes('made') }
    t.deepEqual(tags((await target.act([make], [], never())).results), ['done'])
    t.deepEqual(await read(missing), Buffer.from('made'))
    const remove: FileStep = { ...make, expect: digestOf('made'), become: 'absent' }
    const acted = await target.act([remove], [fileOf(missing)], never())
    t.deepEqual(acted.results, [{ is: 'done' }])
    t.deepEqual(acted.sightings.get(thingKey('file', missing)), { is: 'absent' })
  })

  on(
    'a file that changed, went or appeared is a conflict and stays as it is',
    async (t, { target, file, missing, read, write }) => {
      const step = await replaceStep(target, file, 'ours')
      await write(file, bytes('theirs'))
      t.deepEqual(tags((await target.act([step], [], never())).results), ['conflict'])
      t.deepEqual(await read(file), Buffer.from('theirs'))
      t.deepEqual(tags((await target.act([{ ...step, become: 'absent' }], [], never())).results), [
        'conflict',
      ])
      await write(file, 'absent')
      t.deepEqual(tags((await target.act([step], [], never())).results), ['conflict'])
      t.is(await read(file), null)
      await write(missing, bytes('theirs'))
      const make: FileStep = { thing: 'file', name: missing, expect: 'absent', become: bytes('ours') }
      t.deepEqual(tags((await target.act([make], [], never())).results), ['conflict'])
      t.deepEqual(await read(missing), Buffer.from('theirs'))
    },
  )

  on(
    'steps go in order, and the first that is not done stops the rest',
    async (t, { target, file, missing, pool, read }) => {
      const steps = [
        await replaceStep(target, file, 'first'),
        { thing: 'file', name: missing, expect: digestOf('not so'), become: bytes('x') },
        await poolStep(target, pool, 'Stopped'),
      ] as const
      const acted = await target.act(steps, [{ thing: 'pool', name: pool }, fileOf(file)], never())
      t.deepEqual(tags(acted.results), ['done', 'conflict', 'not-attempted'])
      t.deepEqual(await read(file), Buffer.from('first'))
      t.like(acted.sightings.get(thingKey('pool', pool)), { value: { state: 'Started' } })
      t.like(acted.sightings.get(thingKey('file', file)), { digest: digestOf('first') })
    },
  )

  on('a second step on one file expects what the first made', async (t, { target, file, read }) => {
    const first = await replaceStep(target, file, 'one')
    const second: FileStep = { ...first, expect: digestOf('one'), become: bytes('two') }
    t.deepEqual(tags((await target.act([first, second], [], never())).results), ['done', 'done'])
    t.deepEqual(await read(file), Buffer.from('two'))
  })

  on(
    'a step that confirms is done where all before it holds, and a conflict where something does not',
    async (t, { target, file, missing, pool, read }) => {
      const confirm: FileStep = {
        thing: 'file',
        name: missing,
        expect: 'absent',
        become: bytes('so it is'),
        confirms: true,
      }
      const away = await poolStep(target, pool, 'Stopped')
      const first = await replaceStep(target, file, 'one')
      const good = await target.act([first, away, confirm], [fileOf(missing)], never())
      t.deepEqual(tags(good.results), ['done', 'done', 'done'])
      t.like(good.sightings.get(thingKey('file', missing)), { digest: digestOf('so it is') })

      const back = { ...confirm, expect: digestOf('so it is'), become: 'absent' } as const
      const two: FileStep = { ...first, expect: digestOf('one'), become: bytes('two') }
      const three: FileStep = { ...first, expect: digestOf('two'), become: bytes('three') }
      const bad = await target.act([two, three, back], [], never())
      t.deepEqual(tags(bad.results), ['done', 'done', 'conflict'], 'what the first of them made is gone')
      t.deepEqual(await read(missing), Buffer.from('so it is'))
      const gone: FileStep = { ...first, expect: digestOf('three'), become: 'absent' }
      t.deepEqual(tags((await target.act([gone, back], [], never())).results), ['done', 'done'])
      t.is(await read(missing), null)
    },
  )

  on('permissions stay', async (t, { target, file, permissions }) => {
    const before = await permissions(file)
    await target.act([await replaceStep(target, file, 'new')], [], never())
    t.is(await permissions(file), before)
  })

  on('a read-only file fails with that reason and stays', async (t, { target, file, read, setReadOnly }) => {
    const before = await read(file)
    await setReadOnly(file)
    const step = await replaceStep(target, file, 'new')
    for (const become of [step.become, 'absent'] as const) {
      const { results } = await target.act([{ ...step, become }], [], never())
      t.regex(results[0]?.is === 'failed' ? results[0].detail : '', /read-only/)
    }
    t.deepEqual(await read(file), before)
  })
}

function controlling(on: On): void {
  on('a service stops and starts, with its start type', async (t, { target, service }) => {
    const stop = await serviceStep(target, service, { startType: 'Disabled', status: 'Stopped' })
    const query: Query = { thing: 'service', name: service }
    const stopped = await target.act([stop], [query], never())
    t.deepEqual(tags(stopped.results), ['done'])
    t.like(stopped.sightings.get(thingKey('service', service)), {
      value: { startType: 'Disabled', status: 'Stopped' },
    })
    t.deepEqual(tags((await target.act([stop], [], never())).results), ['conflict'])
    const disabled = await target.act(
      [await serviceStep(target, service, { status: 'Running' })],
      [],
      never(),
    )
    t.deepEqual(tags(disabled.results), ['failed'])
    const start = await serviceStep(target, service, { startType: 'Automatic', status: 'Running' })
    const started = await target.act([start], [query], never())
    t.deepEqual(tags(started.results), ['done'])
    t.like(started.sightings.get(thingKey('service', service)), {
      value: { startType: 'Automatic', status: 'Running' },
    })
  })

  on('a service that others need does not stop', async (t, { target, needed }) => {
    const seen = await sight(target, 'service', needed)
    t.true(seen.is === 'here' && (seen.value as Service).dependents.length > 0)
    const { results } = await target.act(
      [await serviceStep(target, needed, { status: 'Stopped' })],
      [],
      never(),
    )
    t.regex(results[0]?.is === 'failed' ? results[0].detail : '', /needed by/)
    t.like(await sight(target, 'service', needed), { value: { status: 'Running' } })
  })

  on(
    'several services and a pool go in one act, and as many come back in the other order',
    async (t, { target, service, pool }) => {
      const away = [
        await serviceStep(target, service, { status: 'Stopped' }),
        await poolStep(target, pool, 'Stopped'),
      ]
      t.deepEqual(tags((await target.act(away, [], never())).results), ['done', 'done'])
      t.like(await sight(target, 'pool', pool), { value: { state: 'Stopped' } })
      const back = [
        await poolStep(target, pool, 'Started'),
        await serviceStep(target, service, { status: 'Running' }),
      ]
      t.deepEqual(tags((await target.act(back, [], never())).results), ['done', 'done'])
      t.like(await sight(target, 'pool', pool), { value: { state: 'Started' } })
      t.like(await sight(target, 'service', service), { value: { status: 'Running' } })
    },
  )

  on('a step on a service that is not there is a conflict', async (t, { target, service }) => {
    const step = { ...(await serviceStep(target, service, { status: 'Stopped' })), name: 'NoSuchService' }
    t.deepEqual(tags((await target.act([step], [], never())).results), ['conflict'])
  })
}

function surviving(on: On, server: Server): void {
  on('killed at any moment, a file is the old one or the new one', async (t, subject) => {
    const { target, file, flip, read } = subject
    const [a, b] = ['a'.repeat(400_000), 'b'.repeat(400_000)]
    await target.act([await replaceStep(target, file, a)], [], never())
    const seen = new Set<string>()
    for (let round = 0; round < 6; round += 1) {
      const child = flip(file)
      const [line] = (await once(child.stdout!, 'data')) as [Buffer]
      t.regex(line.toString(), /flipping/)
      await sleep(Math.random() * 60)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const text = Buffer.from((await read(file))!).toString()
      t.true(text === a || text === b, `round ${round}: ${text.length} characters`)
      seen.add(text.slice(0, 1))
    }
    t.log(`ended as: ${[...seen].join(' ')}`)
    t.deepEqual(tags((await target.act([await replaceStep(target, file, 'after')], [], never())).results), [
      'done',
    ])
  })

  const make = server.makeOnFullDisk
  const title = 'on a full disk a step fails with that reason and the old file stays'
  if (typeof make === 'string') {
    test.skip(`${server.name}: ${title} (${make})`, (t) => t.pass())
    return
  }
  test(`${server.name}: ${title}`, async (t) => {
    const { target, file, missing, read } = await make(t)
    const before = await read(file)
    for (const step of [
      { ...(await replaceStep(target, file, '')), become: new Uint8Array(3_000_000) },
      { thing: 'file', name: missing, expect: 'absent', become: new Uint8Array(3_000_000) },
    ] as const) {
      const { results } = await target.act([step, await replaceStep(target, file, 'x')], [], never())
      t.regex(results[0]?.is === 'failed' ? results[0].detail : '', /disk is full/)
      t.is(results[1]?.is, 'not-attempted')
    }
    t.deepEqual(await read(file), before)
    t.is(await read(missing), null)
    t.deepEqual(tags((await target.act([await replaceStep(target, file, 'small')], [], never())).results), [
      'done',
    ])
  })
}
