import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { createServer } from '../../reconciler/targets/embedded/create/create.ts'
import { workplace } from '../helpers/workplace.ts'

const NEEDS = `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: M1 }
spec:
  title: Needs all there is to know.
  severity: low
  appliesTo: { builds: ">=15.1" }
  permanent: For tests no build has the fix.
  requires: { urlRewrite: ">=7.1" }
  resources: [{ kind: service, name: MSExchangePop3, startType: Disabled, status: Stopped }]
`

test('a fact that is absent is unknown: nothing changes, and the reason names it', async (t) => {
  const names = ['roles', 'exchange', 'urlRewrite', 'setup']
  const place = await workplace(t, names)
  await place.commit({ 'mitigations/M1.yaml': NEEDS })
  for (const name of names) {
    const file = join(place.folder, 'servers', name, 'server.json')
    const { facts, ...rest } = JSON.parse(await readFile(file, 'utf8'))
    const { [name]: _, ...others } = facts
    // An editor of Windows may leave a mark in front.
    await writeFile(file, `\ufeff${JSON.stringify({ ...rest, facts: others }, null, 2)}`)
  }
  const { stdout, code } = await place.run('apply', '--json')
  t.is(code, 4)
  const words: { readonly [name: string]: RegExp } = {
    roles: /roles could not be read/,
    exchange: /build could not be read/,
    urlRewrite: /URL Rewrite could not be read/,
  }
  for (const { server, mitigations, plan } of JSON.parse(stdout).servers) {
    t.deepEqual(plan.changes, [], server)
    const [m1] = mitigations
    const word = words[server]
    if (word === undefined) {
      t.is(plan.held[0].reason, 'setup')
      continue
    }
    // Whether it applies and is not fixed is known without URL Rewrite; of the others nothing is claimed.
    t.like(m1, { verdict: 'unknown', state: 'unknown', exposed: server === 'urlRewrite' })
    t.regex(m1.reason, word)
  }
})

test('paths are found whatever their case, and a file keeps its mark and its name', async (t) => {
  const place = await workplace(t, ['ex01'])
  const server = join(place.folder, 'servers', 'ex01')
  await rename(join(server, 'C'), join(server, 'c'))
  const site = join(server, 'c', 'inetpub', 'wwwroot', 'WEB.config')
  await rename(join(server, 'c', 'inetpub', 'wwwroot', 'web.config'), site)
  const plain = (await readFile(site, 'utf8')).replace(/^\ufeff/, '')
  await writeFile(site, `\ufeff${plain}`)
  t.is((await place.run('apply', '--yes')).code, 0)
  const text = await readFile(site, 'utf8')
  t.true(text.startsWith('\ufeff<?xml'))
  t.regex(text, /Stopgap M1/)
  await place.commit({
    'policies/baseline.yaml':
      'apiVersion: stopgap/v1\nkind: Block\nmetadata: { name: b }\nspec: { mitigations: [M1], reason: r, owner: o, remove: true }\n---\napiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: p }\nspec: { mitigations: [M1], mode: enforce }\n',
  })
  t.is((await place.run('apply', '--yes')).code, 0)
  t.is(await readFile(site, 'utf8'), `\ufeff${plain}`)
})

test('a server under another name is held wrong-host', async (t) => {
  const place = await workplace(t, [])
  await createServer({ dir: join(place.folder, 'servers', 'ex01'), name: 'mail', exchange: '15.2.1118.7' })
  await place.write(
    'stopgap.yaml',
    'source: { remotes: [./policy] }\nservers: [{ name: ex01, embedded: ./servers/ex01 }]\n',
  )
  const { stdout, code } = await place.run('apply', '--json')
  t.is(code, 4)
  t.is(JSON.parse(stdout).servers[0].plan.held[0].reason, 'wrong-host')
})
