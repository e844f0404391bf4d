import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import test from 'ava'
import { sshTransport } from '../../../reconciler/targets/windows/ssh.ts'
import { windowsTarget } from '../../../reconciler/targets/windows/target.ts'
import { embeddedServer } from '../../helpers/embedded-server.ts'
import { noSmallDisk, smallDisk } from '../../helpers/full-disk.ts'
import { noSshd, sshServer } from '../../helpers/ssh-server.ts'
import { PROGRAM, standIn } from '../../helpers/stand-in.ts'
import { subjectIn } from '../../helpers/subject.ts'
import { conformance, type Subject } from '../conformance.ts'

if (noSshd === null) {
  conformance({
    name: 'windows, over ssh, by a stand-in for PowerShell',
    make: async (t) => subject(t, await embeddedServer(t)),
    makeOnFullDisk:
      noSmallDisk ??
      (async (t) => subject(t, await embeddedServer(t, { dir: join(await smallDisk(t, 600), 'ex01') }))),
  })
} else test.skip(`conformance over ssh (skipped: ${noSshd})`, () => undefined)

async function subject(t: ExecutionContext, dir: string): Promise<Subject> {
  const { options } = await sshServer(t, { forced: standIn(dir) })
  return subjectIn(t, dir, {
    target: () => windowsTarget({ name: 'ex01', transport: sshTransport(options), program: PROGRAM }),
    // What is killed is whoever writes on the server; how it was reached does not matter to that.
    flip: join(import.meta.dirname, 'flip.ts'),
  })
}
