import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { addressIn, cli, paste, type Running, startCli, until } from '../helpers/cli.ts'
import { rawGet } from '../helpers/raw-http.ts'

/** One demo, started as a newcomer would; the tests below go through what it says to try, in its order. */
let folder = ''
let demo: Running
let address = ''
/** The files of a server with the mitigations in effect, by their path. */
const converged = new Map<string, Buffer>()

const ROOT = 'C/inetpub/wwwroot/web.config'
const HOST = 'C/Windows/System32/inetsrv/config/applicationHost.config'
const seen = () => `${demo.stdout}\n${demo.stderr}`

interface Mitigation {
  readonly name: string
  readonly verdict: string
  readonly state: string
  readonly reason: string
}

interface Status {
  readonly source: { readonly rejected: { readonly reason: string } | null }
  readonly servers: readonly { readonly server: string; readonly mitigations: readonly Mitigation[] }[]
}

function isHeld(mitigations: readonly Mitigation[], wanted: string): boolean {
  return mitigations.some(({ name, state }) => name === wanted && state === 'held')
}

const status = async () => (await (await fetch(`${address}/status`)).json()) as Status
const bytes = (path: string) => readFile(join(folder, 'stopgap-demo', path))
const original = (server: string, file: string) => bytes(`originals/${server}/${file}`)
const current = (server: string, file: string) => bytes(`servers/${server}/${file}`)

async function isOriginal(server: string, file: string): Promise<boolean> {
  return (await original(server, file)).equals(await current(server, file))
}

async function isConverged(server: string, file: string): Promise<boolean> {
  return converged.get(`${server}/${file}`)?.equals(await current(server, file)) === true
}

/** The commands that the terminal gave for this step. */
function commandsFor(text: RegExp, among = demo.stdout): string {
  const steps = among
    .slice(among.indexOf('Try next'))
    .split(/\n\s+\d+\. /)
    .slice(1)
  const step = steps.find((one) => text.test(one))
  if (step === undefined) throw new Error(`no step says ${text}`)
  const lines = step.split('\n').filter((line) => line.startsWith('     '))
  return lines.map((line) => line.trim()).join('\n')
}

async function trying(t: { is(a: unknown, b: unknown, message?: string): unknown }, text: RegExp) {
  const ended = await paste(folder, commandsFor(text))
  t.is(ended.code, 0, ended.stderr)
  return ended
}

test.before(async () => {
  // With blanks in its name: commands to paste have to survive that.
  folder = await mkdtemp(join(tmpdir(), 'stopgap demo '))
  demo = startCli(null, folder, 'demo', '--listen', '127.0.0.1:0')
  await until('the demo says what to try', () => demo.stdout.includes('Ctrl-C ends it'), { seen })
  address = await addressIn(join(folder, 'stopgap-demo', 'state'), seen)
  for (const server of ['ex01', 'ex02'])
    for (const file of [ROOT, HOST]) converged.set(`${server}/${file}`, await current(server, file))
})

test.after.always(async () => {
  demo.child.kill('SIGKILL')
  await demo.ended
  await rm(folder, { recursive: true, force: true })
})

