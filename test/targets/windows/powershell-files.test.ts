import { readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FileStep } from '../../../reconciler/model/target.ts'
import type { AnySighting } from '../../../reconciler/model/thing.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { HOST, OWA, onDisk, ROOT } from '../../helpers/embedded-server.ts'
import { powershellSession } from '../../helpers/powershell.ts'
import { never, on, reached, replacing } from '../../helpers/powershell-case.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** As if nobody had touched it for a minute. */
async function settle(path: string): Promise<void> {
  const before = new Date(Date.now() - 60_000)
  await utimes(path, before, before)
}

const leftovers = async (path: string) =>
  (await readdir(dirname(path))).filter((name) => name.startsWith('.stopgap-'))

on('what IIS does not accept is put back at once: a replaced, a new and a removed file', async (t, dir) => {
  const { act } = reached(t, dir)
  const root = onDisk(dir, ROOT)
  const before = await readFile(root)
  const results = await act(await replacing(root, ROOT, '<refused-by-iis />'))
  t.deepEqual(results, [
    {
      is: 'failed',
      detail: `${ROOT} was put back as it was: IIS does not accept it: Unrecognized element 'refused-by-iis'`,
    },
  ])
  t.deepEqual(await readFile(root), before)
  const made = ROOT.replace('wwwroot', 'custerr')
  const create: FileStep = {
    thing: 'file',
    name: made,
    expect: 'absent',
    become: bytes('<refused-by-iis />'),
  }
  t.like(await act(create), [{ is: 'failed' }])
  await t.throwsAsync(stat(onDisk(dir, made)), { code: 'ENOENT' })
  t.deepEqual(await leftovers(root), [])
  t.deepEqual(await leftovers(onDisk(dir, made)), [])
})

on('a file that IIS misses when it is removed comes back', async (t, dir) => {
  const missing = `function Test-PlatformConfiguration([string]$Path) { if (-not [IO.File]::Exists($Path)) { 'it is missing' } }`
  const { act } = reached(t, dir, missing)
  const root = onDisk(dir, ROOT)
  await settle(root)
  const before = await readFile(root)
  const step = { ...(await replacing(root, ROOT, '')), become: 'absent' } as const
  t.like(await act(step), [
    { is: 'failed', detail: `${ROOT} was put back as it was: IIS does not accept it: it is missing` },
  ])
  t.deepEqual(await readFile(root), before)
  t.deepEqual(await leftovers(root), [])
})

on('a fault that IIS had before, wherever its line is now, does not keep a change out', async (t, dir) => {
  const faulty = `function Test-PlatformConfiguration([string]$Path) { "line $([IO.File]::ReadAllBytes($Path).Length): no" }`
  const { act } = reached(t, dir, faulty)
  const root = onDisk(dir, ROOT)
  await settle(root)
  t.deepEqual(await act(await replacing(root, ROOT, '<configuration />')), [{ is: 'done' }])
  t.is(await readFile(root, 'utf8'), '<configuration />')
})

on('what changed less than two seconds ago waits; what this session wrote does not', async (t, dir) => {
  const { act } = reached(t, dir, '')
  const root = onDisk(dir, ROOT)
  const late = [{ is: 'conflict', detail: `${ROOT}: changed less than two seconds ago` }] as const
  // On a busy machine more than two seconds go by between a write and the answer.
  const written = async (become?: 'absent') => {
    for (let attempt = 1; ; attempt += 1) {
      await writeFile(root, `theirs ${attempt}`)
      const step = await replacing(root, ROOT, 'ours')
      const results = await act(become === undefined ? step : { ...step, become })
      if (results[0]?.is !== 'done' || attempt >= 10) return results
    }
  }
  t.deepEqual(await written(), late)
  t.deepEqual(await written('absent'), late)
  t.regex(await readFile(root, 'utf8'), /^theirs/)
  await sleep(2_100)
  t.deepEqual(await act(await replacing(root, ROOT, 'ours')), [{ is: 'done' }])
  t.deepEqual(await act(await replacing(root, ROOT, 'ours again')), [{ is: 'done' }])
  t.deepEqual(await written(), late, 'theirs over ours')
  // A time to come is a wrong clock, and would never be two seconds ago.
  const later = new Date(Date.now() + 3_600_000)
  await utimes(root, later, later)
  t.deepEqual(await act(await replacing(root, ROOT, 'ours')), [{ is: 'done' }])
})

