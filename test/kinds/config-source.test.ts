import test from 'ava'
import { exampleHost, exampleWeb, OWA_WEB, ROOT_WEB } from '../../reconciler/kinds/example-machine.ts'
import { m1 } from '../../reconciler/kinds/rewrite-rule/examples.ts'
import { rewriteRule } from '../../reconciler/kinds/rewrite-rule/resource.ts'
import { APPLICATION_HOST, Machine } from '../helpers/machine.ts'

const AWAY = '    <rewrite>\n      <rules configSource="rules.config" />\n    </rewrite>\n'

function machine(root: string, owa: string): Machine {
  return new Machine({
    files: { [APPLICATION_HOST]: exampleHost(), [ROOT_WEB]: exampleWeb(root), [OWA_WEB]: exampleWeb(owa) },
  })
}

const at = (path: string) => rewriteRule.resource({ ...m1, at: path }, 'M1')

test('a section in a file of its own is unknown, and not one without rules to put ours in', (t) => {
  const reading = at('Default Web Site').read(machine(AWAY, '').see)
  t.is(reading.is, 'unknown')
  if (reading.is !== 'unknown') return
  t.regex(reading.why, /web\.config:\d+:\d+: <rules> is in another file \(configSource="rules\.config"\)/)
})

test('so it is for those who inherit it, and not for those above', (t) => {
  t.is(at('Default Web Site/owa').read(machine(AWAY, '').see).is, 'unknown')
  t.is(at('Default Web Site').read(machine('', AWAY).see).is, 'absent')
})

test('other sections may lie where they like', (t) => {
  const other = '    <httpProtocol configSource="headers.config" />\n'
  t.is(at('Default Web Site').read(machine(other, '').see).is, 'absent')
})
