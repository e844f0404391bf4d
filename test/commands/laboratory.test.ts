import test from 'ava'
import { laboratory } from '../../reconciler/commands/laboratory.ts'
import type { Mitigation } from '../../reconciler/model/catalogue.ts'
import { checkFiles, mitigation } from '../helpers/policy.ts'
import { shipped } from '../helpers/shipped.ts'

function of(spec: string): Mitigation {
  const { catalogue, diagnostics } = checkFiles({ 'mitigations/x.yaml': mitigation('X', spec) })
  const found = catalogue?.mitigations.find(({ name }) => name === 'X')
  if (found === undefined) throw new Error(JSON.stringify(diagnostics))
  return found
}

const named = (name: string) => shipped().mitigations.find((one) => one.name === name)!

const picks = test.macro({
  exec(t, one: Mitigation, build: string, applies?: boolean) {
    const found = laboratory(one)
    t.is(found.build, build)
    t.is(found.applies, applies ?? true)
    const facts = found.see('facts', '')
    t.is(facts.is === 'here' ? facts.value.exchange : null, build)
  },
  title: (title = '') => `it is tried on ${title}`,
})

test('the newest build without the fix', picks, named('M1'), '15.2.1118.7')
test('SE, which the fix came to last', picks, named('M2'), '15.2.2562.17')
test('a build of 2021 where only those are without it', picks, named('ProxyLogon-SSRF'), '15.2.792.3')
test(
  'a fixed build, where its range has no other',
  picks,
  of('  appliesTo: { builds: "=15.2.2562.17" }\n  fixedIn: { "15.2.2562": 15.2.2562.1 }\n'),
  '15.2.2562.17',
)
test(
  'a build that nothing but its range names',
  picks,
  of('  appliesTo: { builds: "=15.1.1713.5" }\n'),
  '15.1.1713.5',
)
test(
  'some server, where none is in its range',
  picks,
  of('  appliesTo: { builds: ">=15.9" }\n'),
  '15.2.2562.17',
  false,
)

test('a mitigation for Edge Transport is tried on one', (t) => {
  const facts = laboratory(of('  appliesTo: { roles: [EdgeTransport] }\n'), ['second-site']).see('facts', '')
  t.deepEqual(facts.is === 'here' ? facts.value.roles : null, ['EdgeTransport'])
})

test('everything on the server can be seen, and what is not there is absent', (t) => {
  const { see } = laboratory()
  t.is(see('file', '%SystemDrive%\\inetpub\\wwwroot\\WEB.config').is, 'here')
  t.is(see('file', 'C:/inetpub/wwwroot/nothing.txt').is, 'absent')
  t.is(see('file', '..\\..\\etc\\passwd').is, 'unknown')
  t.is(see('pool', 'MSExchangeOWAAppPool').is, 'here')
  t.is(see('service', 'w3svc').is, 'here')
  t.is(see('service', 'nothing').is, 'absent')
})

test('the same thing is the same bytes whenever it is asked for', (t) => {
  const { see } = laboratory()
  const read = () => {
    const seen = see('file', 'C:\\inetpub\\wwwroot\\web.config')
    return seen.is === 'here' ? seen.value : null
  }
  t.is(read(), read())
})
