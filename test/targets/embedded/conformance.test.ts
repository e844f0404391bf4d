import { join } from 'node:path'
import { embeddedTarget } from '../../../reconciler/targets/embedded/target.ts'
import { embeddedServer } from '../../helpers/embedded-server.ts'
import { noSmallDisk, smallDisk } from '../../helpers/full-disk.ts'
import { subjectIn, type Way } from '../../helpers/subject.ts'
import { conformance } from '../conformance.ts'

const way: Way = {
  target: (dir) => embeddedTarget({ name: 'ex01', dir }),
  flip: join(import.meta.dirname, 'flip.ts'),
}

conformance({
  name: 'embedded',
  make: async (t) => subjectIn(t, await embeddedServer(t), way),
  makeOnFullDisk:
    noSmallDisk ??
    (async (t) => subjectIn(t, await embeddedServer(t, { dir: join(await smallDisk(t, 600), 'ex01') }), way)),
})
