import { cp, mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { stopgap } from '../helpers/command-line.ts'
import { bytesOf, type FaultEstate, faultEstate, RECORD } from '../helpers/fault-estate.ts'
import { noSmallDisk, smallDisk } from '../helpers/full-disk.ts'

const mounted = noSmallDisk === null ? test : test.skip
const title = (name: string) => (noSmallDisk === null ? name : `${name} (skipped: ${noSmallDisk})`)

/** Fills a disk up to so many kilobytes; what fills it is `fill`. */
async function fill(disk: string, leave: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk)
  await writeFile(join(disk, 'fill'), Buffer.alloc(Math.max(0, bavail * bsize - leave * 1024)))
}

/** With room again, everything is written and taken back to the byte. */
async function goesOn(
  t: ExecutionContext,
  estate: FaultEstate,
  where: { server: string; state: string },
  before: object,
) {
  const flags = ['--server', where.server, '--state', where.state]
  const again = await stopgap(['apply', '--source', estate.source, ...flags])
  t.is(again.code, 0, again.out + again.err)
  const back = await stopgap(['apply', '--source', estate.back, ...flags])
  t.is(back.code, 0, back.out + back.err)
  t.deepEqual(await bytesOf(where.server, [RECORD]), before)
}

/** How much room is left (kB), and what cannot be written then. */
const ON_SERVER: readonly (readonly [leave: number, words: RegExp])[] = [
  [0, /record\.json cannot be written: the disk is full/],
  [8, /server\.json cannot be written: the disk is full/],
  [24, /applicationHost\.config cannot be written: the disk is full/],
]

for (const [leave, words] of ON_SERVER) {
  mounted(
    title(`a full disk on the server, with ${leave} kB left, ends its writes and loses nothing`),
    async (t) => {
      t.timeout(120_000)
      const estate = await faultEstate(t)
      const disk = await smallDisk(t, 700)
      const server = join(disk, 'ex01')
      await cp(estate.server('ex01'), server, { recursive: true })
      const before = await bytesOf(server, [RECORD])
      await fill(disk, leave)
      const said = await stopgap([
        'apply',
        '--source',
        estate.source,
        '--server',
        server,
        '--state',
        estate.state,
      ])
      t.is(said.code, 1, said.out + said.err)
      t.regex(said.out, words)
      t.regex(said.out, /not-attempted|failed/)
      if (leave === 0) t.deepEqual(await bytesOf(server), before, 'without the record nothing is written')
      await rm(join(disk, 'fill'))
      await goesOn(t, estate, { server, state: estate.state }, before)
    },
  )
}

const IN_STATE: readonly (readonly [leave: number, words: RegExp])[] = [
  [
    0,
    /STATE_DISK: .*state\.json could not be read or written: the disk is full\n.*What was written before is still there\. Make room/,
  ],
  [8, /FETCH_DISK: .*\n.*nothing is changed on any server\. Make room in the state folder/],
  [32, /STATE_DISK: .*\.bak could not be read or written: the disk is full\n.*Make room/],
]

for (const [leave, words] of IN_STATE) {
  mounted(
    title(`a full disk under the state folder, with ${leave} kB left, stops before the first write`),
    async (t) => {
      t.timeout(120_000)
      const estate = await faultEstate(t)
      const disk = await smallDisk(t, 400)
      const state = join(disk, 'state')
      await mkdir(state)
      const server = estate.server('ex01')
      const before = await bytesOf(server, [RECORD])
      await fill(disk, leave)
      const said = await stopgap(['apply', '--source', estate.source, '--server', server, '--state', state])
      t.is(said.code, 1, said.out + said.err)
      t.regex(said.out + said.err, words)
      t.deepEqual(await bytesOf(server), before)
      await rm(join(disk, 'fill'))
      await goesOn(t, estate, { server, state }, before)
    },
  )
}
