import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { installerText } from '../../scripts/release/installer.ts'
import { temporaryFolder } from '../helpers/folder.ts'

test('an MSI has every file of the folder, each in a component that is installed, and one service', async (t) => {
  const folder = await temporaryFolder(t)
  const files = ['stopgap.exe', 'stopgap-service.exe', 'mitigations/M1.yaml', 'policies/M1.yaml']
  for (const name of ['mitigations', 'policies']) await mkdir(join(folder, name))
  for (const name of files) await writeFile(join(folder, name), '')
  const text = installerText(folder, '1.2.3', join(folder, 'mitigations'))
  t.is(wellFormed(text), null)
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, first]) => first ?? '').toSorted()
  t.deepEqual(all(/<File [^>]*Source="([^"]+)"/g), [
    '../policies/M1.yaml',
    '../stopgap-service.exe',
    '../stopgap.exe',
    'M1.yaml',
  ])
  t.deepEqual(all(/<Component Id="([^"]+)"/g), all(/<ComponentRef Id="([^"]+)"/g))
  const ids = all(/<(?:Component|Directory|File) Id="([^"]+)"/g)
  t.is(new Set(ids).size, ids.length, 'files of one name in two folders are two')
  t.is(all(/(<ServiceInstall )/g).length, 1)
  const component = /<Component Id="[^"]*stopgap_service\.exe"[\s\S]*?<\/Component>/.exec(text)?.[0] ?? ''
  t.true(component.includes('<ServiceInstall '), 'the service is the file of its component')
  t.true(component.includes('KeyPath="yes"'))
  t.false(text.includes('Start="install"'), 'without a configuration it could not start')
})
