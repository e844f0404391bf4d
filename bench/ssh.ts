import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Known, Target } from '../reconciler/model/target.ts'
import { type Query, thingKey } from '../reconciler/model/thing.ts'
import { createServer } from '../reconciler/targets/embedded/create/create.ts'
import { processTransport } from '../reconciler/targets/windows/local.ts'
import { sshTransport } from '../reconciler/targets/windows/ssh.ts'
import { windowsTarget } from '../reconciler/targets/windows/target.ts'
import { noSshd, sshServer } from '../test/helpers/ssh-server.ts'
import { PROGRAM, standIn } from '../test/helpers/stand-in.ts'
import { median } from './measure.ts'

const FILES = 20
const LOOKS = 50

/** Milliseconds. */
export interface SshSpeed {
  /** The first look: connecting, logging in, starting the program, and all files sent. */
  readonly first: number
  /** A look at as many files that did not change, over the session that is open. */
  readonly again: number
  /** The same with the program as a child of this process: what is not SSH. */
  readonly without: number
}

/**
 * What a look over SSH costs, on loopback with a real sshd and a stand-in for PowerShell, which reads and hashes each file as
 * PowerShell would; null where there is no sshd.
 */
export async function sshSpeed(root: string): Promise<SshSpeed | null> {
  if (noSshd !== null) return null
  const dir = join(root, 'ssh')
  mkdirSync(root, { recursive: true })
  await createServer({ dir, name: 'ex01', exchange: '15.2.1118.7' })
  const ends: (() => Promise<void>)[] = []
  try {
    const { options } = await sshServer({ teardown: (end) => ends.push(end) }, { forced: standIn(dir) })
    const over = windowsTarget({ name: 'ex01', transport: sshTransport(options), program: PROGRAM })
    const child = processTransport('ex01', standIn(dir))
    const beside = windowsTarget({ name: 'ex01', transport: child, program: PROGRAM })
    ends.push(
      () => over.close(),
      () => beside.close(),
    )
    const queries = filesOf(dir)
    const start = performance.now()
    const known = await lookOnce(over, queries)
    const first = performance.now() - start
    await lookOnce(beside, queries)
    return {
      first,
      again: await unchanged(over, queries, known),
      without: await unchanged(beside, queries, known),
    }
  } finally {
    for (const end of ends.toReversed()) await end()
    rmSync(dir, { recursive: true })
  }
}

const never = () => new AbortController().signal

async function lookOnce(target: Target, queries: readonly Query[]): Promise<Known> {
  const { sightings } = await target.look(queries, new Map(), never())
  return new Map(
    queries.map(({ thing, name }) => {
      const seen = sightings.get(thingKey(thing, name))
      if (seen?.is !== 'here') throw new Error(`${name} was not read`)
      return [thingKey(thing, name), seen.digest]
    }),
  )
}

async function unchanged(target: Target, queries: readonly Query[], known: Known): Promise<number> {
  const times: number[] = []
  for (let look = 0; look < LOOKS; look += 1) {
    const start = performance.now()
    const { same } = await target.look(queries, known, never())
    times.push(performance.now() - start)
    // Something else than what is said to be measured would have been.
    if (same.size !== FILES) throw new Error(`${same.size} of ${FILES} files are as they were`)
  }
  return median(times)
}

/** The configuration files of an embedded server, by their Windows paths. */
function filesOf(dir: string): readonly Query[] {
  const files = readdirSync(join(dir, 'C'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.config'))
    .map((path): Query => ({ thing: 'file', name: `C:\\${path.replaceAll('/', '\\')}` }))
    .slice(0, FILES)
  if (files.length < FILES) throw new Error(`there are only ${files.length} configuration files`)
  return files
}
