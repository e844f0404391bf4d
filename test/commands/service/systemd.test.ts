import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { removeUnit, writeUnit } from '../../../reconciler/commands/service/systemd.ts'
import { MARK } from '../../../reconciler/commands/service/unit.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

test('a unit is written over an older one, and goes with the link that enabled it', async (t) => {
  const folder = await temporaryFolder(t)
  const units = join(folder, 'system')
  const path = join(units, 'stopgap.service')
  t.false(await removeUnit(units), 'there is none')
  await writeUnit(units, `${MARK}\nold\n`)
  await writeUnit(units, `${MARK}\nnew\n`)
  t.is(await readFile(path, 'utf8'), `${MARK}\nnew\n`)
  await mkdir(join(units, 'multi-user.target.wants'))
  await symlink(path, join(units, 'multi-user.target.wants/stopgap.service'))
  t.true(await removeUnit(units))
  t.deepEqual(await readdir(units), ['multi-user.target.wants'])
  t.deepEqual(await readdir(join(units, 'multi-user.target.wants')), [])
})

test('a unit of somebody else is left as it is', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'stopgap.service')
  await writeFile(path, '[Unit]\n')
  await t.throwsAsync(writeUnit(folder, MARK), { code: 'SERVICE_FOREIGN' })
  await t.throwsAsync(removeUnit(folder), { code: 'SERVICE_FOREIGN' })
  t.is(await readFile(path, 'utf8'), '[Unit]\n')
})

test('where nothing can be written, it says who could', async (t) => {
  const folder = await temporaryFolder(t)
  const units = join(folder, 'file')
  await writeFile(units, '')
  const error = await t.throwsAsync(writeUnit(units, MARK), { code: 'SERVICE_FAILED' })
  t.regex(error?.message ?? '', /ENOTDIR/)
})
