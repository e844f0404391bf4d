import test from 'ava'
import { exampleHost, exampleWeb, ROOT_WEB } from '../../reconciler/kinds/example-machine.ts'
import { m1 } from '../../reconciler/kinds/rewrite-rule/examples.ts'
import { rewriteRule } from '../../reconciler/kinds/rewrite-rule/resource.ts'
import { effort } from '../helpers/effort.ts'
import { APPLICATION_HOST, Machine } from '../helpers/machine.ts'

/** A site with that many rules of ours and a few of others. */
function siteWith(count: number): Machine {
  const ours = Array.from({ length: count }, (_, at) => written(`Stopgap M1 rule ${at}`, 'powershell'))
  const others = Array.from({ length: 5 }, (_, at) => written(`foreign ${at}`, `other${at}`))
  const rules = `<rewrite><rules>${[...others, ...ours].join('\n')}</rules></rewrite>`
  return new Machine({ files: { [APPLICATION_HOST]: exampleHost(), [ROOT_WEB]: exampleWeb(rules) } })
}

function written(name: string, pattern: string): string {
  return `<rule name="${name}"><match url=".*" /><conditions><add input="{URL}" pattern="${pattern}" /></conditions><action type="AbortRequest" /></rule>`
}

/** What it costs to read all of them, in milliseconds. */
function reading(count: number): { readonly took: number; readonly states: ReadonlySet<string> } {
  const { see } = siteWith(count)
  const all = Array.from({ length: count }, (_, at) =>
    rewriteRule.resource({ ...m1, name: `rule ${at}` }, 'M1'),
  )
  const states = new Set<string>()
  const took = effort(() => {
    for (const resource of all) states.add(resource.read(see).is)
  })
  return { took, states }
}

test('reading many rules of one site costs as much each as reading few', (t) => {
  reading(200)
  const few = reading(250)
  const many = reading(2_000)
  t.deepEqual([...many.states], ['present'])
  // Eight times as many, and sixty-four times the work if each were compared with all.
  t.true(many.took < 24 * Math.max(few.took, 20), `${few.took} ms for 250, ${many.took} ms for 2 000`)
})

test('what was merged for a path is merged anew when a file of it changed', (t) => {
  const server = siteWith(3)
  const rule = rewriteRule.resource({ ...m1, name: 'rule 1' }, 'M1')
  t.is(rule.read(server.see).is, 'present')
  server.apply(rule.undo(server.see, { fields: null }, server.made, rule.want))
  t.is(rule.read(server.see).is, 'absent')
  t.is(rewriteRule.resource({ ...m1, name: 'rule 2' }, 'M1').read(server.see).is, 'present')
})
