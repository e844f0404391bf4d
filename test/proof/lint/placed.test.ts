import test from 'ava'
import { laboratory } from '../../../reconciler/commands/laboratory.ts'
import { kinds } from '../../../reconciler/kinds/registry.ts'
import { unreachableRules } from '../../../reconciler/proof/lint/behind.ts'
import { subjectOf } from '../../../reconciler/proof/lint/subject.ts'
import { webServer } from '../../../reconciler/proof/web-server.ts'
import { proven } from '../../../reconciler/stages/prove.ts'
import { lintFiles, someTraffic, specDocument } from '../../helpers/lint.ts'
import { checkFiles } from '../../helpers/policy.ts'

async function codes(spec: string): Promise<readonly string[]> {
  const findings = await lintFiles({ 'mitigations/e.yaml': specDocument(spec) })
  return findings.map(({ code, severity }) => `${severity} ${code}`)
}

const PHONES = `resources:
  - kind: rewrite-rule
    at: Default Web Site
    name: n
    match: { url: 'healthcheck\\.htm$' }
    action: { type: AbortRequest }
`

test('what a mitigation declares, it may stop', async (t) => {
  t.true((await codes(PHONES)).includes('error health-check-blocked'))
  const health = (await someTraffic()).filter(({ request }) => /healthcheck\.htm$/i.test(request.url))
  t.true(health.length > 3)
  const requests = [...new Set(health.map(({ request }) => `'${request.method} ${request.url}'`))].join(', ')
  const declared = `${PHONES}sideEffects: [{ text: no health checks, requests: [${requests}] }]\n`
  t.false((await codes(declared)).some((one) => one.endsWith('-blocked')))
})

test('request filtering is read where Exchange leaves its module', async (t) => {
  const setting = (at: string) =>
    `resources:\n  - { kind: iis-setting, at: ${at}, section: system.webServer/security/requestFiltering, attribute: allowDoubleEscaping, value: false }\n`
  t.deepEqual(await codes(setting('Default Web Site/owa')), ['error module-removed'])
  t.deepEqual(await codes(setting('[Default Web Site/owa, Exchange Back End/Rpc]')), ['error module-removed'])
  t.deepEqual(await codes(setting('Exchange Back End/Rpc')), [])
})

test('a variable may be set where the mitigation allows it', async (t) => {
  const rule = `  - kind: rewrite-rule
    at: Default Web Site
    name: n
    match: { url: '^zz$' }
    serverVariables: [{ name: HTTP_X_A, value: a }]
    action: { type: None }
`
  t.true((await codes(`resources:\n${rule}`)).includes('error variable-not-allowed'))
  const allowed = `resources:
  - kind: iis-setting
    at: Default Web Site
    section: system.webServer/rewrite/allowedServerVariables
    item: { key: { name: HTTP_X_A } }
${rule}`
  t.false((await codes(allowed)).includes('error variable-not-allowed'))
})

test('the folder that applications share is named where the rule stands in its web.config', async (t) => {
  const at = (path: string) =>
    `resources:\n  - { kind: rewrite-rule, at: ${path}, name: n, match: { url: '^zz$' }, action: { type: AbortRequest } }\n`
  t.true((await codes(at('Default Web Site/owa'))).includes('note rule-read-twice'))
  t.false((await codes(at('Default Web Site/EWS'))).includes('note rule-read-twice'))
})

/** What is found of a rule on a server with rules of others. */
function behindForeign(position: string): readonly string[] {
  const text = specDocument(`resources:
  - kind: rewrite-rule
    at: Default Web Site
    name: n
    position: ${position}
    match: { url: '^owa/x\\.js$' }
    action: { type: AbortRequest }
tests:
  - { name: over an open line, request: GET http://localhost/owa/x.js, expect: blocked }
`)
  const { catalogue, where } = checkFiles({ 'mitigations/e.yaml': text })
  const mitigation = catalogue?.mitigations.find(({ name }) => name === 'Example')
  if (mitigation === undefined) throw new Error('it does not validate')
  const before = laboratory(mitigation, ['foreign-rules']).see
  const { see } = proven(before, mitigation, kinds)
  const found = unreachableRules(subjectOf(mitigation, where), { see, server: webServer(see) })
  return found.map(({ message, remedy }) => `${message}; ${remedy}`)
}

