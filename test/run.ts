// What `npm test` runs: tools, lint, types, tests. The last line says how many passed and failed, whatever happens.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countsLine, type Tally, TapReader } from './runner/tap.ts'
import { provideTools } from './runner/tools.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROGRESS = 20_000
/** More files than these fail for a reason that a second run would only repeat. */
const SECOND_RUNS = 5

const reader = new TapReader({ failed: tellFailure, counted: tellProgress })
const checks = { passed: 0, failed: 0 }
/** The files of tests that failed, each with its titles; null: titles that belong to no file. */
const failures = new Map<string | null, string[]>()
let toldAt = Date.now()
let running: ChildProcess | null = null
let over = false

process.on('uncaughtException', (error) =>
  finish(`the test run itself failed: ${error.stack ?? error.message}`),
)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => finish(`stopped by ${name}`))

provideTools(say)
await check('lint', 'node_modules/@biomejs/biome/bin/biome', ['ci', '--colors=off', '.'])
await check('types', 'node_modules/typescript/bin/tsc', ['--noEmit'])
await runTests(process.argv.slice(2))
await runFailuresAgain()
finish(null)

/** Lint and types count as one check each. */
async function check(name: string, script: string, args: readonly string[]): Promise<void> {
  let output = ''
  const why = await ended(script, args, (piece) => {
    output += piece
  })
  if (why === null) checks.passed++
  else {
    checks.failed++
    say(`${output.trimEnd()}\nnot ok: ${name} (${why})`)
  }
}

/** `only`: paths of test files; none: all. */
async function runTests(only: readonly string[]): Promise<void> {
  const why = await ranBy(reader, Math.max(2, availableParallelism()), only)
  const { passed, failed } = reader.tally
  // A runner that dies says nothing about the tests that it did not get to.
  if (why !== null && failed === 0) addFailure(`the tests ended with ${why}`)
  if (why === null && passed === 0) addFailure('no test was run')
}

/**
 * A machine that stands still for seconds fails tests that wait for real processes, so the file of a failure is run once
 * more, alone, and the log says that it was. A fault that is there fails again.
 */
async function runFailuresAgain(): Promise<void> {
  if (failures.has(null) || failures.size > SECOND_RUNS) return
  for (const [file, titles] of failures) {
    if (file === null) continue
    const again = new TapReader({
      failed: (title, detail) => say(told(title, detail)),
      counted: () => undefined,
    })
    const why = await ranBy(again, 1, [file])
    if (why !== null || again.tally.passed === 0) continue
    reader.tally.failed -= titles.length
    reader.tally.passed += titles.length
    for (const title of titles) say(`passed in a second run, alone: ${title}`)
  }
}

/** Null when every test passed, else how the runner ended. */
async function ranBy(tap: TapReader, concurrency: number, files: readonly string[]): Promise<string | null> {
  const args = ['--tap', '--concurrency', String(concurrency), ...files]
  const why = await ended('node_modules/ava/entrypoints/cli.js', args, (piece) => tap.push(piece))
  tap.end()
  return why
}

/** Runs one of our tools by this very Node; null when it went well, else how it ended. */
function ended(
  script: string,
  args: readonly string[],
  take: (piece: string) => void,
): Promise<string | null> {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running = child
  child.stdout.setEncoding('utf8').on('data', take)
  // Of the tests, what a process says on its standard error is no TAP; it belongs into the log as it is.
  child.stderr.setEncoding('utf8').on('data', (piece: string) => process.stdout.write(piece))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => {
      running = null
      resolve(code === 0 ? null : signal === null ? `exit code ${code}` : `signal ${signal}`)
    })
  })
}

function tellFailure(title: string, detail: readonly string[]): void {
  const file = fileOf(title)
  failures.set(file, [...(failures.get(file) ?? []), title])
  say(told(title, [...(file === null ? [] : [`  in ${file}`]), ...detail]))
}

function told(title: string, detail: readonly string[]): string {
  return ['', `not ok: ${title}`, ...detail].join('\n')
}

/** Titles begin with the path of their file below test/, in parts. */
function fileOf(title: string): string | null {
  const parts = title.split(' › ')
  for (let count = parts.length - 1; count > 0; count--) {
    const file = `test/${parts.slice(0, count).join('/')}.test.ts`
    if (existsSync(join(ROOT, file))) return file
  }
  return null
}

function tellProgress({ passed, failed }: Tally): void {
  if (Date.now() - toldAt < PROGRESS) return
  toldAt = Date.now()
  say(`… ${passed} passed, ${failed} failed so far`)
}

function addFailure(what: string): void {
  checks.failed++
  say(`not ok: ${what}`)
}

function finish(trouble: string | null): void {
  if (over) return
  over = true
  running?.kill()
  reader.end()
  if (trouble !== null) addFailure(trouble)
  const { passed, failed, skipped } = reader.tally
  for (const title of skipped) say(`skipped: ${title}`)
  const total = { passed: passed + checks.passed, failed: failed + checks.failed, skipped }
  // Exactly this form, as the very last line: other programs read it.
  say(countsLine(total))
  // Set first: should the output be a pipe that is full, the code is right all the same.
  process.exitCode = total.failed === 0 ? 0 : 1
  if (trouble !== null) process.exit()
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