/** As Windows does when somebody has the file open: so many times, then as it should be. */
const busy = (times: number) => `$script:Refusals = ${times}
function Move-PlatformFile([string]$From, [string]$Path, [string]$Backup) {
    if ($script:Refusals -gt 0) { $script:Refusals--; throw [IO.IOException]::new('used by another process', -2147024864) }
    [IO.File]::Replace($From, $Path, $Backup)
}`

on('a file that somebody has open for an instant is tried again, for two seconds', async (t, dir) => {
  const { act } = reached(t, dir, busy(5))
  const root = onDisk(dir, ROOT)
  await settle(root)
  t.deepEqual(await act(await replacing(root, ROOT, 'ours')), [{ is: 'done' }])
  const stuck = reached(t, dir, busy(1_000))
  await settle(root)
  const results = await stuck.act(await replacing(root, ROOT, 'never'))
  t.deepEqual(results, [{ is: 'failed', detail: `${ROOT} cannot be written: another program has it open` }])
  t.is(await readFile(root, 'utf8'), 'ours')
  t.deepEqual(await leftovers(root), [])
})

on('a replacement that stops half-way gives the old file its name back', async (t, dir) => {
  const half = `function Move-PlatformFile([string]$From, [string]$Path, [string]$Backup) {
    [IO.File]::Move($Path, $Backup)
    throw [IO.IOException]::new('half', -2147023719)
}`
  const { act } = reached(t, dir, half)
  const root = onDisk(dir, ROOT)
  await settle(root)
  const before = await readFile(root)
  t.like(await act(await replacing(root, ROOT, 'ours')), [{ is: 'failed' }])
  t.deepEqual(await readFile(root), before)
  t.deepEqual(await leftovers(root), [])
})

on('temporary files of a session that was ended go, files put aside stay', async (t, dir) => {
  const { act } = reached(t, dir)
  const root = onDisk(dir, ROOT)
  const [stale, fresh, aside] = ['0123456789ab.tmp', 'ba9876543210.tmp', '0123456789ab.bak'].map((name) =>
    root.replace('web.config', `.stopgap-${name}`),
  )
  for (const path of [stale, fresh, aside]) await writeFile(path!, 'left')
  const before = new Date(Date.now() - 20 * 60_000)
  for (const path of [stale, aside]) await utimes(path!, before, before)
  t.deepEqual(await act(await replacing(root, ROOT, 'ours')), [{ is: 'done' }])
  t.deepEqual((await leftovers(root)).sort(), ['.stopgap-0123456789ab.bak', '.stopgap-ba9876543210.tmp'])
})

on('a link in the place of a file is read and never replaced', async (t, dir) => {
  const { act, see } = reached(t, dir)
  const root = onDisk(dir, ROOT)
  await writeFile(`${root}.real`, 'real')
  await rm(root)
  await symlink(`${root}.real`, root)
  t.like(await see('file', ROOT), { is: 'here', digest: digestOf('real') })
  t.deepEqual(await act(await replacing(root, ROOT, 'ours')), [
    { is: 'failed', detail: `${ROOT} is a link to another file` },
  ])
  t.is(await readFile(`${root}.real`, 'utf8'), 'real')
})

on('where the configuration is shared, the one of the server is not written', async (t, dir) => {
  const { act } = reached(t, dir)
  const redirection = onDisk(dir, HOST.replace('applicationHost', 'redirection'))
  const share = '\\\\files.contoso.example\\iis'
  await writeFile(
    redirection,
    `<configuration><configurationRedirection enabled="true" path="${share}" /></configuration>`,
  )
  const results = await act(await replacing(onDisk(dir, HOST), HOST, '<configuration />'))
  t.deepEqual(results, [
    {
      is: 'failed',
      detail: `${HOST} is not in use: the configuration of this server is shared, in ${share}`,
    },
  ])
  const session = powershellSession(t, dir)
  t.like(await session.ask({ do: 'examine' }, never()), { configurationRedirected: share })
})

on('files of many megabytes and of no bytes arrive whole both ways', async (t, dir) => {
  const { act, see } = reached(t, dir)
  const owa = onDisk(dir, OWA)
  const large = new Uint8Array(5_000_000).map((_, index) => (index * 31 + (index >> 8)) % 256)
  t.deepEqual(await act({ ...(await replacing(owa, OWA, '')), become: large }), [{ is: 'done' }])
  t.deepEqual(await see('file', OWA), {
    is: 'here',
    digest: digestOf(large),
    value: Buffer.from(large),
  } as AnySighting)
  t.deepEqual(await act(await replacing(owa, OWA, '')), [{ is: 'done' }])
  t.deepEqual(await see('file', OWA), {
    is: 'here',
    digest: digestOf(''),
    value: Buffer.from(''),
  } as AnySighting)
})
