import { join } from 'node:path'
import test from 'ava'
import { embeddedServer } from '../../helpers/embedded-server.ts'
import { noSmallDisk, smallDisk } from '../../helpers/full-disk.ts'
import { noPwsh, powershellTarget, slot } from '../../helpers/powershell.ts'
import { subjectIn, type Way } from '../../helpers/subject.ts'
import { conformance } from '../conformance.ts'

const way: Way = {
  target: (dir) => powershellTarget(dir),
  flip: join(import.meta.dirname, 'powershell-flip.ts'),
}

if (noPwsh === null) {
  conformance({
    name: 'windows, by PowerShell',
    make: async (t) => {
      await slot(t)
      return subjectIn(t, await embeddedServer(t), way)
    },
    makeOnFullDisk:
      noSmallDisk ??
      (async (t) => {
        await slot(t)
        return subjectIn(t, await embeddedServer(t, { dir: join(await smallDisk(t, 600), 'ex01') }), way)
      }),
  })
} else {
  test.skip(`windows, by PowerShell: what every target must do (${noPwsh})`, (t) => t.pass())
}
