import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Answers } from '../../../reconciler/targets/windows/answers.ts'
import type { Ask, AskedQuery } from '../../../reconciler/targets/windows/protocol.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { noPwsh, slot, windowsSession } from '../../helpers/powershell.ts'

// What the program makes of the programs of Windows. Those here are stand-ins: they note how they were called and say what
// appcmd.exe and sc.exe are documented to say. Not run against the real ones.

const POOLS = `<?xml version="1.0" encoding="UTF-8"?>
<appcmd>
    <APPPOOL APPPOOL.NAME="DefaultAppPool" PipelineMode="Integrated" RuntimeVersion="v4.0" state="Started" />
    <APPPOOL APPPOOL.NAME="MSExchange OWA Pool" PipelineMode="Integrated" RuntimeVersion="v4.0" state="Stopping" />
    <APPPOOL APPPOOL.NAME="R&amp;D" PipelineMode="Classic" RuntimeVersion="v4.0" state="Unknown" />
</appcmd>`

const never = () => new AbortController().signal
const query = (thing: AskedQuery['thing'], name: string): AskedQuery => ({ thing, name, known: null })

interface World {
  readonly system: string
  /** The calls so far, one a line, each argument in brackets. */
  readonly calls: () => Promise<readonly string[]>
  /** What a program is to do, as the body of a shell script. */
  readonly program: (name: 'appcmd' | 'sc', body: string) => Promise<void>
  readonly ask: <D extends Ask['do']>(ask: Extract<Ask, { do: D }>) => Promise<Answers[D]>
}

const on = (title: string, more: string, body: (t: ExecutionContext, world: World) => Promise<void>) => {
  if (noPwsh !== null || process.platform === 'win32') {
    test.skip(`${title} (${noPwsh ?? 'the stand-ins are shell scripts'})`, (t) => t.pass())
    return
  }
  test(title, async (t) => {
    await slot(t)
    const system = await temporaryFolder(t)
    await mkdir(join(system, 'inetsrv', 'config'), { recursive: true })
    const log = join(system, 'calls')
    const files = { appcmd: join(system, 'inetsrv', 'appcmd.exe'), sc: join(system, 'sc.exe') }
    const program: World['program'] = async (name, script) => {
      const note = `for a in "$@"; do printf '[%s]' "$a"; done >> ${log}; printf '\\n' >> ${log}`
      await writeFile(files[name], `#!/bin/sh\n${note}\n${script}\n`)
      await chmod(files[name], 0o755)
    }
    const calls = async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean)
    const session = windowsSession(t, system, more)
    await body(t, { system, program, calls, ask: (ask) => session.ask(ask, never()) })
  })
}

const says = (text: string, code = 0) => `cat <<'SAID'\n${text}\nSAID\nexit ${code}`

on('pools are what appcmd lists; a state between two is unknown', '', async (t, { program, calls, ask }) => {
  await program('appcmd', says(POOLS))
  const queries = ['defaultapppool', 'MSExchange OWA Pool', 'R&D', 'Other'].map((name) => query('pool', name))
  const look = await ask({ do: 'look', queries })
  t.like(Object.fromEntries(look.sightings), {
    'pool:defaultapppool': { is: 'here', value: { state: 'Started' } },
    'pool:msexchange owa pool': { is: 'unknown', why: 'the pool MSExchange OWA Pool is Stopping' },
    'pool:r&d': { is: 'unknown', why: 'the pool R&D is Unknown' },
    'pool:other': { is: 'absent' },
  })
  t.deepEqual(await calls(), ['[list][apppool][/xml]'], 'once a look')
})

