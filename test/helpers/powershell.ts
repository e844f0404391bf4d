import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Target } from '../../reconciler/model/target.ts'
import { POWERSHELL_ARGUMENTS } from '../../reconciler/targets/windows/bootstrap.ts'
import { processTransport } from '../../reconciler/targets/windows/local.ts'
import { LIMITS, type Limits, Session } from '../../reconciler/targets/windows/session.ts'
import { windowsTarget } from '../../reconciler/targets/windows/target.ts'
import { Limiter } from '../../reconciler/util/limit.ts'

const ROOT = join(import.meta.dirname, '../..')
export const AGENT = join(ROOT, 'reconciler/targets/windows/agent.ps1')
const PLATFORM = join(ROOT, 'test/targets/windows/embedded-platform.ps1')
const START = '$null = Start-Agent'

/** PowerShell 7 on the PATH of the tests; null: there is none. */
export const PWSH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'pwsh'))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** Why suites that need it are skipped here; null: they are not. */
export const noPwsh = PWSH === undefined ? 'there is no pwsh on the PATH' : null

/** The program with the embedded server in place of what only Windows has: functions behind its own replace them. */
export function embeddedProgram(more = ''): string {
  const agent = readFileSync(AGENT, 'utf8')
  const at = agent.lastIndexOf(START)
  return `${agent.slice(0, at)}${readFileSync(PLATFORM, 'utf8')}\n${more}\n${agent.slice(at)}`
}

// Many of them start at once on a machine that does other things as well.
const PATIENT: Limits = { ...LIMITS, opening: 300_000, answer: 300_000 }

const slots = new Limiter(2)

/** Waits until few enough tests of this file have a PowerShell, and holds the place of this one until it ends. */
export function slot(t: ExecutionContext): Promise<void> {
  return new Promise((begin) => {
    const held = (end: () => void) => {
      t.teardown(end)
      begin()
    }
    void slots.run(() => new Promise<void>(held))
  })
}

/** Suites that write a file and have it written again at once. */
export const WITHOUT_DELAY = 'function Test-Fresh { $false }'

const parts = (dir: string, more: string) => ({
  transport: processTransport('ex01', [
    'env',
    `STOPGAP_EMBEDDED=${dir}`,
    // Where i and I are two letters.
    'LC_ALL=tr_TR.UTF-8',
    PWSH ?? 'pwsh',
    ...POWERSHELL_ARGUMENTS,
  ]),
  program: async () => Buffer.from(embeddedProgram(more)).toString('base64'),
  limits: PATIENT,
})

/** A Windows server that is a folder, reached through a real PowerShell. `more`: further functions to replace. */
export function powershellTarget(dir: string, more = WITHOUT_DELAY): Target {
  return windowsTarget({ name: 'ex01', ...parts(dir, more) })
}

/** A session with that server, for requests that a target does not make. */
export function powershellSession(t: ExecutionContext, dir: string, more = ''): Session {
  const session = new Session({ server: 'ex01', ...parts(dir, more) })
  t.teardown(() => session.close())
  return session
}

/**
 * The program with its own functions for Windows, but for those that no other system has. `system` is a folder in place of
 * System32, where tests put programs named as those of Windows.
 */
export function windowsSession(t: ExecutionContext, system: string, more: string): Session {
  const agent = readFileSync(AGENT, 'utf8')
  const at = agent.lastIndexOf(START)
  const instead = [
    'function Get-SystemFolder { $env:STOPGAP_SYSTEM }',
    "function Get-PlatformUser { 'CONTOSO\\svc' }",
    'function Test-Fresh { $false }',
  ]
  const program = `${agent.slice(0, at)}${instead.join('\n')}\n${more}\n${agent.slice(at)}`
  const start = ['env', `STOPGAP_SYSTEM=${system}`, PWSH ?? 'pwsh', ...POWERSHELL_ARGUMENTS]
  const session = new Session({
    server: 'ex01',
    transport: processTransport('ex01', start),
    program: async () => Buffer.from(program).toString('base64'),
    limits: PATIENT,
  })
  t.teardown(() => session.close())
  return session
}

/** A program that reads lines and answers, for lines that no session sends. */
export function rawPowershell(dir: string) {
  return parts(dir, '')
}
