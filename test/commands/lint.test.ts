import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { LINT_CODES } from '../../reconciler/proof/lint/finding.ts'
import { cli } from '../helpers/cli.ts'
import { ROOT } from '../helpers/code.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { git, repository } from '../helpers/git.ts'
import { specDocument } from '../helpers/lint.ts'

const POLICY =
  "apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: all }\nspec: { mitigations: ['*'], mode: enforce }\n"

async function folderWith(t: ExecutionContext, files: { readonly [path: string]: string }): Promise<string> {
  const folder = await temporaryFolder(t)
  for (const [path, text] of Object.entries({ 'policies/p.yaml': POLICY, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const SOUND = specDocument('resources: [{ kind: ping }]\n')
const STAR = specDocument(`resources:
  - { kind: rewrite-rule, at: Default Web Site, name: n, match: { url: '*' }, action: { type: AbortRequest } }
`)

test('0 where there is no error, 2 where there is one, 3 where it does not validate', async (t) => {
  const sound = await cli(await folderWith(t, { 'mitigations/m.yaml': SOUND }), 'lint')
  t.deepEqual(sound, { code: 0, stdout: '0 errors, 0 warnings, 0 notes\n', stderr: '' })
  const warned = specDocument('references: []\nresources: [{ kind: ping }]\n')
  const warning = await cli(await folderWith(t, { 'mitigations/m.yaml': warned }), 'lint')
  t.is(warning.code, 0)
  t.regex(
    warning.stdout,
    /^mitigations\/m\.yaml:5:3: warning no-reference: .*\n {2}Whoever .*\n {4}references: /,
  )
  const star = await cli(await folderWith(t, { 'mitigations/m.yaml': STAR }), 'lint', '.')
  t.is(star.code, 2)
  t.regex(star.stdout, /^mitigations\/m\.yaml:\d+:\d+: error match-star: .*\n.*\n {4}url: '\.\*'\n/m)
  t.regex(star.stdout, /1 error, 1 warning, 0 notes\n$/)
  const broken = await cli(await folderWith(t, { 'mitigations/m.yaml': 'kind: Mitigation\n' }), 'lint')
  t.is(broken.code, 3)
  t.regex(broken.stdout, /^mitigations\/m\.yaml:1:1: error: /m)
  t.is((await cli(await temporaryFolder(t), 'lint', 'nowhere')).code, 3)
})

test('JSON has all of it, and one mitigation can be named', async (t) => {
  const files = {
    'mitigations/m.yaml': STAR,
    'mitigations/n.yaml': SOUND.replace('name: Example', 'name: Other'),
  }
  const folder = await folderWith(t, files)
  const all = await cli(folder, 'lint', '--json')
  const { findings, diagnostics } = JSON.parse(all.stdout)
  t.deepEqual(diagnostics, [])
  t.like(findings.at(-1), { code: 'match-star', severity: 'error', object: 'Example', remedy: "url: '.*'" })
  t.is(findings.at(-1).origin.file, 'mitigations/m.yaml')
  t.is((await cli(folder, 'lint', '--mitigation', 'other')).code, 0)
  t.is((await cli(folder, 'lint', '--mitigation', 'Nobody')).code, 3)
})

test('SARIF names every code, and the places of what was found or is invalid', async (t) => {
  const folder = await folderWith(t, { 'mitigations/m.yaml': STAR })
  t.is((await cli(folder, 'lint', '--sarif', 'lint.sarif')).code, 2)
  const [run] = JSON.parse(await readFile(join(folder, 'lint.sarif'), 'utf8')).runs
  t.deepEqual(
    run.tool.driver.rules.map(({ id }: { id: string }) => id),
    [...Object.keys(LINT_CODES), 'invalid'],
  )
  const star = run.results.find(({ ruleId }: { ruleId: string }) => ruleId === 'match-star')
  t.is(star.level, 'error')
  t.is(star.locations[0].physicalLocation.artifactLocation.uri, 'mitigations/m.yaml')
  await writeFile(join(folder, 'mitigations/m.yaml'), 'kind: Mitigation\n')
  t.is((await cli(folder, 'lint', '--sarif', 'lint.sarif')).code, 3)
  const [again] = JSON.parse(await readFile(join(folder, 'lint.sarif'), 'utf8')).runs
  t.is(again.results[0].ruleId, 'invalid')
})

test('the age of a block is that of its line in git', async (t) => {
  const block =
    "apiVersion: stopgap/v1\nkind: Block\nmetadata: { name: hold }\nspec: { mitigations: ['*'], reason: r, owner: o }\n"
  const folder = await folderWith(t, { 'mitigations/m.yaml': SOUND, 'policies/b.yaml': block })
  t.regex((await cli(folder, 'lint')).stdout, /^policies\/b\.yaml:3:19: note block-age-unknown: /)
  await repository(folder)
  await git(folder, 'add', '--all')
  await git(folder, 'commit', '--quiet', '--message=a block', '--date=2020-01-01T00:00:00Z')
  t.regex(
    (await cli(folder, 'lint')).stdout,
    /^policies\/b\.yaml:3:19: warning block-old: .* \d{4} days old\n/,
  )
})

test('what is shipped has no error', async (t) => {
  const { code, stdout } = await cli(ROOT, 'lint', '--json')
  const { findings, diagnostics } = JSON.parse(stdout)
  t.is(code, 0)
  t.deepEqual(diagnostics, [])
  t.deepEqual(
    findings.filter(({ severity }: { severity: string }) => severity === 'error'),
    [],
  )
})
