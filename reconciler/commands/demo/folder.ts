import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../../errors/error.ts'
import { createServer } from '../../targets/embedded/create/create.ts'
import { errno, replaceFile } from '../../util/atomic.ts'
import { type Place, SERVERS } from './place.ts'

const MARK = 'This folder is made by stopgap demo, and made anew whenever it starts.\n'

/** What was at the place of the demo before it. Throws ARGUMENT_INVALID for a folder that holds anything else. */
export async function whatIsThere({ dir, mark }: Place): Promise<'nothing' | 'demo'> {
  const names = await namesIn(dir)
  if (names.length === 0) return 'nothing'
  if (names.includes('.stopgap-demo') && (await readFile(mark, 'utf8')) === MARK) return 'demo'
  throw new StopgapError('ARGUMENT_INVALID', {
    what: `${dir} is there, and it is no demo`,
    remedy: 'Nothing was changed. Name a folder that is not there yet: stopgap demo --dir DIR',
  })
}

async function namesIn(dir: string): Promise<readonly string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    if (errno(error) !== 'ENOTDIR') throw error
    throw new StopgapError('ARGUMENT_INVALID', {
      what: `${dir} is a file`,
      remedy: 'Name a folder that is not there yet: stopgap demo --dir DIR',
    })
  }
}

/** Removes what an earlier demo made, and nothing that somebody else put beside it. */
export async function clear(place: Place): Promise<void> {
  const ours = [place.repository, place.servers, place.originals, place.pieces, place.state, place.config]
  for (const path of ours) await rm(path, { recursive: true, force: true })
}

/** Makes the servers, a copy of each for comparing, and the configuration. */
export async function fill(place: Place): Promise<void> {
  await mkdir(place.dir, { recursive: true })
  await replaceFile(place.mark, MARK)
  for (const { name, exchange } of SERVERS) {
    await createServer({ dir: join(place.servers, name), exchange })
    await cp(join(place.servers, name), join(place.originals, name), { recursive: true })
  }
  await mkdir(place.pieces)
  await replaceFile(join(place.pieces, 'block.yaml'), BLOCK)
  await replaceFile(place.config, CONFIG)
}

/** Whether an earlier demo kept a state. */
export async function hasState({ state }: Place): Promise<boolean> {
  return (await stat(state).catch(() => null)) !== null
}

const BLOCK = `# No M1 on ex02, and what is there of it goes.
apiVersion: stopgap/v1
kind: Block
metadata: { name: monitoring-on-ex02 }
spec:
  servers: { names: [ex02] }
  mitigations: [M1]
  remove: true
  reason: The monitoring asks Autodiscover with a name that M1 takes for an attack; it is being corrected.
  owner: messaging-team@contoso.example
`

const CONFIG = `# The configuration of the demo.
source:
  remotes: [./policy]
  ref: refs/heads/main
  interval: 15s # a commit is seen at once all the same: the repository is on this machine, and watched
servers:
${SERVERS.map(({ name }) => `  - { name: ${name}, embedded: ./servers/${name} }`).join('\n')}
drift: { interval: 30s } # likewise: the servers' folders are watched
retireAfter: 0s # a mitigation goes as soon as the fix is seen; on real servers wait a day
state: ./state
`
