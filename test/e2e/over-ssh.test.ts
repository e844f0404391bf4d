import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { embeddedProgram, noPwsh, PWSH, WITHOUT_DELAY } from '../helpers/powershell.ts'
import { because, over } from '../helpers/ssh-bench.ts'
import { makeKey, noSshd, type SshServer, sshServer } from '../helpers/ssh-server.ts'
import { requestsIn, standInWith } from '../helpers/stand-in.ts'
import { ROOT, type Workplace, workplace } from '../helpers/workplace.ts'

// The commands as they are, with a configuration as an operator writes it: a real sshd, and a stand-in for PowerShell behind it.

interface Remote {
  readonly place: Workplace
  readonly server: SshServer
  /** What the server was asked since the last time. */
  readonly trips: () => Promise<readonly string[]>
}

/** What every login starts, for an embedded server in this folder; `log` gets a line for each request, where that can be. */
type Program = (dir: string, log: string) => Promise<readonly string[]>

const byStandIn: Program = async (dir, log) => standInWith(dir, { REQUESTS: log })

// A real PowerShell, with an embedded server in the place of what only Windows has. The first line is not for it.
const byPowerShell: Program = async (dir, log) => {
  const script = `${log}.ps1`
  await writeFile(script, `[void][Console]::In.ReadLine()\n${embeddedProgram(WITHOUT_DELAY)}`)
  return [
    'env',
    `STOPGAP_EMBEDDED=${dir}`,
    PWSH ?? '',
    '-NoLogo',
    '-NoProfile',
    '-NonInteractive',
    '-File',
    script,
  ]
}

async function remote(t: ExecutionContext, program: Program): Promise<Remote> {
  const place = await workplace(t, ['ex01'])
  const log = join(place.folder, 'requests')
  const server = await sshServer(t, { forced: await program(join(place.folder, 'servers', 'ex01'), log) })
  await lockKey(server)
  await writeFile(join(place.folder, 'passphrase'), 'correct horse\n')
  const { user } = server.options
  await place.write(
    'stopgap.yaml',
    `source: { remotes: [./policy], timeout: 10s }
servers:
  - name: ex01
    windows:
      transport: ssh
      host: 127.0.0.1
      port: ${server.port}
      user: ${user}
      identityFile: ${server.folder}/locked
      passphraseFile: ./passphrase
      knownHostsFile: ${server.knownHostsFile}
state: ./state
`,
  )
  let told = 0
  const trips = async () => {
    const all = await requestsIn(log)
    const news = all.slice(told)
    told = all.length
    return news
  }
  return { place, server, trips }
}

/** Its only key is a locked one. */
async function lockKey({ folder }: SshServer): Promise<void> {
  await makeKey(join(folder, 'locked'), 'ed25519', 'correct horse')
  const path = join(folder, 'authorized_keys')
  const [options] = (await readFile(path, 'utf8')).split('ssh-ed25519')
  await writeFile(path, options + (await readFile(join(folder, 'locked.pub'), 'utf8')))
}

const BLOCK = `apiVersion: stopgap/v1
kind: Block
metadata: { name: no-m1 }
spec: { mitigations: [M1], reason: It is not wanted any more., owner: ops@contoso.example, remove: true }
`

/** Plan, apply, drift and retirement; gives what a plan with nothing to do asked the server. */
async function wholeLine(t: ExecutionContext, program: Program): Promise<readonly string[]> {
  const { place, trips } = await remote(t, program)
  const before = await place.read('ex01')
  const plan = await place.run('plan')
  t.is(plan.code, 2, plan.stderr)
  t.deepEqual(await place.read('ex01'), before)
  t.false((await trips()).includes('act'))

  const apply = await place.run('apply', '--yes')
  t.is(apply.code, 0, apply.stderr)
  const after = await place.read('ex01')
  t.true(after.includes('Stopgap M1'))
  await trips()

  const again = await place.run('plan')
  t.is(again.code, 0, again.stdout + again.stderr)
  const asked = await trips()

  await place.write(`servers/ex01/${ROOT}`, before.toString())
  const drift = await place.run('plan', '--json')
  t.is(drift.code, 2, drift.stderr)
  t.is(JSON.parse(drift.stdout).servers[0].mitigations[0].state, 'drifted')
  const put = await place.run('apply', '--yes')
  t.is(put.code, 0, put.stdout + put.stderr)
  t.deepEqual(await place.read('ex01'), after)

  await place.commit({ 'policies/block.yaml': BLOCK })
  const gone = await place.run('apply', '--yes')
  t.is(gone.code, 0, gone.stdout + gone.stderr)
  t.deepEqual(await place.read('ex01'), before)
  return asked
}

over(`plan, apply, drift and retirement over ssh${because}`, async (t) => {
  // What the last pass looked at is remembered, so that a process that has just started asks once.
  t.deepEqual(await wholeLine(t, byStandIn), ['look'])
})

const why = noSshd ?? noPwsh
const really = why === null ? test : test.skip
really(`the same with a real PowerShell there${why === null ? '' : ` (skipped: ${why})`}`, async (t) => {
  await wholeLine(t, byPowerShell)
})

over(
  `a server that is not known is one failure, with the line that would make it known${because}`,
  async (t) => {
    const { place, server } = await remote(t, byStandIn)
    await writeFile(server.knownHostsFile, '')
    const { code, stderr, stdout } = await place.run('plan')
    t.is(code, 1)
    t.regex(stdout + stderr, /SSH_HOST_KEY.*it offers SHA256:/s)
    t.true((stdout + stderr).replaceAll(/\s+/g, ' ').includes(`[127.0.0.1]:${server.port} ssh-ed25519 AAAA`))
  },
)