on('what appcmd objects to, and what is no XML, leaves pools unknown', '', async (t, { program, ask }) => {
  const why = async () => {
    const look = await ask({ do: 'look', queries: [query('pool', 'x')] })
    const [seen] = look.sightings.values()
    return seen?.is === 'unknown' ? seen.why : ''
  }
  t.regex(await why(), /this server has no IIS/)
  await program('appcmd', says('ERROR ( message:Configuration error\n\nFilename: redirection.config\n. )'))
  t.regex(
    await why(),
    /IIS does not list its pools: ERROR \( message:Configuration error Filename: redirection\.config/,
  )
  await program('appcmd', says('', 5))
  t.regex(await why(), /appcmd ended with exit code 5/)
  await program('appcmd', says('<!DOCTYPE appcmd SYSTEM "file:///etc/passwd"><appcmd />'))
  t.regex(await why(), /DTD/)
})

on('a pool is stopped by its own name, in one argument', '', async (t, { system, program, calls, ask }) => {
  const state = join(system, 'state')
  await writeFile(state, 'Started')
  const list = `printf '<appcmd><APPPOOL APPPOOL.NAME="MSExchange OWA Pool" state="%s" /></appcmd>' "$(cat ${state})"`
  await program('appcmd', `if [ "$1" = stop ]; then printf Stopped > ${state}; else ${list}; fi`)
  // As the program digests a value.
  const expect = digestOf('{"state":"Started"}')
  const step = {
    thing: 'pool',
    name: 'msexchange owa pool',
    expect,
    become: { state: 'Stopped' },
    timeoutSeconds: 5,
  } as const
  const acted = await ask({ do: 'act', steps: [step], queries: [] })
  t.like(acted, { results: [{ is: 'done' }] })
  t.deepEqual(
    (await calls()).filter((call) => !call.startsWith('[list]')),
    ['[stop][apppool][/apppool.name:MSExchange OWA Pool]'],
  )
})

const SERVICE = `
function Get-PlatformServices {
    @{ MSExchangeHM = @{ name = 'MSExchangeHM'; startType = $(if (Test-Path "$env:STOPGAP_SYSTEM/delayed") { 'AutomaticDelayedStart' } else { 'Automatic' }); status = 'Running'; dependsOn = @() } }
}
function Get-PlatformServiceStatus([string]$Name) { if (Test-Path "$env:STOPGAP_SYSTEM/stopped") { 'Stopped' } else { 'Running' } }`

const HM = digestOf('{"startType":"Automatic","status":"Running","dependsOn":[],"dependents":[]}')

on(
  'a service is set and stopped through sc.exe, the start type first',
  SERVICE,
  async (t, { system, program, calls, ask }) => {
    await program('sc', `case $1 in config) touch ${system}/delayed;; stop) touch ${system}/stopped;; esac`)
    const step = {
      thing: 'service',
      name: 'msexchangehm',
      expect: HM,
      become: { startType: 'AutomaticDelayedStart', status: 'Stopped' },
      timeoutSeconds: 5,
    } as const
    t.like(await ask({ do: 'act', steps: [step], queries: [] }), { results: [{ is: 'done' }] })
    t.deepEqual(await calls(), ['[config][MSExchangeHM][start=][delayed-auto]', '[stop][MSExchangeHM]'])
  },
)

on(
  'what sc.exe refuses is said in words; what it did not do is seen',
  SERVICE,
  async (t, { program, ask }) => {
    const detail = async (become: object) => {
      const step = { thing: 'service', name: 'MSExchangeHM', expect: HM, become, timeoutSeconds: 1 } as const
      const acted = await ask({ do: 'act', steps: [step], queries: [] })
      const [result] = (acted as { results: readonly { detail?: string }[] }).results
      return result?.detail ?? ''
    }
    // An exit code of a shell script has eight bits; that of sc.exe is the number of the error.
    await program('sc', 'exit 5')
    t.is(
      await detail({ status: 'Stopped' }),
      'the service MSExchangeHM: CONTOSO\\svc has no right to do that',
    )
    await program('sc', 'exit 87')
    t.regex(await detail({ startType: 'Manual' }), /^the service MSExchangeHM: .*\(error 87\)$/)
    await program('sc', 'exit 0')
    t.is(
      await detail({ startType: 'Manual' }),
      'the start type of the service MSExchangeHM was set to Manual and reads Automatic',
    )
    t.is(await detail({ status: 'Stopped' }), 'the service MSExchangeHM is still Running after 1 seconds')
  },
)

// Files of a folder in place of a drive.
const FILES = `
function Get-PlatformPath([string]$Drive, [string[]]$Parts) { [IO.Path]::Combine($env:STOPGAP_SYSTEM, [string]::Join('/', $Parts)) }
function New-PlatformFolder([string]$Folder) { }
function Get-PlatformRedirection { $null }`

on(
  'a file that is served somewhere is read by IIS, in each place, before and after',
  FILES,
  async (t, { system, program, calls, ask }) => {
    const served = join(system, 'owa')
    await mkdir(join(served, 'auth'), { recursive: true })
    const vdirs = `<appcmd>
    <VDIR VDIR.NAME="Default Web Site/owa/" physicalPath="${served}" path="/" APP.NAME="Default Web Site/owa" />
    <VDIR VDIR.NAME="Default Web Site/owa/Calendar/" physicalPath="${served}" path="/" APP.NAME="Default Web Site/owa/Calendar" />
    <VDIR VDIR.NAME="Other/" physicalPath="/elsewhere" path="/" APP.NAME="Other/" />
</appcmd>`
    const refuse = `grep -qs bad ${served}/web.config && { echo 'ERROR ( message:Configuration error'; echo 'Line Number: 7'; echo '. )'; exit 13; }`
    await program('appcmd', `if [ "$2" = vdir ]; then ${says(vdirs)}\nfi\n${refuse}\nexit 0`)
    const write = async (name: string, text: string, expect: 'absent' | string) => {
      const become = Buffer.from(text).toString('base64')
      const acted = await ask({
        do: 'act',
        steps: [{ thing: 'file', name, expect: expect === 'absent' ? 'absent' : digestOf(expect), become }],
        queries: [],
      })
      return acted.results
    }
    t.deepEqual(await write('C:\\owa\\web.config', 'good', 'absent'), [{ is: 'done' }])
    const both = ['[list][config][Default Web Site/owa]', '[list][config][Default Web Site/owa/Calendar]']
    t.deepEqual(
      (await calls()).filter((call) => call.startsWith('[list][config]')),
      [...both, ...both],
    )
    t.deepEqual(await write('C:\\owa\\web.config', 'bad', 'good'), [
      {
        is: 'failed',
        detail:
          'C:\\owa\\web.config was put back as it was: IIS does not accept it: ERROR ( message:Configuration error Line Number: 7 . )',
      },
    ])
    t.is(await readFile(join(served, 'web.config'), 'utf8'), 'good')
    const before = (await calls()).length
    t.deepEqual(await write('C:\\owa\\notes.txt', 'bad', 'absent'), [{ is: 'done' }])
    t.is((await calls()).length, before, 'IIS reads no other files')
  },
)

on('shared configuration is told by redirection.config', '', async (t, { system, ask }) => {
  const path = join(system, 'inetsrv', 'config', 'redirection.config')
  const redirected = async () => (await ask({ do: 'examine' })).configurationRedirected
  t.is(await redirected(), null)
  await writeFile(
    path,
    '<configuration><configurationRedirection enabled="true" path="\\\\files\\iis" /></configuration>',
  )
  t.is(await redirected(), '\\\\files\\iis')
  await writeFile(
    path,
    '<configuration><configurationRedirection enabled="false" path="\\\\files\\iis" /></configuration>',
  )
  t.is(await redirected(), null)
})
