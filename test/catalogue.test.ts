import test from 'ava'
import fc from 'fast-check'
import { kinds } from '../reconciler/kinds/registry.ts'
import type { Facts } from '../reconciler/model/facts.ts'
import type { Verdict } from '../reconciler/model/verdict.ts'
import { check } from '../reconciler/stages/load.ts'
import { resolve } from '../reconciler/stages/resolve.ts'
import { effort } from './helpers/effort.ts'
import { shipped, shippedSnapshot } from './helpers/shipped.ts'

const NOW = Date.UTC(2026, 10, 1)
const catalogue = shipped()
const named = (name: string): (typeof catalogue.mitigations)[number] => {
  const found = catalogue.mitigations.find((mitigation) => mitigation.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

test('the shipped folders have no fault and no warning, today and in ten years', (t) => {
  for (const now of [NOW, Date.UTC(2036, 0, 1)])
    t.deepEqual(check(shippedSnapshot(), kinds, { now }).diagnostics, [])
})

test('a file for each mitigation, named after it', (t) => {
  for (const { name, origin } of catalogue.mitigations) t.is(origin.file, `mitigations/${name}.yaml`)
})

test('what a person must have switched on knowingly is optIn, and has a checklist', (t) => {
  const optIn = catalogue.mitigations.filter((mitigation) => mitigation.optIn)
  t.deepEqual(
    optIn.map(({ name }) => name),
    [
      'BasicAuth-Autodiscover',
      'ExtendedProtection',
      'ProxyLogon-ECP',
      'ProxyLogon-OAB',
      'ProxyLogon-UM',
      'TokenCacheModule',
    ],
  )
  for (const { checklist, sideEffects } of optIn) t.true(checklist.length > 0 && sideEffects.length > 0)
})

test('whoever rewrites requests brings attacks and ordinary requests as tests', (t) => {
  for (const name of ['M1', 'ProxyLogon-SSRF']) {
    const expected = named(name).tests.map((one) => (one as { readonly expect: string }).expect)
    t.true(expected.includes('blocked') && expected.includes('passed'), name)
  }
  t.true(named('M2').tests.length >= 4)
})

const facts = (name: string, exchange: string): Facts => ({
  name,
  roles: ['Mailbox'],
  exchange,
  os: '10.0.20348.2000',
  iis: '10.0',
  urlRewrite: '7.2.1993',
  setup: 'idle',
  maintenance: false,
  environment: {},
})

const decides = test.macro(
  (t, server: string, exchange: string, expected: { readonly [mitigation: string]: Verdict }) => {
    const { decisions } = resolve(catalogue, facts(server, exchange), kinds, {
      now: { time: NOW, trusted: true },
      retireAfter: 0,
      fixedSince: {},
      server,
      versions: () => ({ is: 'here', digest: 'sha256:0', value: '10.0.20348.1' }),
    })
    const verdicts = Object.fromEntries(decisions.map(({ mitigation, verdict }) => [mitigation, verdict]))
    t.like(verdicts, expected)
  },
)
test('an unpatched Exchange 2016 CU23', decides, 'ex01', '15.1.2507.6', {
  PING1: 'enforced',
  M1: 'enforced',
  M2: 'enforced',
  'ProxyLogon-SSRF': 'fixed',
  'ProxyLogon-UM': 'fixed',
  'BasicAuth-Autodiscover': 'audit',
  ExtendedProtection: 'not-applicable',
  TokenCacheModule: 'audit',
})
test('an unpatched Exchange 2019 CU12', decides, 'ex02', '15.2.1118.7', {
  M1: 'enforced',
  M2: 'enforced',
  'ProxyLogon-SSRF': 'fixed',
  'ProxyLogon-UM': 'not-applicable',
  'BasicAuth-Autodiscover': 'blocked',
  ExtendedProtection: 'not-applicable',
  TokenCacheModule: 'not-selected',
})
test('Exchange SE with the July 2026 update', decides, 'ex03', '15.2.2562.45', {
  PING1: 'enforced',
  M1: 'fixed',
  M2: 'fixed',
  'ProxyLogon-SSRF': 'fixed',
  ExtendedProtection: 'not-selected',
})
test('Exchange SE with the June 2026 update keeps M2', decides, 'ex03', '15.2.2562.43', { M2: 'enforced' })
test('Exchange 2019 CU8 of 2020', decides, 'ex01', '15.2.792.3', {
  M1: 'enforced',
  'ProxyLogon-SSRF': 'enforced',
})

// The shipped patterns against the published ones that they stand for.
const ANON = '(.*)X-AnonResource-Backend(.*)'
const BACK_END = '(.*)X-BEResource=(.+)/(.+)~(.+)'

function cookiePattern(index: number): RegExp {
  const { entry } = named('ProxyLogon-SSRF').resources[index] as { readonly entry: unknown }
  const { conditions } = entry as { readonly conditions: readonly { readonly pattern: string }[] }
  return new RegExp(conditions[0]?.pattern ?? '', 'i')
}

const PIECES = [
  'X-BEResource=',
  'x-beresource=',
  'X-AnonResource-Backend',
  'X-BE',
  'ex01',
  '1942062522',
  '/',
  '~',
  'a',
  '=',
  '.',
  '\\',
  '#',
]
const cookies = fc.array(fc.constantFrom(...PIECES, '; '), { maxLength: 14 }).map((pieces) => pieces.join(''))

test('the pattern of the anonymous cookie matches what the published one matches', (t) => {
  const [shipped, published] = [cookiePattern(0), new RegExp(ANON, 'i')]
  fc.assert(
    fc.property(cookies, (cookie) => {
      t.is(shipped.test(cookie), published.test(cookie), cookie)
    }),
    { numRuns: 3000 },
  )
})

test('the pattern of the routing cookie matches each cookie that the published one matches, and more', (t) => {
  const [shipped, published] = [cookiePattern(1), new RegExp(BACK_END, 'i')]
  fc.assert(
    fc.property(cookies, (header) => {
      // The published one looks beyond the end of a cookie, where Exchange does not read on.
      if (header.split(';').some((cookie) => published.test(cookie))) t.true(shipped.test(header), header)
    }),
    { numRuns: 3000 },
  )
  for (const passed of [
    'X-BEResource=a]@ex01:444\\ecp#~1',
    'X-BEResource=ex02:8080#~1',
    'X-BEResource=ex02/~1',
  ]) {
    t.false(published.test(passed), passed)
    t.true(shipped.test(passed), passed)
  }
})

test('the pattern of the routing cookie lets through what Exchange writes', (t) => {
  const server = fc.stringMatching(/^[A-Za-z0-9_-]{1,15}(\.[a-z0-9-]{1,20}){0,3}$/)
  const written = fc.tuple(server, fc.nat()).map(([name, version]) => `X-BEResource=${name}~${version}`)
  const others = fc.array(fc.constantFrom('a=/b~c', 'X-BackEndCookie=u56/87~p=', 'ClientId=1'), {
    maxLength: 3,
  })
  fc.assert(
    fc.property(written, others, others, (cookie, before, after) => {
      t.notRegex([...before, cookie, ...after].join('; '), cookiePattern(1))
    }),
    { numRuns: 1000 },
  )
})

test('the published form of M1 ends at a line end, ours does not', (t) => {
  const { entry } = named('M1').resources[0] as { readonly entry: unknown }
  const { conditions } = entry as { readonly conditions: readonly { readonly pattern: string }[] }
  const [shipped, published] = [
    new RegExp(conditions[0]?.pattern ?? '', 'i'),
    /(?=.*autodiscover)(?=.*powershell)/i,
  ]
  const word = fc.constantFrom('autodiscover', 'PowerShell', '\n', '\r', ' ', '/', 'a', 'auto', '?')
  let more = 0
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      const url = words.join('')
      if (published.test(url)) t.true(shipped.test(url), url)
      else if (shipped.test(url)) more += 1
    }),
    { numRuns: 3000 },
  )
  t.true(more > 0)
})

/** The time of the longest of some tries of a pattern, in milliseconds. */
function slowest(pattern: RegExp, texts: readonly string[]): number {
  return Math.max(...texts.map((text) => effort(() => pattern.test(text))))
}

test('shipped patterns take linear time on hostile text', (t) => {
  const hostile = [
    'a'.repeat(64_000),
    `X-BEResource=${'/a'.repeat(20)}`.repeat(1_200),
    'X-BEResource='.repeat(5_000),
    `X-BEResource=${' '.repeat(64_000)}`,
    `X-BEResource=${'a'.repeat(64_000)}`,
    'autodiscover'.repeat(5_000),
    'powershell%u'.repeat(5_000),
    `autodiscover${'%u00'.repeat(16_000)}`,
    'charset='.repeat(8_000),
    `charset${' '.repeat(64_000)}`,
  ]
  for (const { resources } of [named('M1'), named('ProxyLogon-SSRF')])
    for (const { entry } of resources)
      for (const { pattern } of (entry as { conditions: readonly { pattern: string }[] }).conditions) {
        const took = slowest(new RegExp(pattern, 'i'), hostile)
        t.true(took < 250, `${pattern} took ${Math.round(took)} ms`)
      }
})
