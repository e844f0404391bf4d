import { readdirSync, readFileSync } from 'node:fs'

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { kinds } from '../../../reconciler/kinds/registry.ts'
import { examineServer, type Held } from '../../../reconciler/stages/doctor/server.ts'
import { now } from '../../../reconciler/util/clock.ts'
import { embeddedServer, onDisk } from '../../helpers/embedded-server.ts'
import { flaws, linesOf } from '../../helpers/findings.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { noPwsh, powershellTarget, slot } from '../../helpers/powershell.ts'
import { never } from '../../helpers/source.ts'
import { requestsIn, standInTarget } from '../../helpers/stand-in.ts'

const HELD: Held = { catalogue: null, kinds, instance: null, now }

test('a Windows server, by a stand-in for PowerShell: one look and one examination', async (t) => {
  const requests = join(await temporaryFolder(t), 'requests')
  const target = standInTarget(await embeddedServer(t), { REQUESTS: requests })
  t.teardown(() => target.close())
  const { name, findings } = await examineServer(target, HELD, never)
  t.is(name, 'ex01')
  t.deepEqual(await requestsIn(requests), ['look', 'examine'])
  const lines = linesOf(findings)
  t.true(lines.includes('ok user: CONTOSO\\svc-stopgap on EX01, with the rights of an administrator'))
  t.true(lines.includes('ok powershell: PowerShell 5.1.20348.2849 (Desktop), 64 bits, FullLanguage'))
  // Its clock stands still.
  t.deepEqual(flaws(findings), ['warning clock'])
})

const unwell = test.macro({
  exec: async (t, mischief: string, words: RegExp) => {
    // Short only where it is what ends it.
    const limits = { opening: 100_000, answer: mischief === 'hang' ? 1_000 : 100_000 }
    const target = standInTarget(await embeddedServer(t), { MISCHIEF: mischief }, limits)
    t.teardown(() => target.close())
    const { findings } = await examineServer(target, HELD, never)
    t.deepEqual(flaws(findings), ['failure reach 1'])
    t.regex(linesOf(findings)[0] ?? '', words)
  },
  title: (_, mischief: string) =>
    `a server whose program does "${mischief}" is not reached, and it is said why`,
})

test(unwell, 'refused-at-once', /ConstrainedLanguage/)
test(unwell, 'refused', /32 bits/)
test(unwell, 'other-protocol', /protocol/)
test(unwell, 'banner', /first line is no greeting/)
test(unwell, 'die-in-look', /session was lost during look/)
test(unwell, 'hang', /no answer within 1 s/)

test('told to stop, it stops', async (t) => {
  const target = standInTarget(await embeddedServer(t), { MISCHIEF: 'hang' })
  t.teardown(() => target.close())
  const stop = AbortSignal.timeout(700)
  await t.throwsAsync(examineServer(target, HELD, stop), { name: 'TimeoutError' })
})

/** As on every Windows; the folder of an embedded server has what Exchange and IIS need. */
async function windowsServer(t: ExecutionContext, options: Parameters<typeof embeddedServer>[1] = {}) {
  const dir = await embeddedServer(t, options)
  await mkdir(onDisk(dir, 'C:\\ProgramData'))
  return dir
}

/** Names and bytes of everything below a folder. */
function files(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => [join(entry.parentPath, entry.name), entry.isFile()] as const)
  return new Map(paths.map(([path, isFile]) => [path, isFile ? readFileSync(path, 'latin1') : '']))
}

const powershellTest = noPwsh === null ? test : test.skip
powershellTest(
  `the program itself says what there is, and leaves nothing behind${noPwsh === null ? '' : ` (skipped: ${noPwsh})`}`,
  async (t) => {
    await slot(t)
    const dir = await windowsServer(t)
    const before = files(dir)
    const target = powershellTarget(dir)
    t.teardown(() => target.close())
    const { findings } = await examineServer(target, HELD, never)
    t.deepEqual(flaws(findings), [])
    const lines = linesOf(findings)
    t.true(lines.some((line) => /^ok user: CONTOSO.*, with the rights of an administrator$/.test(line)))
    t.true(
      lines.some((line) => /^ok powershell: PowerShell [\d.]+ \(Core\), 64 bits, FullLanguage$/.test(line)),
    )
    t.deepEqual(files(dir), before)
  },
)

powershellTest(
  `the program itself says of a shared configuration where it lies${noPwsh === null ? '' : ` (skipped: ${noPwsh})`}`,
  async (t) => {
    await slot(t)
    const dir = await windowsServer(t, { with: ['shared-config'] })
    const target = powershellTarget(dir)
    t.teardown(() => target.close())
    const { findings } = await examineServer(target, HELD, never)
    t.deepEqual(flaws(findings), ['failure configuration 1'])
    t.regex((await target.examine?.(never))?.configurationRedirected ?? '', /./)
  },
)