test.serial('the first plan with its reasons, then the converged state, then where to look', async (t) => {
  const [plan, rest] = demo.stdout.split('The daemon carries it out')
  t.regex(plan ?? '', /ex01 {2}15\.1\.2507\.6/)
  t.regex(plan ?? '', /\+ put rewrite-rule:Default Web Site:PowerShell - inbound/)
  t.regex(plan ?? '', /for M1, enforced: policy baseline selects it \(policies\/baseline\.yaml:\d+\)/)
  t.regex(plan ?? '', /\+ +<action type="AbortRequest" \/>/)
  t.regex(rest ?? '', /ex01 +M1 +critical +enforced +in-sync/)
  t.regex(rest ?? '', /ex02 +M2 +high +enforced +in-sync/)
  t.regex(rest ?? '', /ex03 +M1 +critical +fixed +absent/)
  for (const path of ['/', '/status', '/metrics']) t.true(demo.stdout.includes(`${address}${path} `), path)
  t.notRegex(seen(), /\p{Cc}\[/u, 'no colours where nobody sees them')
})

/** What comes back over a socket of our own for a request that the terminal gives to paste. */
async function asTold(text: RegExp): Promise<readonly string[]> {
  const urls = [...commandsFor(text).matchAll(/curl -sS -i "([^"]+)"/g)].map(([, url = '']) => new URL(url))
  return Promise.all(urls.map((url) => rawGet(url.origin, `${url.pathname}${url.search}`)))
}

test.serial(
  'the attack comes through before M1 and is cut off after it, but not where the fix is',
  async (t) => {
    const [before = '', after = ''] = demo.stdout.split('The attack now')
    for (const name of ['ex01', 'ex02', 'ex03'])
      t.regex(before, new RegExp(`${name} on http://127\\.0\\.0\\.1:\\d+: it comes through to Exchange`))
    for (const name of ['ex01', 'ex02'])
      t.regex(after, new RegExp(`${name} on http://127\\.0\\.0\\.1:\\d+: the connection is cut`))
    t.regex(after, /ex03 on http:\/\/127\.0\.0\.1:\d+: it comes through to Exchange/)
    const [patched = '', unpatched = 'nothing asked'] = (await asTold(/Attack ex01 and ex03/)).toReversed()
    t.is(unpatched, '')
    t.regex(patched, /^HTTP\/1\.1 200 /)
  },
)

test.serial('page, status, metrics and health answer', async (t) => {
  const page = await (await fetch(`${address}/`)).text()
  t.regex(page, /What to try next/)
  t.regex(page, /Block M1 on ex02/)
  t.is((await status()).servers.length, 3)
  const metrics = await (await fetch(`${address}/metrics`)).text()
  t.regex(
    metrics,
    /stopgap_mitigation_info\{server="ex01",mitigation="M1",verdict="enforced",state="in-sync"\} 1/,
  )
  t.is((await fetch(`${address}/healthz`)).status, 200)
  t.is((await fetch(`${address}/readyz`)).status, 200)
})

test.serial('a rule that somebody deletes comes back as drift, byte for byte', async (t) => {
  await trying(t, /Delete a rule/)
  const line = /ex01: applied: put rewrite-rule:Default Web Site:PowerShell - inbound, drift/
  await until('the correction is told', () => line.test(demo.stderr), { seen })
  t.true(await isConverged('ex01', ROOT))
})

test.serial('a block takes the rule away and says why; reverted, the rule is back', async (t) => {
  await trying(t, /Commit a Block/)
  await until('the rule goes from ex02', () => isOriginal('ex02', ROOT), { seen })
  const one = await until('the verdict shows', async () => {
    const found = (await status()).servers.find(({ server }) => server === 'ex02')
    return found?.mitigations.find(({ name, verdict }) => name === 'M1' && verdict === 'blocked')
  })
  t.regex(one.reason, /The monitoring asks Autodiscover/)
  t.true(await isConverged('ex01', ROOT), 'the others keep it')
  await trying(t, /Take the Block back/)
  await until('the rule is back', () => isConverged('ex02', ROOT), { seen })
  t.pass()
})

test.serial('a revision without any policy is refused, and nothing changes', async (t) => {
  await trying(t, /Delete all policies/)
  await until('it is refused', async () => (await status()).source.rejected?.reason === 'empty', { seen })
  const told = await cli(folder, 'status', '--config', 'stopgap-demo/stopgap.yaml')
  t.is(told.code, 3)
  t.regex(told.stdout, /refused \(empty\)/)
  for (const server of ['ex01', 'ex02']) t.true(await isConverged(server, ROOT))
  t.regex(
    await (await fetch(`${address}/metrics`)).text(),
    /stopgap_source_rejected_total\{reason="empty"\} 1/,
  )
  await trying(t, /Take that back\./)
  await until('nothing is refused', async () => (await status()).source.rejected === null, { seen })
})

test.serial('the last protection of a server goes only when it is allowed', async (t) => {
  await trying(t, /last protection of ex01/)
  const held = await until('it is held', async () => {
    const found = (await status()).servers.filter(({ mitigations }) => isHeld(mitigations, 'M1'))
    return found.length === 2 ? found.map(({ server }) => server).sort() : null
  })
  t.deepEqual(held, ['ex01', 'ex02'])
  for (const file of [ROOT, HOST]) t.true(await isConverged('ex01', file))
  const told = await cli(folder, 'status', '--only', 'ex01', '--config', 'stopgap-demo/stopgap.yaml')
  t.is(told.code, 4)
  const id = told.stdout.match(/stopgap allow ([0-9a-f]+)/)?.at(1) ?? 'none'
  t.true((await (await fetch(`${address}/`)).text()).includes(`allow ${id} --config`))
  const command = await until('the command is told', () =>
    demo.stderr.match(/to release it on ex01: +(.+)/)?.at(1),
  )
  const allowed = await paste(folder, command)
  t.is(allowed.code, 0, allowed.stderr)
  for (const file of [ROOT, HOST])
    await until(`${file} is as before us`, () => isOriginal('ex01', file), { seen })
  t.true(await isConverged('ex02', ROOT), 'what was not allowed stays')
  await trying(t, /held no longer/)
  for (const file of [ROOT, HOST])
    await until(`${file} has it again`, () => isConverged('ex01', file), { seen })
})

test.serial('after a cumulative update the rule comes back, because of the upgrade', async (t) => {
  const { stdout } = await trying(t, /Install a cumulative update/)
  t.regex(stdout, /15\.2\.1118\.7 -> 15\.2\.1118\.9/)
  t.regex(stdout, /written anew: C:\\inetpub\\wwwroot\\web\.config/)
  const line = /ex02: applied: put rewrite-rule:Default Web Site:PowerShell - inbound, upgrade/
  await until('the correction is told', () => line.test(demo.stderr), { seen })
  t.regex((await current('ex02', ROOT)).toString(), /Stopgap M1 PowerShell - inbound/)
  const log = await cli(folder, 'log', '--json', '--only', 'ex02', '--config', 'stopgap-demo/stopgap.yaml')
  const lines = log.stdout
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text))
  t.true(
    lines.some(({ is, cause, result }) => is === 'change' && cause === 'upgrade' && result === 'applied'),
  )
})

