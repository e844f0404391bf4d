import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startCli, until } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { noSshd, type SshServer, sshServer } from '../helpers/ssh-server.ts'
import { requestsIn, standInWith } from '../helpers/stand-in.ts'
import { type Workplace, workplace } from '../helpers/workplace.ts'

// The daemon with a server that is reached by SSH: the real command line, a real sshd, and there a stand-in for
// PowerShell over the folder of an embedded server.

const over = noSshd === null ? test : test.skip
const because = noSshd === null ? '' : ` (skipped: ${noSshd})`

interface Place {
  readonly place: Workplace
  readonly server: SshServer
  readonly rule: () => Promise<boolean>
  readonly requests: () => Promise<readonly string[]>
}

async function reachedBySsh(t: ExecutionContext): Promise<Place> {
  const place = await workplace(t, ['ex01'])
  const log = join(await temporaryFolder(t), 'requests')
  const dir = join(place.folder, 'servers', 'ex01')
  const server = await sshServer(t, { forced: standInWith(dir, { REQUESTS: log }) })
  const { host, port, user } = server.options
  await place.write(
    'stopgap.yaml',
    `source: { remotes: [./policy], interval: 1s, timeout: 10s }
servers:
  - name: ex01
    windows:
      transport: ssh
      host: ${host}
      port: ${port}
      user: ${user}
      identityFile: ${server.identityFile}
      knownHostsFile: ${server.knownHostsFile}
drift: { interval: 1s }
state: ./state
listen: 127.0.0.1:0
`,
  )
  return {
    place,
    server,
    rule: async () => (await place.read('ex01')).includes('Stopgap M1'),
    requests: () => requestsIn(log),
  }
}

over(
  `the daemon keeps one session, loses it with the server, and goes on when it is there again${because}`,
  async (t) => {
    const { place, server, rule, requests } = await reachedBySsh(t)
    const daemon = startCli(t, place.folder, 'run')
    const seen = () => `${daemon.stdout}\n${daemon.stderr}`
    await until('the rule is there', rule, { seen })
    const sessions = () => server.log().match(/Accepted publickey/g)?.length ?? 0
    await until('it was looked at again and again', async () => (await requests()).length >= 6, { seen })
    t.is(sessions(), 1)
    await server.stop()
    const unreached = async () => {
      const status = JSON.parse((await place.run('status', '--json')).stdout)
      return status.servers[0]?.error?.code
    }
    t.regex(await until('it is told', unreached, { seen }), /^(SESSION_LOST|SERVER_UNREACHABLE)$/)
    await server.start()
    await until('it is reached again', async () => (await unreached()) === undefined, { seen })
    t.true(await rule())
    const { code, milliseconds } = await daemon.interrupt()
    t.is(code, 0)
    t.true(milliseconds < 5_000, `${milliseconds} ms`)
  },
)
