import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import { acceptRevision, FileMemory } from '../../reconciler/sources/memory.ts'
import { admit, type FetchOutcome, fetch, refusalOf, refuse } from '../../reconciler/stages/fetch.ts'
import { verify } from '../../reconciler/stages/verify.ts'
import { commit, git } from '../helpers/git.ts'
import { gitServer } from '../helpers/git-server.ts'
import { failure, type Given, never, opened, POLICY, setUp, texts } from '../helpers/source.ts'

const quick = { retries: 1, shortest: 5, longest: 10 }
const WHO = { at: 0, actor: 'ops' }

/** One process's view: what it has loaded and judged starts empty with each call of `started`. */
async function started(given: Given) {
  const { source, lineage } = await opened(given)
  const memory = new FileMemory(given.state, lineage)
  let loaded: string | null = null
  let judged: string | null = null
  const look = () => fetch({ source, memory, loaded, judged, retry: quick }, never)
  const follow = async (): Promise<FetchOutcome> => {
    const outcome = await look()
    if (outcome.is === 'moved') {
      await admit({ source, memory }, outcome.snapshot.revision, never)
      loaded = outcome.snapshot.revision
    }
    if (outcome.is === 'refused') await refuse(memory, outcome.refusal)
    return outcome
  }
  return { source, memory, look, follow, judge: (revision: string) => (judged = revision) }
}

function is<K extends FetchOutcome['is']>(t: ExecutionContext, outcome: FetchOutcome, kind: K) {
  t.is(outcome.is, kind, JSON.stringify(outcome))
  return outcome as Extract<FetchOutcome, { is: K }>
}

test('a commit moves, then nothing does; a restart reads what is in force', async (t) => {
  const { repo, first, state } = await setUp(t)
  const line = await started({ remotes: [repo], state })
  const moved = is(t, await line.follow(), 'moved')
  t.is(moved.from, null)
  t.is(verify(moved.snapshot).signature, 'unsigned')
  t.is(is(t, await line.look(), 'same').snapshot, null, 'loaded already')
  const second = await commit(repo, { 'policies/two.yaml': '2' })
  t.is(is(t, await line.follow(), 'moved').from, `main@sha1:${first}`)
  const again = is(t, await (await started({ remotes: [repo], state })).look(), 'same')
  t.is(again.revision, `main@sha1:${second}`)
  t.deepEqual(texts(again.snapshot!), { ...POLICY, 'policies/two.yaml': '2' })
})

test('a failed fetch keeps the last one in force, also over a restart with a broken clone', async (t) => {
  const { root, repo, first, state } = await setUp(t)
  await (await started({ remotes: [repo], state })).follow()
  await rename(repo, join(root, 'away'))
  await rm(join(state, 'clone/objects/pack'), { recursive: true })
  const failed = is(t, await (await started({ remotes: [repo], state })).look(), 'failed')
  t.is(failed.reason, 'not-found')
  t.is(failed.inForce, `main@sha1:${first}`)
  t.deepEqual(texts(failed.kept!), POLICY)
  t.regex(failed.error.hint, new RegExp(`main@sha1:${first} stays in force`))
  await rename(join(root, 'away'), repo)
  is(t, await (await started({ remotes: [repo], state })).look(), 'same')
})

test('with nothing in force yet a failure says so', async (t) => {
  const { state } = await setUp(t)
  const failed = is(t, await (await started({ remotes: ['/no/such.git'], state })).look(), 'failed')
  t.is(failed.kept, null)
  t.regex(failed.error.hint, /No revision is in force yet/)
})

test('a passing fault is tried again within one fetch, a lasting one is not', async (t) => {
  const { root, state } = await setUp(t)
  const server = await gitServer(t, root)
  const line = await started({ remotes: [`${server.url}/policy/.git`], state })
  server.mischief = 'login'
  t.is(is(t, await line.look(), 'failed').reason, 'auth')
  const lasting = server.requests.length
  server.requests.length = 0
  server.mischief = 'error'
  const looking = line.look()
  while (server.requests.length === 0) await sleep(1)
  server.mischief = 'none'
  is(t, await looking, 'moved')
  t.true(server.requests.length > lasting)
})

test('a force-push back is refused as rewound until it is accepted, once', async (t) => {
  const { repo, first, state } = await setUp(t)
  const second = await commit(repo, { 'policies/two.yaml': '2' })
  const line = await started({ remotes: [repo], state })
  await line.follow()
  await git(repo, 'update-ref', 'refs/heads/main', first)
  const refused = is(t, await line.follow(), 'refused')
  t.is(refused.refusal.reason, 'rewound')
  t.true(refused.first)
  t.is(refused.inForce, `main@sha1:${second}`)
  t.regex(refused.refusal.hint, new RegExp(`stopgap accept main@sha1:${first}$`))
  t.false(is(t, await line.follow(), 'refused').first)
  const restarted = await started({ remotes: [repo], state })
  const still = is(t, await restarted.follow(), 'refused')
  t.false(still.first, 'not counted again after a restart')
  t.is(still.kept?.files.size, 3, 'what is in force is there to converge with')
  await acceptRevision(state, `main@sha1:${first}`, WHO)
  t.is(is(t, await line.follow(), 'moved').snapshot.files.size, 2)
  t.deepEqual(await readdir(join(state, 'accepted')), [], 'an acceptance is for once')
  await git(repo, 'update-ref', 'refs/heads/main', second)
  is(t, await line.follow(), 'moved')
  await git(repo, 'update-ref', 'refs/heads/main', first)
  is(t, await line.follow(), 'refused')
})

