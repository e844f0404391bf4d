import { execFile } from 'node:child_process'
import { StopgapError } from '../../errors/error.ts'

/** The name of the service on Windows. */
export const SERVICE = 'Stopgap'

/** The program that speaks to the service control manager; it lies beside the executable. */
export const WRAPPER = 'stopgap-service.exe'

const DESCRIPTION = 'Keeps emergency mitigations on this Exchange server as a git repository says.'
const LIMIT = 60_000

/** What sc.exe said, and how it ended: 0 is well, 1060 no such service, 1062 not started. */
export interface Said {
  readonly code: number
  readonly text: string
}

/** Runs sc.exe with these arguments. */
export type ServiceControl = (args: readonly string[], signal: AbortSignal) => Promise<Said>

/** `sc.exe` of the given folder of Windows. */
export function serviceControl(windir: string): ServiceControl {
  // Never by the PATH; and where it ends well without a word, it did nothing, which callers find out by asking again.
  const file = `${windir}\\System32\\sc.exe`
  return (args, signal) =>
    new Promise((resolve) => {
      execFile(file, [...args], { signal, timeout: LIMIT, windowsHide: true }, (error, stdout) => {
        const text = (stdout.trim() || error?.message) ?? ''
        resolve({ code: error === null ? 0 : codeOf(error.code, text), text })
      })
    })
}

/** In every language it says its number before a colon; a shell between us and it may have cut the exit code. */
function codeOf(exit: unknown, text: string): number {
  const said = /\b(\d{1,5}):/.exec(text)?.[1]
  return said !== undefined ? Number(said) : typeof exit === 'number' ? exit : -1
}

/**
 * What is asked of sc.exe to install, in order. `config` is null where `stopgap.yaml` lies beside the wrapper.
 * That it is started again after a failure the wrapper says itself: so it is the same with the MSI, which cannot.
 */
export function installation(wrapper: string, config: string | null): readonly (readonly string[])[] {
  // Quoted, for a path with spaces would otherwise be tried piece by piece: C:\Program.exe first.
  const command = [wrapper, ...(config === null ? [] : ['--config', config])].map(quoted).join(' ')
  return [
    ['create', SERVICE, 'binPath=', command, 'start=', 'delayed-auto', 'DisplayName=', 'Stopgap'],
    ['description', SERVICE, DESCRIPTION],
  ]
}

/** Windows takes no quotation mark in a path, so none has to be escaped; one backslash at the end would escape ours. */
function quoted(text: string): string {
  return `"${text.replace(/\\+$/, '')}"`
}

/** Makes the service and sees that it is there. Throws SERVICE_FAILED. */
export async function installService(
  control: ServiceControl,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<void> {
  for (const command of commands) await asked(control, command, signal)
  const { code } = await control(['query', SERVICE], signal)
  if (code !== 0) throw failed('Windows says that it made the service, and does not know it', '')
}

/** Stops and removes the service; false when there is none. Throws SERVICE_FAILED. */
export async function uninstallService(control: ServiceControl, signal: AbortSignal): Promise<boolean> {
  const { code, text } = await control(['query', SERVICE], signal)
  if (code === 1060) return false
  if (code !== 0) throw failed('sc.exe query', text)
  if (!/: *1 +STOPPED/.test(text)) {
    const stopped = await control(['stop', SERVICE], signal)
    if (![0, 1062].includes(stopped.code)) throw failed('sc.exe stop', stopped.text)
  }
  // What still runs is marked, and goes when it has ended.
  await asked(control, ['delete', SERVICE], signal)
  return true
}

async function asked(
  control: ServiceControl,
  command: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { code, text } = await control(command, signal)
  if (code !== 0) throw failed(`sc.exe ${command[0]}`, text)
}

function failed(what: string, said: string): StopgapError {
  const remedy = 'Run it in a console that was opened as administrator.'
  return new StopgapError('SERVICE_FAILED', { what: said === '' ? what : `${what}: ${said}`, remedy })
}
