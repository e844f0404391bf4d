import test from 'ava'
import { laboratory } from '../reconciler/commands/laboratory.ts'
import { ordinaryTraffic } from '../reconciler/commands/traffic.ts'
import { kinds } from '../reconciler/kinds/registry.ts'
import type { Mitigation, ResourceEntry } from '../reconciler/model/catalogue.ts'
import type { Json } from '../reconciler/model/resource.ts'
import type { Tried } from '../reconciler/proof/tried.ts'
import { tryOut } from '../reconciler/proof/tryout.ts'
import { proven } from '../reconciler/stages/prove.ts'
import { shipped } from './helpers/shipped.ts'

interface Equivalent {
  readonly form?: { readonly [field: string]: Json }
  readonly enough: boolean
}

const corpus = await ordinaryTraffic(AbortSignal.timeout(30_000))
const WITH_RULES = shipped().mitigations.filter(({ resources }) =>
  resources.some(({ kind }) => kind === 'rewrite-rule' || kind === 'outbound-rule'),
)

/** What is not as it should be when the mitigation is tried on a server without the fix. */
function failures(mitigation: Mitigation): readonly Tried[] {
  const { see: before, build, applies } = laboratory(mitigation)
  const { see: after, held, missing } = proven(before, mitigation, kinds)
  const at = () => mitigation.origin
  const { tried } = tryOut({ mitigation, build, applies, before, after, held, missing, at }, corpus)
  return tried.filter(({ level }) => level !== 'ok')
}

/** The mitigation with one of its rules in another form. */
function inForm(mitigation: Mitigation, index: number, form: Equivalent['form']): Mitigation {
  const resources = mitigation.resources.map((resource, at): ResourceEntry => {
    if (at !== index) return resource
    const { equivalents: _, ...fields } = resource.entry as { readonly [field: string]: Json }
    return { ...resource, entry: { ...fields, ...form } }
  })
  return { ...mitigation, resources }
}

test('whatever has rules keeps all its promises on both sides, and nothing is undeclared or untrue', (t) => {
  t.deepEqual(WITH_RULES.map(({ name }) => name).sort(), ['M1', 'M2', 'ProxyLogon-SSRF'])
  for (const mitigation of WITH_RULES) t.deepEqual(failures(mitigation), [], mitigation.name)
})

for (const mitigation of WITH_RULES)
  for (const [index, { entry }] of mitigation.resources.entries()) {
    const { name, equivalents = [] } = entry as unknown as {
      readonly name: string
      readonly equivalents?: readonly Equivalent[]
    }
    for (const [which, { form, enough }] of equivalents.entries())
      test(`${mitigation.name}, ${name}: form ${which + 1} is ${enough ? '' : 'not '}enough, and the tests show it`, (t) => {
        const failed = failures(inForm(mitigation, index, form)).filter(({ code }) => code === 'test-failed')
        if (enough) t.deepEqual(failed, [])
        else t.true(failed.length > 0)
      })
  }

test('the form of M1 that was published last lets line ends and other spellings through, and nothing else', (t) => {
  const m1 = WITH_RULES.find(({ name }) => name === 'M1')!
  const { equivalents } = m1.resources[0]!.entry as unknown as { readonly equivalents: readonly Equivalent[] }
  const failed = failures(inForm(m1, 0, equivalents[0]?.form)).filter(({ code }) => code === 'test-failed')
  t.deepEqual(
    failed.map(({ name }) => name),
    [
      'a line end between the words',
      'a carriage return and a line end between the words',
      'a line separator of Unicode between the words',
      'percent-encoded twice',
      'percent-encoded twice behind a line end',
      'a letter as ASP.NET writes it',
      'wide letters',
      'a query in the code page IBM037, named as telephones of old did',
      'a query in the code page IBM037, named with the body',
      'a query in UTF-7, named with the body',
    ],
  )
})

test('the ordinary requests that M1 drops are those that it declares', (t) => {
  const m1 = WITH_RULES.find(({ name }) => name === 'M1')!
  const bold: Mitigation = { ...m1, sideEffects: [] }
  t.deepEqual(
    failures(bold).map(({ code, name }) => `${code} ${name}`),
    [
      'false-positive autodiscover-json: somebody whose mailbox is named after the shell',
      'false-positive autodiscover-json: the same mailbox on a telephone',
    ],
  )
})
