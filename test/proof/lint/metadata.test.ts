import test from 'ava'
import { lintFiles, specDocument } from '../../helpers/lint.ts'
import { NOW } from '../../helpers/policy.ts'

const DAY = 86_400_000

const explains = test.macro({
  async exec(t, text: string, expected: boolean) {
    const findings = await lintFiles({
      'mitigations/e.yaml': specDocument(`permanent: ${JSON.stringify(text)}\nresources: [{ kind: ping }]\n`),
    })
    t.deepEqual(
      findings.map(({ code }) => code),
      expected ? [] : ['no-fix-explained'],
    )
  },
  title: (_, text, expected) => `"${text}" ${expected ? 'says' : 'does not say'} why`,
})

for (const text of ['none', 'x', 'Hardening.', 'N/A', 'TBD.', ' permanent ', '-', '...', '?'])
  test(explains, text, false)
for (const text of ['It is a setting.', 'Works as designed', 'Kein Build behebt es.'])
  test(explains, text, true)

function block(rest: string): string {
  return `apiVersion: stopgap/v1
kind: Block
metadata: { name: printing }
spec:
  mitigations: ['*']
  reason: calendars must be printed
  owner: messaging-team@contoso.example
${rest}`
}

async function aged(days: number | null, rest = '') {
  const blockTime = days === null ? null : NOW - days * DAY
  return lintFiles({ 'policies/b.yaml': block(rest) }, { blockTime })
}

test('a block without expiry is old after ninety days', async (t) => {
  t.deepEqual(await aged(90), [])
  const [finding, ...others] = await aged(91.5)
  t.deepEqual(others, [])
  t.like(finding, {
    code: 'block-old',
    severity: 'warning',
    object: 'printing',
    origin: { file: 'policies/b.yaml', line: 3, column: 19 },
    message: 'a block that never expires, and is 91 days old',
    remedy: 'expires: "2027-01-30"',
  })
})

test('a block that ends by itself may be as old as it likes', async (t) => {
  for (const days of [null, 1000]) t.deepEqual(await aged(days, '  expires: "2027-12-31"\n'), [])
})

test('how old it is, nobody knows of what is in no commit', async (t) => {
  t.like((await aged(null))[0], { code: 'block-age-unknown', severity: 'note' })
})
