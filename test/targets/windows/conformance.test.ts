import { join } from 'node:path'
import { embeddedServer } from '../../helpers/embedded-server.ts'
import { noSmallDisk, smallDisk } from '../../helpers/full-disk.ts'
import { standInTarget } from '../../helpers/stand-in.ts'
import { subjectIn, type Way } from '../../helpers/subject.ts'
import { conformance } from '../conformance.ts'

const way: Way = { target: (dir) => standInTarget(dir), flip: join(import.meta.dirname, 'flip.ts') }

conformance({
  name: 'windows, by a stand-in for PowerShell',
  make: async (t) => subjectIn(t, await embeddedServer(t), way),
  makeOnFullDisk:
    noSmallDisk ??
    (async (t) => subjectIn(t, await embeddedServer(t, { dir: join(await smallDisk(t, 600), 'ex01') }), way)),
})