test('a rule of somebody else that answers the attack first', (t) => {
  t.deepEqual(behindForeign('first'), [])
  t.deepEqual(behindForeign('last'), [
    'the rule n stands behind "HTTP to HTTPS", which ends the processing; position: first',
  ])
})

test('a rule of the same mitigation that ends the processing of the attack alone', async (t) => {
  const entry = (name: string, rest: string) =>
    `  - { kind: rewrite-rule, at: Default Web Site, name: ${name}, ${rest} }\n`
  const stops = entry(
    'a',
    "match: { url: '.*' }, conditions: [{ input: '{HTTP_COOKIE}', pattern: X-Anon }], action: { type: AbortRequest }",
  )
  const ends = entry('b', "match: { url: '^owa/' }, action: { type: None }, stopProcessing: true")
  const attack = (url: string) =>
    `tests: [{ name: t, request: { url: ${url}, headers: { Cookie: X-Anon=1 } }, expect: blocked }]\n`
  const unreachable = async (resources: string, url: string) =>
    (await codes(`resources:\n${resources}${attack(url)}`)).includes('error rule-unreachable')
  t.true(await unreachable(stops + ends, '/owa/'))
  t.false(await unreachable(ends + stops, '/owa/'))
  t.false(await unreachable(stops + ends, '/ecp/'))
})

test('a rule of another mitigation of the folder that ends the processing', async (t) => {
  const other = (rest: string) =>
    specDocument(
      `resources:\n  - { kind: rewrite-rule, at: Default Web Site, name: all, match: { url: '.*' }, ${rest} }\n`,
    ).replace('name: Example', 'name: Another')
  const own = specDocument(`resources:
  - { kind: rewrite-rule, at: Default Web Site, name: n, match: { url: '^owa/x' }, action: { type: AbortRequest } }
tests: [{ name: t, request: GET /owa/x, expect: blocked }]
`)
  const found = async (text: string) =>
    (await lintFiles({ 'mitigations/a.yaml': text, 'mitigations/e.yaml': own }))
      .filter(({ code }) => code === 'rule-unreachable')
      .map(({ severity, object, message }) => `${severity} ${object}: ${message}`)
  t.deepEqual(await found(other('action: { type: None }, stopProcessing: true')), [
    'warning Example: the rule n stands behind "Stopgap Another all", which ends the processing, on a server that gets the mitigation Another as well',
  ])
  t.deepEqual(await found(other('action: { type: None }, stopProcessing: true, position: last')), [])
  t.deepEqual(await found(other('action: { type: None }')), [])
})

test('the way around a health check is one more condition where there are some', async (t) => {
  const remedies = async (rest: string) => {
    const spec = `resources:\n  - { kind: rewrite-rule, at: Default Web Site, name: n, match: { url: '.*' }, action: { type: AbortRequest }${rest} }\n`
    const findings = await lintFiles({ 'mitigations/e.yaml': specDocument(spec) })
    return findings.filter(({ code }) => code === 'health-check-blocked').map(({ remedy }) => remedy)
  }
  const entry = "{ input: '{URL}', pattern: '^/[^/]+/healthcheck\\.htm$', negate: true }"
  t.deepEqual(await remedies(''), [`conditions: [${entry}]`])
  const get = "conditions: [{ input: '{REQUEST_METHOD}', pattern: GET }]"
  t.deepEqual(await remedies(`, ${get}`), [`# one more of its conditions\n- ${entry}`])
  t.regex((await remedies(`, logicalGrouping: MatchAny, ${get}`))[0] ?? '', /^Let healthcheck\.htm pass/)
})

test('the health manager is one to be stopped, and not everything is guarded by it', async (t) => {
  const stopped = (...names: readonly string[]) =>
    `resources:\n${names.map((name) => `  - { kind: service, name: ${name}, status: Stopped }\n`).join('')}`
  t.deepEqual(await codes(stopped('MSExchangeUM')), ['warning service-restarted'])
  t.deepEqual(await codes(stopped('MSExchangeUM', 'msexchangehm')), [])
  t.deepEqual(await codes(stopped('MSExchangeHMRecovery')), [])
  t.deepEqual(await codes(stopped('Spooler')), [])
  t.deepEqual(await codes('resources:\n  - { kind: service, name: MSExchangeUM, startType: Disabled }\n'), [])
})
