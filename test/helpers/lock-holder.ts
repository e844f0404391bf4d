// A process of its own for the tests of the lock: takes it, says so, and holds it until its input ends or it is killed.
import { takeLock } from '../../reconciler/state/lock.ts'

const [folder = '', command = 'run'] = process.argv.slice(2)
try {
  const lock = await takeLock(
    { path: folder },
    { pid: process.pid, command, since: '2026-09-01T12:00:00.000Z' },
  )
  process.stdout.write('taken\n')
  process.stdin.on('end', () => lock.release()).resume()
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code} ${(error as Error).message}\n`)
}
