#!/usr/bin/env node
// The launcher: everything that has to be settled before the first module of Stopgap is loaded.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 20)) await withBundledNode()
else await start()

async function start() {
  // A small young generation: objects of a pass die young anyway, and a thousand servers fit into far less memory.
  setFlagsFromString('--max-semi-space-size=4')
  // In the user's own cache folder: a shared one could hold code that somebody else put there.
  nodeModule.enableCompileCache?.()
  quiet('ExperimentalWarning', 'SQLite')
  const built = new URL('../dist/cli.js', import.meta.url)
  const { main } = await import(
    existsSync(built) ? built.href : new URL('../reconciler/cli.ts', import.meta.url).href
  )
  await main(process.argv.slice(2))
}

// node:sqlite holds the lock of the state folder; the part of it that is used has been the same since it came.
function quiet(type, word) {
  const emit = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const name = typeof rest[0] === 'string' ? rest[0] : rest[0]?.type
    if (name === type && String(warning).includes(word)) return
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
