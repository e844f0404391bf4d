import test from 'ava'
import { blockedOf } from '../../../reconciler/proof/bypass/blocked.ts'
import { searchBypasses } from '../../../reconciler/proof/bypass/search.ts'
import type { Request } from '../../../reconciler/rewrite/exchange.ts'
import { limited, limitedEach } from '../../../reconciler/util/limited.ts'
import { abortRule, blockedBy, HISTORY, sent } from '../../helpers/blocked.ts'

const EXPLOIT = sent('GET /autodiscover/autodiscover.json?@evil.example/PowerShell/')

test('the number of evaluations is kept, and said when it ended the search', (t) => {
  let asked = 0
  const { evaluations, ended } = searchBypasses(
    [EXPLOIT, EXPLOIT],
    (requests) => {
      asked += requests.length
      return requests.map(() => true)
    },
    { evaluations: 100, milliseconds: 10_000 },
  )
  t.is(ended, 'evaluations')
  t.is(evaluations, 100)
  t.is(asked, 100)
})

test('the time is kept, and what was found by then counts', (t) => {
  const { bypasses, ended } = searchBypasses(
    [EXPLOIT],
    (requests) =>
      requests.map(({ url }) => {
        // A pattern that backtracks for ever, from the first change that does not pass.
        if (url.includes('autodiscover.xml')) /^(a+)+$/.test(`${'a'.repeat(60)}!`)
        return !url.includes('%50')
      }),
    { evaluations: 20_000, milliseconds: 300 },
  )
  t.is(ended, 'time')
  t.is(bypasses[0]?.request.url, '/autodiscover/autodiscover.json?@evil.example/%50owerShell/')
})

test('time limits within the limit of the search, as a web server has them, do not get in its way', (t) => {
  const slow = (requests: readonly Request[]): readonly ('unknown' | boolean)[] =>
    limitedEach(20, requests, ({ url }) =>
      url.includes('autodiscover.xml') ? !/^(a+)+$/.test(`${'a'.repeat(60)}!`) : true,
    ).map((one) => (one.is === 'done' ? one.value : 'unknown'))
  const whole = searchBypasses([EXPLOIT], slow, { evaluations: 20_000, milliseconds: 60_000 })
  t.is(whole.ended, 'complete')
  t.true(whole.unknown > 0)
  t.is(searchBypasses([EXPLOIT], slow, { evaluations: 20_000, milliseconds: 100 }).ended, 'time')
  // The limits still work for whoever comes next.
  t.deepEqual(
    limited(1000, () => 'done'),
    { is: 'done', value: 'done' },
  )
  t.is(limited(20, () => /^(a+)+$/.test(`${'a'.repeat(60)}!`)).is, 'timeout')
})

test('nothing is searched from a request that is not blocked', (t) => {
  const other = sent('GET /owa/')
  const search = searchBypasses([other, EXPLOIT], blockedBy(HISTORY[2]))
  t.deepEqual(search.notBlocked, [0])
  t.deepEqual([...new Set(search.bypasses.map((bypass) => bypass.test))], [1])
})

test('without a blocked request there is nothing to search', (t) => {
  const search = searchBypasses([], () => t.fail() as never)
  t.deepEqual(search, { bypasses: [], evaluations: 0, unknown: 0, ended: 'complete', notBlocked: [] })
})

test('what passes in one reading only is less sure', (t) => {
  const { bypasses } = searchBypasses([sent('GET /ecp/abc')], blockedBy(abortRule('{REQUEST_URI}', '^/ecp/')))
  const encoding = bypasses.find(({ how }) => how[0]?.transformation.name === 'percent-encoding')
  t.like(encoding, { readings: 'one', confidence: 'likely', request: { url: '/%65cp/abc' } })
})

test('what passes in both readings is shown rather than what passes in one', (t) => {
  const { bypasses } = searchBypasses(
    [sent('GET /ecp/x?cmd')],
    blockedBy(abortRule('{REQUEST_URI}', '^/ecp/x.cmd$')),
  )
  const encoding = bypasses.find(({ how }) => how.length === 1 && how[0]?.transformation.group === 'encoding')
  t.like(encoding, { readings: 'both', confidence: 'same', request: { url: '/ecp/x?%63md' } })
})

test('what nobody can tell is no way around, and is counted', (t) => {
  const { bypasses, unknown, evaluations } = searchBypasses([EXPLOIT], (requests) =>
    requests.map((request) => (request === EXPLOIT ? true : 'unknown')),
  )
  t.deepEqual(bypasses, [])
  t.is(unknown, evaluations - 1)
})

