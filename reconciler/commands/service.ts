import { access, readFile, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { configOf, processSystem, program } from '../compose.ts'
import type { Config } from '../config.ts'
import { StopgapError } from '../errors/error.ts'
import { type CommonFlags, type Console, printJson } from './context.ts'
import {
  installation,
  installService,
  SERVICE,
  type ServiceControl,
  serviceControl,
  uninstallService,
  WRAPPER,
} from './service/control.ts'
import { removeUnit, UNITS, writeUnit } from './service/systemd.ts'
import { USER, unitText } from './service/unit.ts'

const UNIT_FILE = `${UNITS}/stopgap.service`

/** What became of the service, and the commands that are left to whoever asked. */
interface Done {
  readonly service: string
  readonly is: 'installed' | 'removed' | 'absent'
  readonly next: readonly string[]
}

/** Makes a service of the daemon, and says how to start it. */
export async function install(flags: CommonFlags, console: Console): Promise<number> {
  const { platform, env } = requirePlatform()
  // Read before anything is written: a service that cannot start helps nobody.
  const config = await configOf(flags)
  const file = requireFile(config)
  if (platform === 'linux')
    return tell({ ...(await installUnit(config, file)), is: 'installed' }, flags, console)
  const wrapper = await requireWrapper()
  const beside = dirname(file) === dirname(wrapper)
  await installService(controlIn(env), installation(wrapper, beside ? null : file), console.signal)
  return tell({ service: SERVICE, is: 'installed', next: [`sc.exe start ${SERVICE}`] }, flags, console)
}

/** Takes the service away again. What it applied stays, and so does its state. */
export async function uninstall(flags: CommonFlags, console: Console): Promise<number> {
  const { platform, env } = requirePlatform()
  if (platform === 'linux') {
    const next = ['systemctl daemon-reload', 'systemctl stop stopgap']
    const gone = await removeUnit(UNITS)
    const done = gone ? ({ is: 'removed', next } as const) : ({ is: 'absent', next: [] } as const)
    return tell({ service: UNIT_FILE, ...done }, flags, console)
  }
  const gone = await uninstallService(controlIn(env), console.signal)
  return tell({ service: SERVICE, is: gone ? 'removed' : 'absent', next: [] }, flags, console)
}

async function installUnit(config: Config, file: string): Promise<Omit<Done, 'is'>> {
  const { node, launcher } = program()
  const started = launcher === null ? [node] : [node, await realpath(launcher)]
  await writeUnit(UNITS, unitText({ program: started, config: file, writable: embeddedFolders(config) }))
  const user = `useradd --system --home-dir /var/lib/stopgap --shell /usr/sbin/nologin ${USER}`
  const start = ['systemctl daemon-reload', 'systemctl enable --now stopgap']
  return { service: UNIT_FILE, next: (await knowsUser()) ? start : [user, ...start] }
}

function tell(done: Done, flags: CommonFlags, console: Console): number {
  const { service, is, next } = done
  if (flags.json) printJson(console, done)
  else if (is === 'absent') console.out(`There is no ${service}.`)
  else
    console.out(
      `${service} is ${is}.${next.length === 0 ? '' : ` Next, with the same rights:\n\n${indented(next)}`}`,
    )
  return 0
}

function controlIn(env: NodeJS.ProcessEnv): ServiceControl {
  return serviceControl(env['windir'] ?? 'C:\\Windows')
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join('\n')
}

function requirePlatform() {
  const system = processSystem()
  if (system.platform === 'win32' || system.platform === 'linux') return system
  throw new StopgapError('SERVICE_FAILED', {
    what: `there are no services for Stopgap on ${system.platform}`,
    remedy: 'Start stopgap run by what starts programs there.',
  })
}

function requireFile({ file }: Config): string {
  if (file !== null) return file
  const remedy = 'Name the file: --config FILE.'
  throw new StopgapError('ARGUMENT_INVALID', { what: 'a service needs a configuration file', remedy })
}

/** Node cannot speak to the service control manager, and the package for npm brings nothing that can. */
async function requireWrapper(): Promise<string> {
  const path = join(dirname(program().node), WRAPPER)
  try {
    await access(path)
    return path
  } catch (error) {
    throw new StopgapError('SERVICE_NEEDS_WRAPPER', { path }, { cause: error })
  }
}

function embeddedFolders({ servers }: Config): readonly string[] {
  return servers.flatMap((server) => ('embedded' in server ? [server.embedded] : []))
}

/** Only the file is asked: a user from a directory may be away when the machine starts. */
async function knowsUser(): Promise<boolean> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return users.split('\n').some((line) => line.startsWith(`${USER}:`))
}
