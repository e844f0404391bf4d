import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { StopgapError } from '../../reconciler/errors/error.ts'
import type { Snapshot } from '../../reconciler/model/source.ts'
import { openSource, type SourceOptions } from '../../reconciler/sources/open.ts'
import { temporaryFolder } from './folder.ts'
import { commit, repository, testSystem } from './git.ts'

export const never = new AbortController().signal

export const POLICY = { 'mitigations/m1.yaml': 'kind: Mitigation\n', 'policies/base.yaml': 'kind: Policy\n' }

export type Given = Partial<SourceOptions> & { readonly remotes: readonly string[]; readonly state: string }

export function opened(given: Given) {
  return openSource({
    ref: 'refs/heads/main',
    path: '.',
    base: '/',
    timeout: 20_000,
    exclusive: true,
    system: testSystem(),
    ...given,
  })
}

/** A repository with one commit of policy, and a state folder beside it. */
export async function setUp(t: ExecutionContext) {
  const root = await temporaryFolder(t)
  const repo = await repository(join(root, 'policy'))
  const first = await commit(repo, POLICY)
  return { root, repo, first, state: join(root, 'state') }
}

/** The files of a snapshot as text, others as what they are. */
export function texts({ files }: Snapshot): Record<string, string> {
  return Object.fromEntries(
    [...files].map(([path, entry]) => [
      path,
      entry.is === 'file' ? Buffer.from(entry.bytes).toString() : entry.is,
    ]),
  )
}

/** The error that this fails with; the test fails when it does not, or with another sort of error. */
export async function failure(t: ExecutionContext, work: Promise<unknown>): Promise<StopgapError> {
  const error = await t.throwsAsync(work, { instanceOf: StopgapError })
  return error as StopgapError
}