test.serial('with the security update the mitigations retire, and the files are as before us', async (t) => {
  await trying(t, /Install the July 2026 security update/)
  for (const file of [ROOT, HOST])
    await until(`${file} is as before us`, () => isOriginal('ex01', file), { seen })
  const compared = await trying(t, /not a byte differs/)
  t.is(compared.stdout, 'the same\nthe same\n')
  const [again = ''] = await asTold(/Attack ex01 again/)
  t.regex(again, /^HTTP\/1\.1 200 /, 'the rule has retired')
  const states = await until('the verdicts show it', async () => {
    const found = (await status()).servers.find(({ server }) => server === 'ex01')?.mitigations ?? []
    const fixed = found.filter(({ name, verdict }) => /^M[12]$/.test(name) && verdict === 'fixed')
    return fixed.length === 2 ? fixed.map(({ state }) => state) : null
  })
  t.deepEqual(states, ['absent', 'absent'])
})

test.serial('why, and what happened, are told', async (t) => {
  const { stdout } = await trying(t, /Ask how things are/)
  t.regex(stdout, /M1 on ex01/)
  t.regex(stdout, /15\.1\.2507\.71 is at or above 15\.1\.2507\.16/)
  t.regex(stdout, /because the server moved away/)
})

test.serial('a second demo in the same folder is refused while the first one runs', async (t) => {
  const second = await cli(folder, 'demo', '--listen', '127.0.0.1:0')
  t.is(second.code, 1)
  t.regex(second.stderr, /STATE_LOCKED.*in use by stopgap run/)
  t.is((await fetch(`${address}/healthz`)).status, 200)
})

test.serial('Ctrl-C ends it cleanly within two seconds', async (t) => {
  const { code, milliseconds, stderr } = await demo.interrupt()
  t.is(code, 0)
  t.true(milliseconds < 2_000, `${milliseconds} ms`)
  t.regex(stderr, /stopping/)
  await t.throwsAsync(fetch(`${address}/healthz`))
  await t.throwsAsync(access(join(folder, 'stopgap-demo', 'state', 'http.json')))
})

test.serial('started again it is made anew, also after it was killed', async (t) => {
  const again = startCli(t, folder, 'demo', '--listen', '127.0.0.1:0')
  await until('it stays up', () => again.stdout.includes('Ctrl-C ends it'), { seen: () => again.stderr })
  t.regex(again.stdout, /from an earlier demo and is made anew/)
  t.regex(again.stdout, /ex01 +M1 +critical +enforced +in-sync/)
  again.child.kill('SIGKILL')
  await again.ended
  const third = startCli(t, folder, 'demo', '--listen', '127.0.0.1:0')
  await until('it stays up', () => third.stdout.includes('Ctrl-C ends it'), { seen: () => third.stderr })
  t.is((await third.interrupt()).code, 0)
})
