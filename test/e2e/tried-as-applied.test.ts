import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { laboratory } from '../../reconciler/commands/laboratory.ts'
import { kinds } from '../../reconciler/kinds/registry.ts'
import { proven } from '../../reconciler/stages/prove.ts'
import { createServer } from '../../reconciler/targets/embedded/create/create.ts'
import { cli } from '../helpers/cli.ts'
import { ROOT } from '../helpers/code.ts'
import { onDisk } from '../helpers/embedded-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { shipped } from '../helpers/shipped.ts'

const HOST = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'
const SITE = 'C:\\inetpub\\wwwroot\\web.config'

const tried = test.macro({
  async exec(t, name: string) {
    const mitigation = shipped().mitigations.find((one) => one.name === name)!
    const { see, build } = laboratory(mitigation)
    const folder = await temporaryFolder(t)
    await mkdir(join(folder, 'policies'))
    await mkdir(join(folder, 'mitigations'))
    await copyFile(join(ROOT, `mitigations/${name}.yaml`), join(folder, `mitigations/${name}.yaml`))
    const policy = `apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: all }\nspec: { mitigations: [${name}] }\n`
    await writeFile(join(folder, 'policies/all.yaml'), policy)
    await createServer({ dir: join(folder, 'server'), name: 'laboratory', exchange: build })
    const { code, stdout, stderr } = await cli(
      folder,
      'apply',
      '--source',
      '.',
      '--server',
      'server',
      '--yes',
    )
    t.is(code, 0, stdout + stderr)
    const after = proven(see, mitigation, kinds)
    t.deepEqual(after.held, [])
    for (const file of [HOST, SITE]) {
      const seen = after.see('file', file)
      const written = await readFile(onDisk(join(folder, 'server'), file), 'utf8')
      t.is(
        seen.is === 'here' ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(seen.value) : seen.is,
        written,
        file,
      )
    }
  },
  title: (_, name) => `what ${name} is tried on is, byte by byte, what apply makes of a server`,
})

for (const name of ['M1', 'M2', 'ProxyLogon-SSRF', 'ProxyLogon-ECP']) test(tried, name)
