import test from 'ava'
import { HOST, ROOT } from '../helpers/embedded-server.ts'
import {
  changesOf,
  enforcing,
  type Files,
  type Line,
  line,
  mitigationText,
  policyText,
  statesOf,
} from '../helpers/line.ts'

/** A site of this name over the folder of the Default Web Site. */
async function secondSite(one: Line, name: string): Promise<void> {
  const site = `<site name="${name}" id="7"><application path="/" applicationPool="DefaultAppPool"><virtualDirectory path="/" physicalPath="%SystemDrive%\\inetpub\\wwwroot" /></application><bindings><binding protocol="http" bindingInformation="*:8080:" /></bindings></site>`
  await one.edit(HOST, (text) => text.replace('</sites>', `${site}</sites>`))
}

for (const name of ['Alt', 'Zzz, a longer name than the other']) {
  test(`a rule in a file that another site shares stays: ${name}`, async (t) => {
    const one = await line(t)
    await secondSite(one, name)
    const before = await one.files()
    one.commit(enforcing('PING1', 'M1'))
    t.is((await one.pass()).result, 'changed')
    const put = await one.files()
    t.is((await one.pass()).result, 'converged')
    t.deepEqual(await one.files(), put)
    one.commit({
      ...enforcing('PING1', 'M1'),
      'policies/all.yaml': policyText('all', '{ mitigations: [PING1], mode: enforce }'),
    })
    await one.allow((await one.pass()).plan?.id ?? '')
    await one.pass()
    t.deepEqual(await one.files(), before)
  })
}

const rule = (name: string, at: string) =>
  mitigationText(
    name,
    `    - { kind: rewrite-rule, at: ${at}, name: same, match: { url: secret }, action: { type: AbortRequest } }`,
  )

test('who is not selected takes no rule of another mitigation, though both have one name in one file', async (t) => {
  const one = await line(t)
  await secondSite(one, 'Alt')
  const files: Files = {
    'mitigations/a.yaml': rule('A', 'Default Web Site'),
    'mitigations/b.yaml': rule('B', 'Alt'),
    'policies/all.yaml': policyText('all', '{ mitigations: [A], mode: enforce }'),
  }
  one.commit(files)
  t.is((await one.pass()).result, 'changed')
  const again = await one.pass()
  t.deepEqual(changesOf(again), {})
  t.deepEqual(statesOf(again), { A: 'in-sync', B: 'absent' })
  t.true((await one.text(ROOT)).includes('Stopgap A same'))
})
