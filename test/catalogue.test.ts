import test from 'ava'
import fc from 'fast-check'
import { kinds } from '../reconciler/kinds/registry.ts'
import type { Facts } from '../reconciler/model/facts.ts'
import type { Verdict } from '../reconciler/model/verdict.ts'
import { check } from '../reconciler/stages/load.ts'
import { resolve } from '../reconciler/stages/resolve.ts'
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
const PUBLISHED = ['(.*)X-AnonResource-Backend(.*)', '(.*)X-BEResource=(.+)/(.+)~(.+)']

function cookiePatterns(): readonly { readonly shipped: RegExp; readonly published: RegExp }[] {
  return named('ProxyLogon-SSRF').resources.map(({ entry }, index) => {
    const { conditions } = entry as { readonly conditions: readonly { readonly pattern: string }[] }
    return {
      shipped: new RegExp(conditions[0]?.pattern ?? '', 'i'),
      published: new RegExp(PUBLISHED[index] ?? '', 'i'),
    }
  })
}

test('shipped cookie patterns match what the published ones match', (t) => {
  const piece = fc.constantFrom(
    'X-BEResource=',
    'x-beresource=',
    'X-AnonResource-Backend',
    'X-BE',
    '/',
    '~',
    'a',
    '=',
    '; ',
    '.',
    '~~',
    '//',
  )
  for (const { shipped, published } of cookiePatterns()) {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const cookie = pieces.join('')
        t.is(shipped.test(cookie), published.test(cookie), cookie)
      }),
      { numRuns: 3000 },
    )
  }
})

test('shipped cookie patterns take linear time on hostile cookies', (t) => {
  const hostile = [
    'a'.repeat(64_000),
    `X-BEResource=${'/a'.repeat(20)}`.repeat(1_200),
    'X-BEResource='.repeat(5_000),
  ]
  for (const { shipped } of cookiePatterns())
    for (const cookie of hostile) {
      const start = performance.now()
      shipped.test(cookie)
      const took = performance.now() - start
      t.true(took < 250, `${String(shipped)} took ${Math.round(took)} ms for ${cookie.length} characters`)
    }
})
