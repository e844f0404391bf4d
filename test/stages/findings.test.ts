import test from 'ava'
import { Findings } from '../../reconciler/stages/load/findings.ts'
import { checkFiles } from '../helpers/policy.ts'

const at = (line: number) => ({ file: 'policies/p.yaml', line, column: 1 })

test('more warnings than are listed are no fault, and crowd out none', (t) => {
  const servers = Array.from(
    { length: 1_500 },
    (_, n) => `apiVersion: stopgap/v1\nkind: Server\nmetadata: { name: s${n} }\nspec: {}\n`,
  ).join('---\n')
  const policy = (mode: string) =>
    `apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: sound }\nspec: { servers: { names: [s0] }, mitigations: ['*'], mode: ${mode} }\n`
  const files = (mode: string) => ({ 'policies/servers.yaml': servers, 'policies/sound.yaml': policy(mode) })
  const valid = checkFiles(files('enforce'))
  t.is(valid.catalogue?.servers.length, 1_500)
  t.is(valid.diagnostics.length, 1_001)
  t.regex(valid.diagnostics.at(-1)?.message ?? '', /further warnings/)
  const invalid = checkFiles(files('off'))
  t.is(invalid.catalogue, null)
  t.is(invalid.diagnostics.filter(({ severity }) => severity === 'error').length, 1)
})

test('faults that are not listed are told of', (t) => {
  const findings = new Findings()
  for (let line = 1; line <= 1_200; line += 1) findings.error(at(line), 'x')
  findings.error(at(1), 'x')
  t.true(findings.isFull('error'))
  t.false(findings.isFull('warning'))
  t.is(findings.list().length, 1_001)
  t.regex(findings.list().at(-1)?.message ?? '', /further faults/)
})

test('a file may hold more documents than a call takes arguments', (t) => {
  const { diagnostics } = checkFiles({ 'policies/p.yaml': '---\na\n'.repeat(160_000) })
  t.is(diagnostics.length, 1_001)
})

test('an object with more faults than are put in words says so', (t) => {
  const keys = Array.from({ length: 150 }, (_, n) => `key${n}: 1`).join(', ')
  const text = `apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: x }\nspec: { mitigations: ['*'], ${keys} }\n`
  const { diagnostics } = checkFiles({ 'policies/p.yaml': text })
  t.is(diagnostics.length, 101)
  t.true(diagnostics.some(({ line, message }) => line === 1 && /further faults/.test(message)))
})
