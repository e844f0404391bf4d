import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Target } from '../../reconciler/model/target.ts'
import { POWERSHELL_ARGUMENTS } from '../../reconciler/targets/windows/bootstrap.ts'
import { processTransport } from '../../reconciler/targets/windows/local.ts'
import { windowsTarget } from '../../reconciler/targets/windows/target.ts'

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

/** A Windows server that is a folder, reached through a real PowerShell. `more`: further functions to replace. */
export function powershellTarget(dir: string, more = WITHOUT_DELAY): Target {
  return windowsTarget({
    name: 'ex01',
    transport: processTransport('ex01', [
      'env',
      `STOPGAP_EMBEDDED=${dir}`,
      PWSH ?? 'pwsh',
      ...POWERSHELL_ARGUMENTS,
    ]),
    program: async () => Buffer.from(embeddedProgram(more)).toString('base64'),
  })
}

/** Suites that write a file and have it written again at once. */
export const WITHOUT_DELAY = 'function Test-Fresh { $false }'
