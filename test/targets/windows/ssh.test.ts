import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Target } from '../../../reconciler/model/target.ts'
import type { Query } from '../../../reconciler/model/thing.ts'
import { REMOTE_COMMAND } from '../../../reconciler/targets/windows/bootstrap.ts'
import { LIMITS } from '../../../reconciler/targets/windows/session.ts'
import { type SshLimits, sshTransport } from '../../../reconciler/targets/windows/ssh.ts'
import { windowsTarget } from '../../../reconciler/targets/windows/target.ts'
import type { SshOptions } from '../../../reconciler/targets/windows/transport.ts'
import { embeddedServer, ROOT } from '../../helpers/embedded-server.ts'
import { noSshd, sshServer } from '../../helpers/ssh-server.ts'
import { PROGRAM, standIn } from '../../helpers/stand-in.ts'

const FACTS: Query = { thing: 'facts', name: '' }
const FILE: Query = { thing: 'file', name: ROOT }
const never = () => new AbortController().signal

const over = noSshd === null ? test : test.skip
const because = noSshd === null ? '' : ` (skipped: ${noSshd})`

function target(t: ExecutionContext, options: SshOptions, limits?: Partial<SshLimits>): Target {
  const transport = sshTransport(options, { connect: 20_000, keepAlive: 15_000, ...limits })
  const made = windowsTarget({
    name: options.server,
    transport,
    program: PROGRAM,
    limits: { ...LIMITS, pauses: [20, 100] },
  })
  t.teardown(() => made.close())
  return made
}

over(`what is asked for is powershell.exe with constant text${because}`, async (t) => {
  const server = await sshServer(t, { forced: null, powershell: standIn(await embeddedServer(t)) })
  const { sightings } = await target(t, server.options).look([FACTS, FILE], new Map(), never())
  t.is(sightings.size, 2)
  const asked = await readFile(join(server.folder, 'powershell.exe.asked'), 'utf8')
  t.is(`powershell.exe ${asked.trim()}`, REMOTE_COMMAND)
})
