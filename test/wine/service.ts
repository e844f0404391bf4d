import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Check } from './run.ts'
import { toWindows, type Wine } from './wine.ts'

const FOLDER = 'Program Files/Stopgap'
const EXECUTABLE = 'C:\\Program Files\\Stopgap\\stopgap.exe'

/** The MSI and what it installs, from nothing and back to nothing. */
export async function checkService(wine: Wine, msi: string, root: string, check: Check): Promise<void> {
  const at = (...parts: readonly string[]) => join(wine.drive, FOLDER, ...parts)
  const log = () => (existsSync(at('log/stopgap.log')) ? readFileSync(at('log/stopgap.log'), 'utf8') : '')
  const state = () => /STATE +: \d+ +(\w+)/.exec(sc('query').text)?.[1] ?? 'none'
  const sc = (verb: string) => wine.windows('sc', verb, 'Stopgap')
  /** Waits until the service is in this state. */
  const becomes = (wanted: string) => until(() => state() === wanted)
  const lines = (words: string) => log().split(words).length - 1

  check('the MSI installs', wine.windows('msiexec', '/i', toWindows(msi), '/qn').code === 0)
  check('its files are there', existsSync(at('stopgap.exe')) && existsSync(at('mitigations/M1.yaml')))
  check('the service is there and does not run', state() === 'STOPPED', state())
  const told = wine.windows(EXECUTABLE, '--version')
  check('the executable says its version', /^\d+\.\d+\.\d+\n$/.test(told.text), told.text)
  const help = wine.windows('C:\\Program Files\\Stopgap\\stopgap-service.exe')
  check('the wrapper says that Windows starts it', help.code === 1 && help.text.includes('sc.exe'), help.text)

  await prepared(wine, root, at('stopgap.yaml'))
  check('the service starts', sc('start').code === 0 && (await becomes('RUNNING')), state())
  const web = join(wine.drive, 'servers/ex01/C/inetpub/wwwroot/web.config')
  const protectedNow = await until(() => readFileSync(web, 'utf8').includes('Stopgap M1'))
  check('it converges the server', protectedNow, log())
  check('with the line ends of Windows', !/[^\r]\n/.test(readFileSync(web, 'utf8')))
  check('it says so in its log', await until(() => lines('pass ended: converged') > 0), log())

  check('the service stops', sc('stop').code === 0 && (await becomes('STOPPED')), state())
  check('the daemon has ended by itself', log().includes('stopping: SIGTERM'), log())
  check('and well', / WIN32_EXIT_CODE +: 0 /.test(sc('query').text), sc('query').text)
  check('and left nothing behind', !existsSync(at('state/http.json')))

  writeFileSync(at('stopgap.yaml'), 'source: { remote: [x] }\n')
  sc('start')
  check('with a configuration that is wrong it fails', await becomes('STOPPED'), state())
  const failed = sc('query').text
  check('with the exit code of the daemon', / SERVICE_EXIT_CODE +: 3 /.test(failed), failed)
  check('and the log says why', log().includes('CONFIG_INVALID'), log())

  check('service uninstall', wine.windows(EXECUTABLE, 'service', 'uninstall').code === 0)
  check('takes the service away', await becomes('none'), state())
  writeFileSync(at('stopgap.yaml'), CONFIGURATION)
  const config = ['--config', 'C:\\Program Files\\Stopgap\\stopgap.yaml']
  const installed = wine.windows(EXECUTABLE, 'service', 'install', ...config)
  check('service install makes it again', installed.code === 0 && state() === 'STOPPED', installed.text)

  check('the MSI is removed', wine.windows('msiexec', '/x', toWindows(msi), '/qn').code === 0)
  check('with the service', await becomes('none'), state())
  const left = readdirSync(at()).toSorted()
  check('and all files but those of the operator', left.join() === 'log,state,stopgap.yaml', left.join())
}

const CONFIGURATION = `source: { remotes: ['C:\\policy'], interval: 2s }
servers: [{ name: ex01, embedded: 'C:\\servers\\ex01' }]
listen: 127.0.0.1:0
`

async function prepared(wine: Wine, root: string, config: string): Promise<void> {
  const policy = join(wine.drive, 'policy')
  await mkdir(policy)
  for (const part of ['mitigations', 'policies'])
    await cp(join(root, part), join(policy, part), { recursive: true })
  wine.windows(EXECUTABLE, 'server', 'create', 'C:\\servers\\ex01', '--exchange', '15.1.2507.6')
  writeFileSync(config, CONFIGURATION)
}

/** Asks until it is so; false when it is not after half a minute. */
async function until(ask: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 60; tries++) {
    if (ask()) return true
    await wait(500)
  }
  return false
}
