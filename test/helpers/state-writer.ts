// A process of its own for the tests of the state folder: writes all stores round after round until it is killed.

import { noMemory } from '../../reconciler/model/store.ts'
import { approve } from '../../reconciler/state/approvals.ts'
import { keepBackup } from '../../reconciler/state/backups.ts'
import { openState, sweepState } from '../../reconciler/state/folder.ts'
import { Journal } from '../../reconciler/state/journal.ts'
import { takeLock } from '../../reconciler/state/lock.ts'
import { readMemory, writeMemory } from '../../reconciler/state/memory.ts'

const [folder = ''] = process.argv.slice(2)
const state = await openState(folder)
await takeLock(state, { pid: process.pid, command: 'run', since: '2026-09-01T12:00:00.000Z' })
await sweepState(state)
const journal = new Journal(state, { rotates: true, limit: 4000 })
const before = (await readMemory(state, 'ex01')).memory.lastGood?.at ?? 0
process.stdout.write('taken\n')
for (let round = before + 1; ; round += 1) {
  const at = new Date(round * 1000).toISOString()
  await journal.append([
    { is: 'refused', reason: 'x'.repeat(300), at, revision: `r${round}`, actor: 'daemon' },
  ])
  const lastGood = { at: round, revision: `r${round}`, build: null }
  await Promise.all([
    writeMemory(state, { ...noMemory('ex01'), lastGood }),
    keepBackup(
      state,
      { server: 'ex01', file: 'C:\\web.config' },
      Buffer.from(`${round}`.repeat(500)),
      round * 1000,
    ),
    approve(state, { plan: 'p', server: 'ex01', changes: ['c'], at: round, actor: 'anna' }),
  ])
}
