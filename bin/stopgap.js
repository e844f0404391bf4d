#!/usr/bin/env node
// The launcher: everything that has to be settled before the first module of Stopgap is loaded.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 20)) await withBundledNode()
else await start()

async function start() {
  quiet('ExperimentalWarning', /SQLite|execve/)
  if (staysUp() && !isSmall()) becomeSmall()
  enableCache()
  const built = new URL('../dist/cli.js', import.meta.url)
  const { main } = await import(
    existsSync(built) ? built.href : new URL('../reconciler/cli.ts', import.meta.url).href
  )
  await main(process.argv.slice(2))
}

function staysUp() {
  return process.argv[2] === 'run' || process.argv[2] === 'demo'
}

function isSmall() {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((text) =>
    /max[-_]semi[-_]space[-_]size/.test(text),
  )
}

// What a pass reads and makes is dead at its end: with a small young generation, a heap that grows in small steps, and
// memory outside of it given back at once, a thousand servers fit into a third of the room. All of it counts only when
// the process starts, so it starts over in place, with the same id, in some 30 ms. Windows cannot do that; there the
// daemon is larger, unless NODE_OPTIONS says --max-semi-space-size=16.
function becomeSmall() {
  if (process.platform === 'win32' || process.execve === undefined) return
  const small = ['--max-semi-space-size=16', '--heap-growing-percent=60']
  const args = [process.argv0, ...process.execArgv, ...small, ...process.argv.slice(1)]
  const glibc = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }
  process.execve(process.execPath, args, { ...glibc, ...process.env })
}

// In the user's own folder: the one that Node takes by itself is shared, and could hold code that somebody else put
// there. The home folder of the account, not $HOME: under sudo that may be another's.
function enableCache() {
  try {
    const home = userInfo().homedir
    const caches = { win32: 'AppData/Local', darwin: 'Library/Caches' }[process.platform] ?? '.cache'
    nodeModule.enableCompileCache(join(home, caches, 'stopgap', 'compiled'))
  } catch {
    // An account without a name (in a container) has no home: then everything is compiled each time.
  }
}

// node:sqlite holds the lock of the state folder; the part of it that is used has been the same since it came.
// process.execve is used where there is one.
function quiet(type, words) {
  const emit = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const name = typeof rest[0] === 'string' ? rest[0] : rest[0]?.type
    if (name === type && words.test(String(warning))) return
    emit.call(process, warning, ...rest)
  }
}

// In a checkout the right Node lies among the dependencies, whatever the machine's own is.
async function withBundledNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const bundled = ['../node_modules/node/bin/', '../node_modules/.bin/']
    .map((folder) => fileURLToPath(new URL(folder + name, import.meta.url)))
    .find((file) => existsSync(file))
  if (bundled === undefined) {
    process.stderr.write(`stopgap needs Node 22.20 or later; this is ${process.versions.node}\n`)
    process.exitCode = 3
    return
  }
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  await new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === null ? 1 : 130)
      resolve()
    })
  })
}
