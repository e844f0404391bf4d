import { spawnSync } from 'node:child_process'
import { cp, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { ServerRecord } from '../../reconciler/model/record.ts'
import { openState } from '../../reconciler/state/folder.ts'
import { readJournal } from '../../reconciler/state/history.ts'
import { isTemporary } from '../../reconciler/util/atomic.ts'
import { begun, daemon, stopgap } from '../helpers/command-line.ts'
import { bytesOf, type FaultEstate, faultEstate, RECORD, SITE_FILE } from '../helpers/fault-estate.ts'

const noStrace =
  process.platform !== 'linux' || spawnSync('strace', ['-V']).status !== 0
    ? 'needs strace, which stops a process at a named call'
    : null
const traced = noStrace === null ? test : test.skip
const title = (name: string) => (noStrace === null ? name : `${name} (skipped: ${noStrace})`)

// One thread for the disk, so that the calls of a run come one after another and can be counted.
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' }
const SIDE_BY_SIDE = 2

/** Kills the process at the entry of its nth rename: all before it is done, nothing of it and after it. */
function strace(nth: number): readonly string[] {
  return [
    'strace',
    '-f',
    '-o',
    '/dev/null',
    '-e',
    'trace=rename',
    '-e',
    `inject=rename:signal=KILL:when=${nth}`,
  ]
}

/** The server without what may differ: the record, and temporary files of a process that was killed. */
async function content(folder: string): Promise<Readonly<Record<string, string>>> {
  const all = Object.entries(await bytesOf(folder, [RECORD]))
  return Object.fromEntries(all.filter(([path]) => !isTemporary(path.slice(path.lastIndexOf('/') + 1))))
}

async function recordOf(folder: string): Promise<ServerRecord> {
  return JSON.parse(await readFile(join(folder, RECORD), 'utf8'))
}

/** What was there before us, and that each entry was seen to be in effect. */
async function ownedOf(folder: string): Promise<unknown> {
  const { owned, made } = await recordOf(folder)
  const entries = Object.entries(owned).map(([key, { before, want, settled, mitigations }]) => [
    key,
    { before, want, settled, mitigations },
  ])
  return { owned: Object.fromEntries(entries), made }
}

/** Reads the whole journal; only the line that a kill cut off may be damaged. */
async function journalIsReadable(t: ExecutionContext, folder: string, kills: number): Promise<void> {
  let damaged = 0
  const state = await openState(folder)
  for await (const line of readJournal(state, { damaged: () => damaged++ })) t.is(typeof line.at, 'string')
  t.true(damaged <= kills, `${damaged} damaged lines after ${kills} kills`)
}

interface Killed {
  readonly estate: FaultEstate
  /** What each run begins with: a server and perhaps a state folder. */
  readonly begin: (server: string, state: string) => Promise<void>
  readonly source: string
  readonly check: (t: ExecutionContext, server: string) => Promise<void>
}

/** Runs apply again and again, killed at its 1st, 2nd, … rename, until one run is through; after each kill it converges. */
async function killedEverywhere(
  t: ExecutionContext,
  { estate, begin, source, check }: Killed,
): Promise<number> {
  let next = 1
  let through = Number.POSITIVE_INFINITY
  const worker = async () => {
    while (next < through) {
      const nth = next++
      const server = join(estate.root, `killed-${nth}`)
      const state = join(estate.root, `state-${nth}`)
      await begin(server, state)
      const args = ['apply', '--source', source, '--server', server, '--state', state]
      const killed = await stopgap(args, { under: strace(nth), env: ONE_THREAD })
      if (killed.signal === null && killed.code === 0) through = Math.min(through, nth)
      else t.is(killed.signal, 'SIGKILL', killed.err)
      const again = await stopgap(args)
      t.is(again.code, 0, `after a kill at rename ${nth}: ${again.out}${again.err}`)
      await check(t, server)
      await journalIsReadable(t, state, 1)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  return through - 1
}

traced(
  title('killed at any of its writes, apply converges the next time and knows what was there before'),
  async (t) => {
    t.timeout(180_000)
    const estate = await faultEstate(t)
    const pristine = join(estate.root, 'pristine')
    await cp(estate.server('ex01'), pristine, { recursive: true })
    t.is((await stopgap(['apply', ...estate.flags])).code, 0)
    const wanted = await content(estate.server('ex01'))
    const owned = await ownedOf(estate.server('ex01'))
    const kills = await killedEverywhere(t, {
      estate,
      source: estate.source,
      begin: (server) => cp(pristine, server, { recursive: true }),
      check: async (t, server) => {
        t.deepEqual(await content(server), wanted, 'nothing is missing and nothing doubled')
        t.deepEqual(await ownedOf(server), owned, 'what was there before us is known')
      },
    })
    t.true(kills >= 15, `${kills} kills`)
    t.log(`${kills} kills`)
  },
)

traced(
  title('killed at any of its writes, an apply that takes back leaves what was there before us'),
  async (t) => {
    t.timeout(180_000)
    const estate = await faultEstate(t)
    const before = await content(estate.server('ex01'))
    t.is((await stopgap(['apply', ...estate.flags])).code, 0)
    t.notDeepEqual(await content(estate.server('ex01')), before)
    const kills = await killedEverywhere(t, {
      estate,
      source: estate.back,
      begin: async (server, state) => {
        await cp(estate.server('ex01'), server, { recursive: true })
        await cp(estate.state, state, { recursive: true })
      },
      check: async (t, server) => {
        t.deepEqual(await content(server), before)
        t.deepEqual((await recordOf(server)).owned, {})
      },
    })
    t.true(kills >= 15, `${kills} kills`)
    t.log(`${kills} kills`)
  },
)

/** Numbers between 0 and 1 that come again with the same seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What a kill left half written is removed by the next write beside it, once it is surely nobody's. */
async function age(folder: string): Promise<number> {
  const then = new Date(Date.now() - 3_600_000)
  const left = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(({ name }) =>
    isTemporary(name),
  )
  for (const { parentPath, name } of left) await utimes(join(parentPath, name), then, then)
  return left.length
}

test('killed at forty random moments, apply and the daemon lose nothing and double nothing', async (t) => {
  t.timeout(180_000)
  const seed = Number(process.env['STOPGAP_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
  t.log(`seed ${seed} (STOPGAP_SEED)`)
  const chance = random(seed)
  const estate = await faultEstate(t)
  const server = estate.server('ex01')
  const before = await bytesOf(server)
  const flags = (source: string) => ['--source', source, '--server', server, '--state', estate.state]
  for (let kill = 0; kill < 22; kill++) {
    const source = kill % 2 === 0 ? estate.source : estate.back
    await stopgap(['apply', ...flags(source)], { killAfter: 200 + chance() * 600 })
    await journalIsReadable(t, estate.state, kill + 1).catch((error) => t.regex(String(error), /ENOENT/))
  }
  for (let kill = 0; kill < 18; kill++) {
    const source = kill % 3 === 2 ? estate.back : estate.source
    const child = begun(['run', '--listen', '127.0.0.1:0', ...flags(source)], {})
    t.teardown(() => child.kill('SIGKILL'))
    const gone = new Promise((resolve) => child.on('close', resolve))
    await sleep(250 + chance() * 700)
    // Drift beside it: the rules of ours are taken out by hand, so that there is something to correct.
    if (kill % 2 === 1)
      await writeFile(join(server, SITE_FILE), withoutOurs(await readFile(join(server, SITE_FILE), 'utf8')))
    await sleep(chance() * 200)
    child.kill('SIGKILL')
    await gone
  }
  await journalIsReadable(t, estate.state, 40)
  await age(server)
  const converged = await stopgap(['apply', ...flags(estate.source), '--json'])
  const [report] = JSON.parse(converged.out).servers
  // A correction that came too often is held; everything else is there.
  t.true(
    converged.code === 0 || report.plan.held.every((one: { reason: string }) => one.reason === 'fight'),
    converged.out,
  )
  await age(server)
  const back = await stopgap(['apply', ...flags(estate.back)])
  t.is(back.code, 0, back.out + back.err)
  t.deepEqual(await bytesOf(server, [RECORD]), before, `seed ${seed}`)
  t.deepEqual((await recordOf(server)).owned, {})
  const running = await daemon(t, flags(estate.source).slice(0, 4), estate.state)
  t.is((await running.end()).code, 0, 'the lock of a dead process is nobody’s')
})

/** As a hand would: the lines of our rule are cut out. */
function withoutOurs(text: string): string {
  return text.replace(/[ \t]*<rule name="Stopgap [^"]*"[\s\S]*?<\/rule>\r?\n/, '')
}
