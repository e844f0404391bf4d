import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Backtracker } from '../../../reconciler/proof/lint/backtracking.ts'
import { type Finding, LINT_CODES, type LintCode } from '../../../reconciler/proof/lint/finding.ts'
import { LINT_TEXTS } from '../../../reconciler/reporters/lint.ts'
import { ROOT } from '../../helpers/code.ts'
import { lintFiles, specDocument } from '../../helpers/lint.ts'
import { NOW } from '../../helpers/policy.ts'

const page = readFileSync(join(ROOT, 'docs/lint.md'), 'utf8')
const codes = Object.keys(LINT_CODES) as LintCode[]

// One for all: a pattern that stands in several examples is judged once.
const patient = new Backtracker(null)
// What takes a minute takes longer than two seconds, too.
const hasty = new Backtracker(null, 2000)

/** The two examples of a code: what is found, and the change. */
function examplesOf(code: string): readonly string[] {
  const section = page.split(`### \`${code}\`\n`)[1]?.split(/^#+ /m)[0] ?? ''
  return [...section.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')
}

function filesOf(example: string): { readonly [path: string]: string } {
  return example.startsWith('apiVersion')
    ? { 'mitigations/e.yaml': specDocument('resources: [{ kind: ping }]\n'), 'policies/b.yaml': example }
    : { 'mitigations/e.yaml': specDocument(example) }
}

test('the page has every code with its severity, in order, and each has a section', (t) => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\w+)/gm)].map(([, code, severity]) => [code, severity])
  t.deepEqual(rows, Object.entries(LINT_CODES))
  t.deepEqual(
    [...page.matchAll(/^### `([a-z-]+)`$/gm)].map(([, code]) => code),
    codes,
  )
  t.deepEqual(Object.keys(LINT_TEXTS), codes)
})

// One after another: nothing here waits, and each has a time limit that begins with it.
for (const code of codes)
  test.serial(`the example of ${code} shows it, and the change does not`, async (t) => {
    const examples = examplesOf(code)
    t.is(examples.length, 2)
    const backtracker = code === 'pattern-unproven' ? hasty : patient
    const blockTime = code === 'block-old' ? NOW - 100 * 86_400_000 : null
    const found: Finding[][] = []
    for (const example of examples) {
      const findings = await lintFiles(filesOf(example), { backtracker, blockTime })
      found.push(findings.filter((one) => one.code === code))
    }
    const [first] = found[0] ?? []
    t.truthy(first, examples[0])
    // Ways around a rule that hardly any reader takes are left over by a good change, too.
    t.deepEqual(
      found[1]?.filter(({ severity }) => severity === first?.severity),
      [],
      examples[1],
    )
    for (const { message, why, origin } of found[0] ?? []) {
      t.true(message !== '' && why !== '')
      t.regex(origin.file, /^(mitigations\/e|policies\/b)\.yaml$/)
    }
  })
