import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { thingKey } from '../../../reconciler/model/thing.ts'
import { POWERSHELL_ARGUMENTS } from '../../../reconciler/targets/windows/bootstrap.ts'
import { LIMITS } from '../../../reconciler/targets/windows/session.ts'
import { sshTransport } from '../../../reconciler/targets/windows/ssh.ts'
import { windowsTarget } from '../../../reconciler/targets/windows/target.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { ROOT as PAGE } from '../../helpers/code.ts'
import { embeddedServer, onDisk, ROOT } from '../../helpers/embedded-server.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { embeddedProgram, noPwsh, PWSH, WITHOUT_DELAY } from '../../helpers/powershell.ts'
import { FILE, look, never, thrownBy } from '../../helpers/ssh-bench.ts'
import { noSshd, type SshServer, sshServer } from '../../helpers/ssh-server.ts'

const why = noSshd ?? noPwsh
const over = why === null ? test : test.skip
const because = why === null ? '' : ` (skipped: ${why})`

/** The program that is sent; the bootstrap or what stands in its place must read it all the same. */
function targetAt(t: ExecutionContext, { options }: SshServer, program: string) {
  const target = windowsTarget({
    name: 'ex01',
    transport: sshTransport(options),
    program: () => Promise.resolve(Buffer.from(program).toString('base64')),
    limits: { ...LIMITS, opening: 120_000, answer: 120_000, pauses: [20, 100] },
  })
  t.teardown(() => target.close())
  return target
}

async function looksAndWrites(t: ExecutionContext, target: ReturnType<typeof targetAt>, dir: string) {
  const { sightings } = await look(target)
  const seen = sightings.get(thingKey('file', ROOT))
  const before = await readFile(onDisk(dir, ROOT))
  t.like(seen, { is: 'here', digest: digestOf(before) })
  const become = Buffer.from(before.toString().replace('<configuration>', '<configuration><!-- ü -->'))
  const acted = await target.act(
    [{ thing: 'file', name: ROOT, expect: digestOf(before), become }],
    [FILE],
    never(),
  )
  t.deepEqual(acted.results, [{ is: 'done' }])
  t.deepEqual(await readFile(onDisk(dir, ROOT)), become)
}

over(`a real PowerShell, started over ssh by what is asked for${because}`, async (t) => {
  const dir = await embeddedServer(t)
  const powershell = ['env', `STOPGAP_EMBEDDED=${dir}`, PWSH ?? '']
  const server = await sshServer(t, { forced: null, powershell })
  await looksAndWrites(t, targetAt(t, server, embeddedProgram(WITHOUT_DELAY)), dir)
})

over(`a forced command that runs the program that lies there, whatever is sent${because}`, async (t) => {
  const dir = await embeddedServer(t)
  const folder = await temporaryFolder(t)
  // As the page has it.
  const page = await readFile(join(PAGE, 'docs/reaching-servers.md'), 'utf8')
  const [, session = ''] = /`session\.ps1`[\s\S]*?\n\n((?: {4}.*\n)+)/.exec(page) ?? []
  t.regex(session, /ReadLine/)
  await writeFile(join(folder, 'session.ps1'), session.replaceAll(/^ {4}/gm, ''))
  await writeFile(join(folder, 'agent.ps1'), embeddedProgram(WITHOUT_DELAY))
  const options = POWERSHELL_ARGUMENTS.slice(0, -2)
  const forced = [
    'env',
    `STOPGAP_EMBEDDED=${dir}`,
    PWSH ?? '',
    ...options,
    '-File',
    join(folder, 'session.ps1'),
  ]
  const server = await sshServer(t, { forced })
  await looksAndWrites(t, targetAt(t, server, 'throw "this must not run"'), dir)
})

over(`a PowerShell that cannot run the program says why${because}`, async (t) => {
  const server = await sshServer(t, { forced: null, powershell: [PWSH ?? ''] })
  const error = await thrownBy(t, look(targetAt(t, server, 'throw "no such thing"')))
  t.is(error.code, 'SERVER_UNREACHABLE')
  t.regex(error.message, /it ended with exit code 1: .*no such thing/)
})
