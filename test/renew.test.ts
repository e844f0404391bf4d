import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { StopgapError } from '../reconciler/errors/error.ts'
import { kinds } from '../reconciler/kinds/registry.ts'
import type { Event } from '../reconciler/model/event.ts'
import { Renewal } from '../reconciler/renew.ts'
import { FileMemory } from '../reconciler/sources/memory.ts'
import { openSource } from '../reconciler/sources/open.ts'
import { temporaryFolder } from './helpers/folder.ts'
import { commit, repository, testSystem } from './helpers/git.ts'
import { enforcing, type Files, START } from './helpers/line.ts'

const never = new AbortController().signal
const BAD: Files = { ...enforcing('PING1'), 'policies/bad.yaml': 'apiVersion: stopgap/v1\nkind: Polic\n' }

async function opened(root: string, decides = true) {
  const { source, lineage } = await openSource({
    remotes: [join(root, 'policy')],
    state: join(root, 'state'),
    ref: 'refs/heads/main',
    path: '.',
    base: '/',
    timeout: 20_000,
    exclusive: decides,
    system: testSystem(),
  })
  const events: Event[] = []
  const memory = new FileMemory(join(root, 'state'), lineage)
  const renewal = new Renewal({
    source,
    memory,
    kinds,
    emit: (event) => events.push(event),
    retry: { retries: 0, shortest: 1, longest: 1 },
    decides,
  })
  return { renew: () => renewal.renew({ time: START, trusted: true }, never), events, memory }
}

async function setUp(t: ExecutionContext, files: Files = enforcing('PING1')) {
  const root = await temporaryFolder(t)
  const repo = await repository(join(root, 'policy'))
  await commit(repo, files)
  return { root, repo, ...(await opened(root)) }
}

const names = (events: readonly Event[]) => events.map(({ is }) => is)

test('the first look brings a revision in force; one that did not move says only that it looked', async (t) => {
  const { renew, events, memory } = await setUp(t)
  const first = await renew()
  t.is(first.error, null)
  t.is(first.catalogue?.mitigations[0]?.name, 'PING1')
  t.is((await memory.load()).inForce, first.catalogue?.revision ?? '')
  t.deepEqual(names(events), ['fetched', 'revision-in-force'])
  events.length = 0
  const second = await renew()
  t.is(second.catalogue, first.catalogue)
  t.deepEqual(names(events), ['fetched'])
  t.like(events[0] ?? {}, { moved: false })
})

test('a commit with a fault is refused with its place, the last good one stays, and the next good one comes in', async (t) => {
  const { renew, events, repo } = await setUp(t)
  const first = await renew()
  await commit(repo, BAD)
  events.length = 0
  const refused = await renew()
  t.is(refused.catalogue, first.catalogue)
  t.deepEqual(names(events), ['fetched', 'revision-refused'])
  t.like(events[1] ?? {}, { reason: 'invalid', first: true })
  t.true(refused.error !== null && !(refused.error instanceof StopgapError))
  if (refused.error !== null && 'faults' in refused.error)
    t.true(refused.error.faults.some(({ file, line }) => file === 'policies/bad.yaml' && line === 2))
  events.length = 0
  await renew()
  t.true(
    events.every((event) => event.is !== 'revision-refused' || !event.first),
    'it counts once',
  )
  await rm(join(repo, 'policies/bad.yaml'))
  await commit(repo, enforcing('PING1', 'M1'))
  const good = await renew()
  t.is(good.error, null)
  t.is(good.catalogue?.mitigations.length, 2)
})

test('all policies deleted is refused as empty', async (t) => {
  const { renew, events, repo } = await setUp(t)
  const first = await renew()
  await rm(join(repo, 'policies'), { recursive: true })
  await commit(repo, {})
  const { catalogue } = await renew()
  t.is(catalogue, first.catalogue)
  t.true(events.some((event) => event.is === 'revision-refused' && event.reason === 'empty'))
})

test('a source that is gone keeps what is in force, also over a restart', async (t) => {
  const { renew, root, events } = await setUp(t)
  const first = await renew()
  await rename(join(root, 'policy'), join(root, 'away'))
  const failed = await renew()
  t.is(failed.catalogue, first.catalogue)
  t.true(failed.error instanceof StopgapError)
  t.is(events.at(-1)?.is, 'fetch-failed')
  await mkdir(join(root, 'policy'))
  const again = await opened(root)
  const restarted = await again.renew()
  t.is(restarted.catalogue?.revision, first.catalogue?.revision)
  t.not(restarted.error, null)
})

test('who only looks writes down neither what is in force nor what is refused', async (t) => {
  const { root, repo, renew, memory } = await setUp(t)
  await renew()
  const before = await memory.load()
  await commit(repo, BAD)
  const looking = await opened(root, false)
  const seen = await looking.renew()
  t.is(seen.catalogue?.revision, before.inForce ?? '')
  t.deepEqual(await memory.load(), before)
})

test('a revision that is bad from the start puts nothing in force, and says so', async (t) => {
  const { renew } = await setUp(t, BAD)
  const { catalogue, error } = await renew()
  t.is(catalogue, null)
  t.not(error, null)
})

test('a file that an editor left half written is refused, and not the last word', async (t) => {
  const { renew, repo } = await setUp(t)
  await renew()
  await mkdir(dirname(join(repo, 'policies/x.yaml')), { recursive: true })
  await writeFile(join(repo, 'policies/x.yaml'), 'apiVersion: [')
  const { error } = await renew()
  t.is(error, null, 'what is not committed does not count')
})
