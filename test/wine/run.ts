// What `npm run test:wine` runs: the release for Windows, installed, started, stopped and removed under Wine, and suites of
// Stopgap under the Node for Windows. Some minutes; not part of npm test, and nothing of it depends on this.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeRelease } from '../../scripts/release/windows.ts'
import { checkService } from './service.ts'
import { checkSuites } from './suites.ts'
import { Wine } from './wine.ts'

/** Counts one check; `seen` is printed when it failed. */
export type Check = (what: string, ok: boolean, seen?: string) => void

const ROOT = join(import.meta.dirname, '../..')
const NEEDED = { wine: 'wine', wixl: 'wixl', 'x86_64-w64-mingw32-gcc': 'gcc-mingw-w64-x86-64' }

const counts = { passed: 0, failed: 0 }

const check: Check = (what, ok, seen = '') => {
  counts[ok ? 'passed' : 'failed']++
  process.stdout.write(`${ok ? 'ok' : 'not ok'}: ${what}\n${ok || seen === '' ? '' : `${seen.trimEnd()}\n`}`)
}

/** Installs what is missing, where we may; else says what it is. */
function missing(): readonly string[] {
  const lacking = () =>
    Object.entries(NEEDED).filter(([program]) => spawnSync('which', [program]).status !== 0)
  const packages = lacking().map(([, name]) => name)
  if (packages.length === 0) return []
  const names = packages.flatMap((name) => (name === 'wine' ? ['wine', 'wine64'] : [name]))
  process.stdout.write(`installing ${names.join(', ')}\n`)
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], { stdio: 'ignore' })
  return lacking().map(([, name]) => name)
}

/** A folder given on the command line keeps the tools of the release for the next time. */
async function main(tools: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'stopgap-wine-'))
  const wine = new Wine(folder)
  try {
    const kept = tools === undefined ? join(folder, 'tools') : resolve(tools)
    const { msi } = makeRelease(join(folder, 'release'), kept)
    const node = join(kept, 'node_modules/node-win/bin/node.exe')
    wine.open()
    await checkService(wine, msi, ROOT, check)
    checkSuites(wine, node, ROOT, check)
  } catch (error) {
    check('the run came to its end', false, String(error instanceof Error ? error.stack : error))
  } finally {
    await wine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const lacking = missing()
if (lacking.length === 0) await main(process.argv[2])
else check(`this machine has ${lacking.join(', ')}`, false, 'install them: apt-get install')
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
process.exitCode = counts.failed === 0 ? 0 : 1