test('rewritten history is rewound, although its files are the same', async (t) => {
  const { repo, state } = await setUp(t)
  await commit(repo, { 'policies/two.yaml': '2' })
  const line = await started({ remotes: [repo], state })
  await line.follow()
  await git(repo, 'commit', '--quiet', '--amend', '--message=another past')
  t.is(is(t, await line.look(), 'refused').refusal.reason, 'rewound')
})

test('rewritten history is rewound also when the clone was made anew meanwhile', async (t) => {
  const { repo, state } = await setUp(t)
  await commit(repo, { 'policies/two.yaml': '2' })
  await (await started({ remotes: [repo], state })).follow()
  await git(repo, 'commit', '--quiet', '--amend', '--message=another past')
  await rm(join(state, 'clone'), { recursive: true })
  t.is(is(t, await (await started({ remotes: [repo], state })).look(), 'refused').refusal.reason, 'rewound')
})

test('another branch in the configuration is no rewound revision', async (t) => {
  const { repo, first, state } = await setUp(t)
  await git(repo, 'branch', 'old')
  await commit(repo, { 'policies/two.yaml': '2' })
  await (await started({ remotes: [repo], state })).follow()
  const moved = is(t, await (await started({ remotes: [repo], state, ref: 'old' })).follow(), 'moved')
  t.is(moved.snapshot.revision, `old@sha1:${first}`)
})

test('too large a revision is refused as oversized, of git and of a folder', async (t) => {
  const { root, repo, first, state } = await setUp(t)
  const line = await started({ remotes: [repo], state })
  await line.follow()
  await commit(repo, { 'policies/large.yaml': ' '.repeat(1_000_001) })
  const refused = is(t, await line.follow(), 'refused')
  t.is(refused.refusal.reason, 'oversized')
  t.regex(refused.refusal.hint, new RegExp(first))
  await rename(join(repo, '.git'), join(root, 'git'))
  const folder = await started({ remotes: [repo], state: join(root, 'other') })
  t.is(is(t, await folder.follow(), 'refused').refusal.reason, 'oversized')
})

test('what the caller judged invalid is not read again, and counted once', async (t) => {
  const { repo, first, state } = await setUp(t)
  const line = await started({ remotes: [repo], state })
  const revision = is(t, await line.look(), 'moved').snapshot.revision
  const error = new StopgapError('POLICY_INVALID', { revision, faults: [] })
  t.true(await refuse(line.memory, refusalOf(revision, 'invalid', error)))
  t.false(await refuse(line.memory, refusalOf(revision, 'invalid', error)))
  line.judge(revision)
  const refused = is(t, await line.look(), 'refused')
  t.false(refused.first)
  t.is(refused.refusal.code, 'POLICY_INVALID')
  const upgraded = await started({ remotes: [repo], state })
  is(t, await upgraded.look(), 'moved')
  const good = await commit(repo, { 'policies/base.yaml': 'good' })
  is(t, await line.follow(), 'moved')
  t.deepEqual(await line.memory.load(), {
    version: 1,
    lineage: line.memory.lineage,
    inForce: `main@sha1:${good}`,
    refused: null,
  })
  t.not(good, first)
})

test('a damaged clone is repaired within one fetch', async (t) => {
  const { repo, state } = await setUp(t)
  const line = await started({ remotes: [repo], state })
  await line.follow()
  await rm(join(state, 'snapshots'), { recursive: true })
  const packs = join(state, 'clone/objects/pack')
  for (const name of await readdir(packs)) {
    await rm(join(packs, name))
    await writeFile(join(packs, name), Buffer.alloc(300, 1))
  }
  const same = is(t, await (await started({ remotes: [repo], state })).look(), 'same')
  t.deepEqual(texts(same.snapshot!), POLICY)
})

test('an abort is thrown, not told as a failure', async (t) => {
  const { repo, state } = await setUp(t)
  const { source, lineage } = await opened({ remotes: [repo], state })
  const memory = new FileMemory(state, lineage)
  const reason = new Error('stopping')
  const fetching = fetch(
    { source, memory, loaded: null, judged: null, retry: quick },
    AbortSignal.abort(reason),
  )
  t.is(await t.throwsAsync(fetching), reason)
})

test('a memory that cannot be read stops, since forgetting would let a rewound revision in', async (t) => {
  const { repo, state } = await setUp(t)
  const line = await started({ remotes: [repo], state })
  await line.follow()
  for (const text of ['{', '{"version":2}', '{"version":1,"lineage":"x","inForce":7,"refused":null}']) {
    await writeFile(join(state, 'source.json'), text)
    t.is((await failure(t, line.look())).code, 'SOURCE_MEMORY')
  }
  await t.throwsAsync(acceptRevision(state, '../../etc', WHO), { instanceOf: StopgapError })
})
