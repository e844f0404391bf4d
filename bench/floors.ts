import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Estate } from './estate.ts'
import { medianCost, medianRun } from './measure.ts'
import { filesBelow } from './servers.ts'

/** What nothing can be faster than, in milliseconds. */
export interface Floors {
  /** `node -e 0` */
  readonly node: number
  /** `git ls-remote` of the policy repository. */
  readonly git: number
  /** Reading and hashing every file of one server. */
  readonly files: number
}

export async function floors({ repository, servers }: Estate, runs: number): Promise<Floors> {
  const files = filesBelow(servers[0] ?? '')
  const read = () => {
    for (const file of files) createHash('sha256').update(readFileSync(file)).digest('hex')
  }
  read()
  return {
    node: await medianRun(runs, [process.execPath, '-e', '0']),
    git: await medianRun(runs, ['git', 'ls-remote', repository]),
    files: (await medianCost(runs, read)).wall,
  }
}