test('a request that only two changes take through', (t) => {
  const rules = {
    rules: [
      '<rule name="a"><match url=".*" /><conditions><add input="{QUERY_STRING}" pattern="command" /></conditions><action type="AbortRequest" /></rule>',
      '<rule name="b"><match url="\\.js$" /><action type="AbortRequest" /></rule>',
    ].join(''),
  }
  const { bypasses } = searchBypasses([sent('GET /ecp/page.js?a=command')], blockedBy(rules))
  const [first] = bypasses
  t.deepEqual(
    first?.how.map(({ transformation }) => transformation.name),
    ['another static file', 'percent-encoding'],
  )
  t.like(first, { confidence: 'likely', readings: 'both' })
  // Of the wide change that pairs are made with, only what is needed is left.
  t.regex(String(first?.request.url), /^\/ecp\/page\.css\?a=c?o?m?m?a?n?d?%[0-9a-f]{2}[a-z]*$/)
  t.true(bypasses.length <= 8, `${bypasses.length}`)
})

test('a change of many characters is made smaller as long as it passes', (t) => {
  const needsTwo = (requests: readonly Request[]): readonly boolean[] =>
    requests.map(({ url }) => (url.match(/%/g)?.length ?? 0) < 3)
  const { bypasses } = searchBypasses([EXPLOIT], needsTwo)
  const encoding = bypasses.find(({ how }) => how[0]?.transformation.name === 'percent-encoding')
  t.is(encoding?.request.url.match(/%/g)?.length, 3)
})

test('the same twice', (t) => {
  const search = (): unknown => JSON.stringify(searchBypasses([EXPLOIT], blockedBy(HISTORY[3])))
  t.is(search(), search())
})

test('a rule that blocks nothing but one text gives a handful', (t) => {
  const { bypasses } = searchBypasses([EXPLOIT], (requests) => requests.map((request) => request === EXPLOIT))
  t.true(bypasses.length >= 8 && bypasses.length <= 11, `${bypasses.length}`)
  t.is(bypasses[0]?.confidence, 'same')
  t.true(bypasses.every(({ how }) => how.length === 1))
})

test('a fault of who is asked comes through', (t) => {
  t.throws(() =>
    searchBypasses([EXPLOIT], () => {
      throw new Error('no')
    }),
  )
})

test('what a server answers: blocked, let through, one of both, or nobody can tell', (t) => {
  const common = { trace: [], served: null }
  const abort = { is: 'abort', ...common } as const
  const pass = { is: 'pass', url: '/', requestHeaders: {}, ...common } as const
  const late = { is: 'timeout', milliseconds: 200, ...common } as const
  const error = { rule: null, subStatus: 50, message: 'x' } as const
  t.true(blockedOf({ raw: abort, decoded: abort }))
  t.false(blockedOf({ raw: pass, decoded: pass }))
  t.is(blockedOf({ raw: abort, decoded: pass }), 'differs')
  t.is(blockedOf({ raw: late, decoded: pass }), 'unknown')
  // A site that answers everything with an error protects nobody.
  t.is(blockedOf({ raw: { is: 'parse-error', error, ...common }, decoded: abort }), 'unknown')
  t.true(blockedOf({ raw: { is: 'stopped', status: 503, what: 'pool', why: '', ...common }, decoded: abort }))
})

test('what is made of a doubtful request is no surer than it is', (t) => {
  const words = (url: string): boolean => /autodiscover.*(powershell|%2550ower)/i.test(url)
  const search = (...lines: readonly string[]): readonly string[] =>
    searchBypasses(
      lines.map((line) => sent(line)),
      (requests) => requests.map(({ url }) => words(url)),
    ).bypasses.map(({ confidence, test: from }) => `${confidence} ${from}`)
  const doubtful = 'GET /autodiscover/autodiscover.json?@evil.example/%2550owerShell/'
  t.deepEqual([...new Set(search(doubtful))], ['possible 0'])
  t.is(search(doubtful, 'GET /autodiscover/autodiscover.json?@evil.example/PowerShell/')[0], 'same 1')
  const cookie = sent('GET /', { Cookie: 'X%2DName=a' })
  const found = searchBypasses([cookie], (requests) => requests.map((request) => request === cookie))
  t.true(found.bypasses.every(({ confidence }) => confidence === 'possible'))
})
