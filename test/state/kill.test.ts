import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { approvalsFor } from '../../reconciler/state/approvals.ts'
import { backupsOf } from '../../reconciler/state/backups.ts'
import { openState } from '../../reconciler/state/folder.ts'
import { readJournal } from '../../reconciler/state/history.ts'
import { readMemory } from '../../reconciler/state/memory.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const WRITER = fileURLToPath(new URL('../helpers/state-writer.ts', import.meta.url))

test('kill -9 at any moment leaves every store readable, and nothing that was done is lost', async (t) => {
  const path = await temporaryFolder(t)
  const { instance } = await openState(path)
  let known = 0
  for (let kill = 0; kill < 8; kill += 1) {
    const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    const [said] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    t.is(said, 'taken')
    await sleep(10 + Math.random() * 150)
    child.kill('SIGKILL')
    await once(child, 'exit')

    const state = await openState(path)
    t.is(state.instance, instance)
    const { memory, warning } = await readMemory(state, 'ex01')
    t.is(warning, null)
    const at = memory.lastGood?.at ?? 0
    t.true(at >= known)
    known = at
    const revisions: string[] = []
    for await (const line of readJournal(state)) revisions.push(line.revision)
    // A round whose memory was written had its line in the journal before.
    for (let round = 1; round <= known; round += 1) t.true(revisions.includes(`r${round}`), `round ${round}`)
    for (const backup of await backupsOf(state, { server: 'ex01', file: 'C:\\web.config' })) {
      const text = await readFile(backup.path, 'utf8')
      t.is(text, text.slice(0, text.length / 500).repeat(500))
    }
    t.true((await approvalsFor(state, 'ex01')).every((approval) => approval.changes[0] === 'c'))
  }
  t.true(known > 0)
})
