import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { installerText } from '../../scripts/release/installer.ts'
import { temporaryFolder } from '../helpers/folder.ts'

test('an MSI registers the event source, with the service and not without it', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'stopgap.exe'), '')
  t.false(installerText(folder, '1.2.3', folder).includes('RegistryValue'))
  await writeFile(join(folder, 'stopgap-service.exe'), '')
  const text = installerText(folder, '1.2.3', folder)
  t.is(wellFormed(text), null)
  const keys = [...text.matchAll(/<RegistryValue Root="HKLM" Key="([^"]+)" Name="([^"]+)"/g)]
  t.deepEqual(
    keys.map(([, key, name]) => `${key}:${name}`),
    ['EventMessageFile', 'TypesSupported'].map(
      (name) => `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Stopgap:${name}`,
    ),
  )
  const program = /<Component Id="[^"]*stopgap\.exe"[\s\S]*?<\/Component>/.exec(text)?.[0] ?? ''
  t.false(program.includes('RegistryValue'))
})
