import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  installation,
  installService,
  type ServiceControl,
  serviceControl,
  uninstallService,
} from '../../../reconciler/commands/service/control.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const { signal } = new AbortController()
const WRAPPER = 'C:\\Program Files\\Stopgap\\stopgap-service.exe'

/** A stand-in for sc.exe: writes down what it is asked, and ends with the code that a line `verb code` names for it. */
async function standIn(
  t: ExecutionContext,
  codes: string,
  state = '4  RUNNING',
): Promise<{ control: ServiceControl; asked(): Promise<string> }> {
  const folder = await temporaryFolder(t)
  // To Linux a backslash is a letter like any other.
  const file = join(folder, 'windir\\System32\\sc.exe')
  const log = join(folder, 'asked')
  await writeFile(log, '')
  const script = `#!/bin/sh
(for word; do printf '[%s]' "$word"; done; echo) >>'${log}'
code=$(printf '%s\\n' '${codes}' | sed -n "s/^$1 //p")
[ "$1" != query ] || echo "        STATE              : ${state}"
[ "\${code:-0}" = 0 ] || echo "[SC] FAILED $code:"
exit "\${code:-0}"
`
  await writeFile(file, script, { mode: 0o755 })
  return { control: serviceControl(join(folder, 'windir')), asked: () => readFile(log, 'utf8') }
}

test('paths with spaces stay one word each, for Windows too', (t) => {
  const [create] = installation(WRAPPER, 'D:\\Our Files\\stopgap.yaml')
  t.is(create?.[3], `"${WRAPPER}" "--config" "D:\\Our Files\\stopgap.yaml"`)
  t.is(installation(WRAPPER, null)[0]?.[3], `"${WRAPPER}"`)
})

test('a service is made, described, and looked at', async (t) => {
  const { control, asked } = await standIn(t, '')
  await installService(control, installation(WRAPPER, null), signal)
  t.deepEqual(
    (await asked()).split('\n').map((line) => line.split(/[[\]]+/)[1]),
    ['create', 'description', 'query', undefined],
  )
  t.true((await asked()).includes('[start=][delayed-auto]'))
})

test('what sc.exe refuses ends it there, in its words', async (t) => {
  const { control, asked } = await standIn(t, 'create 5')
  const error = await t.throwsAsync(installService(control, installation(WRAPPER, null), signal), {
    code: 'SERVICE_FAILED',
  })
  t.regex(error?.message ?? '', /sc\.exe create: \[SC\] FAILED 5:/)
  t.is((await asked()).split('\n').length, 2)
})

test('a success that left nothing behind is none', async (t) => {
  const { control } = await standIn(t, 'query 1060')
  await t.throwsAsync(installService(control, installation(WRAPPER, null), signal), {
    code: 'SERVICE_FAILED',
  })
})

test('where there is no sc.exe at all, it says so', async (t) => {
  const control = serviceControl(join(await temporaryFolder(t), 'nothing'))
  const error = await t.throwsAsync(uninstallService(control, signal), { code: 'SERVICE_FAILED' })
  t.regex(error?.message ?? '', /ENOENT/)
})

const removed = test.macro(async (t, codes: string, result: boolean, verbs: readonly string[]) => {
  const { control, asked } = await standIn(t, codes)
  t.is(await uninstallService(control, signal), result)
  t.deepEqual(
    (await asked()).trim().split('\n'),
    verbs.map((verb) => `[${verb}][Stopgap]`),
  )
})

test('one that runs is stopped and removed', removed, '', true, ['query', 'stop', 'delete'])
test('one that does not run is removed', removed, 'stop 1062', true, ['query', 'stop', 'delete'])
test('one that is not there needs nothing', removed, 'query 1060', false, ['query'])

test('one that cannot be stopped is not removed', async (t) => {
  const { control, asked } = await standIn(t, 'stop 5')
  await t.throwsAsync(uninstallService(control, signal), { code: 'SERVICE_FAILED' })
  t.false((await asked()).includes('[delete]'))
})

test('one that Windows calls stopped is not stopped again', async (t) => {
  const { control, asked } = await standIn(t, 'stop 5', '1  STOPPED')
  t.true(await uninstallService(control, signal))
  t.deepEqual((await asked()).trim().split('\n'), ['[query][Stopgap]', '[delete][Stopgap]'])
})
