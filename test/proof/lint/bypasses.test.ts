import test from 'ava'
import type { Finding } from '../../../reconciler/proof/lint/finding.ts'
import { lintFiles, specDocument } from '../../helpers/lint.ts'
import { tryoutOf } from '../../helpers/tryout.ts'

/** A rule on both sites that looks for one pattern in one variable, and tests of it, a line each. */
function rules(input: string, pattern: string, ...tests: readonly string[]): readonly [string, string] {
  const resources = `    - kind: rewrite-rule
      at: [Default Web Site, Exchange Back End]
      name: stop
      match: { url: '.*' }
      conditions: [{ input: '${input}', pattern: '${pattern}', ignoreCase: false }]
      action: { type: AbortRequest }
`
  return [
    resources,
    `  tests:\n${tests.map((one, index) => `    - { name: t${index}, request: ${one}, expect: blocked }\n`).join('')}`,
  ]
}

async function bypasses([resources, tests]: readonly [string, string]): Promise<readonly Finding[]> {
  const spec = `resources:\n${resources}${tests}`.replace(/^ {2}/gm, '')
  const findings = await lintFiles({ 'mitigations/e.yaml': specDocument(spec) })
  return findings.filter(({ code }) => code.startsWith('bypass'))
}

/** What is proposed, pasted behind the tests, is taken as a test, and fails: it is a way around the rule. */
const pasted = test.macro({
  async exec(t, [resources, tests]: readonly [string, string], expected: RegExp) {
    const found = await bypasses([resources, tests])
    const remedies = found.flatMap(({ remedy }) => remedy ?? [])
    t.regex(remedies.join('\n'), expected)
    const spec = remedies.map((one) => `${one}\n`.replace(/^(?=.)/gm, '    '))
    const { tried } = tryoutOf(resources, `${tests}${spec.join('')}`)
    const mine = tests.split('\n').length - 2
    t.deepEqual(
      tried.map(({ code }) => code),
      [...Array(mine).fill('as-expected'), ...remedies.map(() => 'test-failed')],
    )
  },
  title: (title) => `a way around that is proposed can be pasted: ${title}`,
})

test(
  'cookies in headers of their own',
  pasted,
  rules('{HTTP_COOKIE}', '^a=1; b=2$', "{ url: /owa/, headers: { Cookie: 'a=1; b=2' } }"),
  /headers: \{ ?"Cookie": ?"/,
)
test(
  'on the back end',
  pasted,
  rules('{QUERY_STRING}', 'evil', '"GET https://mail:444/owa/?evil"'),
  /url: "https:\/\/mail:444\/owa\/\?%65vil"/,
)
test(
  'with a header that comes twice',
  pasted,
  rules('{QUERY_STRING}', 'evil', '{ url: "/owa/?evil", headers: { Cookie: [a=1, b=2] } }'),
  /"Cookie": ?\["a=1","b=2"\]/,
)
test(
  'by the name of the host',
  pasted,
  rules(
    '{HTTP_HOST}',
    '^evil\\.example$',
    '{ url: /owa/, headers: { Host: evil.example } }',
    '"GET https://evil.example/owa/"',
  ),
  /EVIL\.EXAMPLE/,
)
test(
  'with a method of RPC over HTTP',
  pasted,
  rules('{QUERY_STRING}', 'evil', 'RPC_IN_DATA /rpc/rpcproxy.dll?evil'),
  /method: RPC_IN_DATA/,
)

test('of padding in front no more is shown than it takes', async (t) => {
  const found = await bypasses(rules('{QUERY_STRING}', '^evil', 'GET /owa/?evil'))
  const padding = found.find(({ message }) => message.includes('first'))
  t.regex(padding!.message, /a parameter of 1 character first$/)
  t.regex(padding!.remedy!, /"\/owa\/\?x=x&evil"/)
})

test('a rule that can only fail lets nothing through, and how much it was is said', async (t) => {
  const [resources, tests] = rules('{QUERY_STRING}', '^evil$', 'GET /owa/?evil')
  const failing = `    - kind: rewrite-rule
      at: Default Web Site
      name: fails
      position: last
      match: { url: '.*' }
      action: { type: Redirect, url: '/x/{R:9}' }
`
  const found = await bypasses([`${resources}${failing}`, tests])
  t.deepEqual([...new Set(found.map(({ code }) => code))], ['bypass-not-searched'])
  t.regex(found[0]!.message, /nobody can tell what becomes of \d+ requests that it tried$/)
})
