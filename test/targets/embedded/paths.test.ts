import { mkdir, symlink } from 'node:fs/promises'
import { join, sep } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { Disk } from '../../../reconciler/targets/embedded/disk.ts'
import { ENVIRONMENT } from '../../../reconciler/targets/embedded/facts.ts'
import { windowsPath } from '../../../reconciler/targets/embedded/paths.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const part = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    ' ',
    '...',
    'C:',
    'inetpub',
    'INETPUB',
    'out',
    'loop',
    'nul',
    'x:y',
    '%windir%',
    '%x%',
    '~',
    '\\\\?\\',
    '/',
    '\u0000',
  ),
  fc.string({ maxLength: 6 }),
)
const hostile = fc
  .tuple(
    fc.constantFrom('C:\\', 'c:/', 'C:', '', '\\', '\\\\', 'D:\\', '%SystemDrive%\\'),
    fc.array(part, { maxLength: 6 }),
    fc.constantFrom('\\', '/'),
  )
  .map(([start, parts, separator]) => start + parts.join(separator))

test('whatever the path is, it is refused or leads below the drives of the server', async (t) => {
  const folder = await temporaryFolder(t)
  const dir = join(folder, 'server')
  await mkdir(join(dir, 'C', 'inetpub'), { recursive: true })
  await symlink(folder, join(dir, 'C', 'out'))
  await symlink('.', join(dir, 'C', 'loop'))
  fc.assert(
    fc.property(hostile, (name) => {
      const found = new Disk(dir, ENVIRONMENT).find(name)
      if (found.is === 'refused') return found.why !== ''
      const path = found.is === 'there' ? found.path : join(found.folder, ...found.rest)
      return path.startsWith(join(dir, 'C') + sep) || path === join(dir, 'C')
    }),
    { numRuns: 3000 },
  )
  t.pass()
})

test('a path is its drive and its parts', (t) => {
  t.deepEqual(windowsPath('%systemdrive%/inetpub\\\\.\\wwwroot\\web.config', ENVIRONMENT), {
    is: 'path',
    drive: 'C',
    parts: ['inetpub', 'wwwroot', 'web.config'],
  })
})

for (const name of ['NUL', 'nul.config', 'Com1 .txt', 'lpt².log', 'CONOUT$']) {
  test(`${name} is a device, wherever it stands`, (t) => {
    const found = windowsPath(`C:\\inetpub\\${name}\\x`, ENVIRONMENT)
    t.regex(found.is === 'refused' ? found.why : '', /names a device/)
  })
}

for (const name of ['nullable.config', 'COM10', 'console', '.config', 'a b.config', 'ä.config']) {
  test(`${name} is an ordinary name`, (t) => {
    t.is(windowsPath(`C:\\${name}`, ENVIRONMENT).is, 'path')
  })
}
