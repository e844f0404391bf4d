import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { LIMITS } from '../../../reconciler/proof/bypass/search.ts'
import { TRANSFORMATIONS, variants } from '../../../reconciler/proof/bypass/variants.ts'
import type { Request } from '../../../reconciler/rewrite/exchange.ts'
import { cooked } from '../../../reconciler/rewrite/url.ts'
import { sent } from '../../helpers/blocked.ts'
import { ROOT } from '../../helpers/code.ts'

const EXPLOIT = sent('GET /autodiscover/autodiscover.json?@evil.example/PowerShell/')

const gives = test.macro<[Request, string, ...string[]]>({
  exec(t, request: Request, name: string, ...urls: string[]) {
    const found = [...variants(request)]
      .filter(({ how }) => how.length === 1 && how[0]?.transformation.name === name)
      .map((variant) => variant.request.url)
    for (const url of urls) t.true(found.includes(url), `${url}\n${found.join('\n')}`)
  },
  title: (_, request, name) => `${name}: ${request.url}`,
})

const PATH = '/autodiscover/autodiscover.json'
const QUERY = '@evil.example/PowerShell/'
test(
  gives,
  EXPLOIT,
  'percent-encoding',
  `${PATH}?@evil.example/%50owerShell/`,
  `${PATH}?@evil.example/%50%6f%77%65%72%53%68%65%6c%6c/`,
  `/%61utodiscover/%61utodiscover.json?${QUERY}`,
)
test(gives, sent('GET /a?b=%70owershell%40x'), 'percent-decoding', '/a?b=powershell%40x')
test(gives, sent('GET /a?b=%6fx%6A'), 'hex case', '/a?b=%6Fx%6A', '/a?b=%6fx%6a')
test(
  gives,
  EXPLOIT,
  'encoded separator',
  `${PATH}?%40evil.example/PowerShell/`,
  `/autodiscover%2fautodiscover.json?${QUERY}`,
  `${PATH}?@evil.example%2fPowerShell/`,
)
test(
  gives,
  sent('GET /a?b=c&d=e+f'),
  'encoded delimiter of parameters',
  '/a?b%3dc&d=e+f',
  '/a?b=c%26d=e+f',
  '/a?b=c&d=e%2bf',
)
test(gives, EXPLOIT, 'double percent-encoding', `${PATH}?@evil.example/%2550owerShell/`)
test(gives, EXPLOIT, '%u encoding', `${PATH}?@evil.example/%u0050owerShell/`)
test(gives, EXPLOIT, 'overlong UTF-8', `${PATH}?@evil.example/%c1%90owerShell/`)
test(gives, EXPLOIT, 'fullwidth letters', `${PATH}?@evil.example/%ef%bc%b0owerShell/`)
test(gives, EXPLOIT, 'case of the path', `${PATH.toUpperCase()}?${QUERY}`)
test(
  gives,
  EXPLOIT,
  'case of the query',
  `${PATH}?@evil.example/pOWERsHELL/`,
  `${PATH}?${QUERY.toUpperCase()}`,
)
test(
  gives,
  EXPLOIT,
  'dot segments',
  `/autodiscover/./autodiscover.json?${QUERY}`,
  `/x/../autodiscover/autodiscover.json?${QUERY}`,
  `/autodiscover/x/%2e%2e/autodiscover.json?${QUERY}`,
)
test(
  gives,
  EXPLOIT,
  'repeated slashes',
  `//autodiscover/autodiscover.json?${QUERY}`,
  `//autodiscover//autodiscover.json?${QUERY}`,
)
test(
  gives,
  EXPLOIT,
  'backslashes',
  `/autodiscover\\autodiscover.json?${QUERY}`,
  `/autodiscover%5cautodiscover.json?${QUERY}`,
)
test(gives, EXPLOIT, 'parameters of path segments', `/autodiscover/autodiscover.json;x?${QUERY}`)
test(gives, sent('GET /owa'), 'trailing slash', '/owa/')
test(gives, sent('GET /a?b=1'), 'an additional parameter', '/a?x=1&b=1', '/a?b=1&x=1', '/a?&b=1')
test(gives, sent('GET /a?b=1&c=2&d=3'), 'another order of parameters', '/a?c=2&b=1&d=3', '/a?d=3&c=2&b=1')
test(gives, sent('GET /a?b=1'), 'a parameter repeated', '/a?b=1&b=', '/a?b=&b=1')
test(gives, sent('GET /a?Email=x&c=2'), 'a parameter as a cookie', '/a?c=2')
test(gives, sent('POST /a?Email=x&c=2'), 'a parameter in the body', '/a?c=2', '/a?Email=x')
test(gives, sent('GET /a/b?c'), 'the query as a part of the path', '/a/c/b', '/a/b/c')
test(gives, sent('GET /a?b=c+d'), 'spaces of parameters', '/a?b=c%20d')
test(gives, EXPLOIT, 'an additional line end', `${PATH}?x=%0a&${QUERY}`, `${PATH}?${QUERY}&x=%e2%80%a8`)
test(gives, EXPLOIT, 'an additional control character', `${PATH}?x=%00&${QUERY}`, `${PATH}?x=%09&${QUERY}`)
test(
  gives,
  EXPLOIT,
  'a line end or space between words',
  `${PATH}?@evil.example/%0aPowerShell/`,
  `${PATH}?@evil.example/+PowerShell/`,
  `/autodiscover/%e2%80%a8autodiscover.json?${QUERY}`,
)
test(gives, EXPLOIT, 'without an address', `${PATH}?evil.example/PowerShell/`, `${PATH}?/PowerShell/`)
test(
  gives,
  EXPLOIT,
  'an address elsewhere',
  `${PATH}?/PowerShell/&@evil.example`,
  `${PATH}?/PowerShell/&Email=@evil.example`,
  '/autodiscover/@evil.example/autodiscover.json?/PowerShell/',
)
test(
  gives,
  EXPLOIT,
  'another name of Autodiscover',
  `/autodiscover/autodiscover.xml?${QUERY}`,
  `/autodiscover/autodiscover.svc?${QUERY}`,
  `/autodiscover/?${QUERY}`,
  `/autodiscover/${QUERY}`,
)
test(gives, sent('GET /ecp/y.js?a'), 'another static file', '/ecp/y.css?a', '/ecp/x.js?a')
test(gives, sent('GET /owa/'), 'the default document', '/owa/default.aspx')
test(gives, sent('GET /owa/default.aspx?a=1'), 'the default document', '/owa/?a=1')

const sendsCookie = test.macro<[string, ...(string | readonly string[])[]]>({
  exec(t, name: string, ...wanted: (string | readonly string[])[]) {
    const request = sent('GET /', { Cookie: 'a-b=1; c=d/e~f' })
    const found = [...variants(request)]
      .filter(({ how }) => how.length === 1 && how[0]?.transformation.name === name)
      .map((variant) => JSON.stringify(variant.request.headers['Cookie']))
    for (const one of wanted) t.true(found.includes(JSON.stringify(one)), `${one}\n${found.join('\n')}`)
  },
  title: (_, name) => name,
})

test(sendsCookie, 'another order of cookies', 'c=d/e~f; a-b=1')
test(sendsCookie, 'an additional cookie', 'x=1; a-b=1; c=d/e~f', 'a-b=1; c=d/e~f; x=1')
test(sendsCookie, 'separators of cookies', 'a-b=1;c=d/e~f', 'a-b=1 ;  c=d/e~f')
test(sendsCookie, 'several Cookie headers', ['a-b=1', 'c=d/e~f'])
test(sendsCookie, 'case of cookie names', 'A-B=1; C=d/e~f')
test(sendsCookie, 'backslashes in a cookie', 'a-b=1; c=d\\e~f')
test(sendsCookie, 'a cookie repeated', 'a-b=1; c=d/e~f; c=x', 'c=x; a-b=1; c=d/e~f')
test(
  sendsCookie,
  'another form of cookie',
  'a%2Db=1; c=d/e~f',
  'a-b=1; c =d/e~f',
  'a-b=1; c="d/e~f"',
  'a-b=1; c=d%2Fe~f',
  'a-b=1; c=d%2Fe%7Ef',
)
test(sendsCookie, 'long padding', `x=${'x'.repeat(2048)}; a-b=1; c=d/e~f`)

const sendsHeader = test.macro<[string, { readonly [name: string]: string }, ...string[]]>({
  exec(t, name, headers, ...expected) {
    const found = [...variants(sent('GET /', headers))]
      .filter(({ how }) => how.length === 1 && how[0]?.transformation.name === name)
      .map(({ request }) => JSON.stringify(request.headers))
    t.deepEqual(found, expected)
  },
  title: (_, name, headers) => `${name}: ${JSON.stringify(headers)}`,
})

const types = 'case of media types and schemes'
test(sendsHeader, types, { 'Content-Type': 'a/b' }, '{"Content-Type":"A/B"}')
test(sendsHeader, types, { 'Content-Type': 'a/b; boundary=c' })
test(sendsHeader, types, { 'Content-Type': 'a/b; charset=d; action="urn:e"' })
test(sendsHeader, types, { 'Content-Type': 'a/b; charset=c' }, '{"Content-Type":"A/B; CHARSET=C"}')
test(
  sendsHeader,
  types,
  { Authorization: 'Basic eDp5' },
  '{"Authorization":"BASIC eDp5"}',
  '{"Authorization":"basic eDp5"}',
)
test(
  sendsHeader,
  'form of media types',
  { 'content-type': 'a/b; c=d' },
  '{"content-type":"a/b;c=d"}',
  '{"content-type":"a/b ; c=d"}',
  '{"content-type":"a/b; c=\\"d\\""}',
)
test(sendsHeader, 'port of the host', { Host: 'a' }, '{"Host":"a:443"}')
test(sendsHeader, 'port of the host', { Host: 'a:443' }, '{"Host":"a"}')
test(sendsHeader, 'port of the host', { Host: 'a:8443' })
test(sendsHeader, 'port of the host', {})
test(sendsHeader, 'case of other headers', { 'X-One': 'a' }, '{"X-One":"A"}')
test(sendsHeader, 'case of other headers', { Cookie: 'a=b', Host: 'c' })
test(sendsHeader, 'a header repeated', { 'X-One': 'a' }, '{"X-One":["x","a"]}', '{"X-One":["a","x"]}')

test('names of headers have no case', (t) => {
  const found = [...variants(sent('GET /', { 'X-One': 'a' }))].map(({ request }) =>
    JSON.stringify(request.headers),
  )
  for (const headers of ['{"X-ONE":"a"}', '{"x-one":"a"}']) t.true(found.includes(headers), headers)
})

test('what names the application is not written in ways that IIS does not read', (t) => {
  const odd = ['double percent-encoding', '%u encoding', 'overlong UTF-8', 'fullwidth letters']
  for (const { request, how } of variants(sent('GET /autodiscover/x.json?abc')))
    if (how.some(({ transformation }) => odd.includes(transformation.name)))
      t.regex(request.url, /^\/+autodiscover[/?]/i)
})

test('only the address of Email is looked for in a cookie', (t) => {
  const names = [...variants(sent('GET /a?Name=x&Email=y'))]
    .filter(({ how }) => how[0]?.transformation.name === 'a parameter as a cookie')
    .map(({ request }) => `${request.url} ${request.headers['Cookie']}`)
  t.deepEqual(names, ['/a?Name=x Email=y'])
})

test('the host in another case is the same host', (t) => {
  const hosts = [...variants(sent('GET /', { Host: 'mail.contoso.example' }))].map(
    ({ request }) => `${request.host} ${request.headers['Host']}`,
  )
  t.true(hosts.includes('MAIL.CONTOSO.EXAMPLE MAIL.CONTOSO.EXAMPLE'))
})

test('every transformation has a name of its own and says who reads it so', (t) => {
  t.is(new Set(TRANSFORMATIONS.map(({ name }) => name)).size, TRANSFORMATIONS.length)
  for (const { meaning } of TRANSFORMATIONS) t.regex(meaning, /^[A-Z].*\.$/)
})

test('what is surely the same comes first', (t) => {
  const order = [...variants(EXPLOIT)]
    .filter(({ how }) => how.length === 1)
    .map(({ confidence }) => confidence)
  t.deepEqual(
    order,
    order.toSorted(
      (a, b) => ['same', 'likely', 'possible'].indexOf(a) - ['same', 'likely', 'possible'].indexOf(b),
    ),
  )
})

const segment = fc.stringMatching(/^[A-Za-z0-9._@%-]{0,12}$/).map((one) => one.replaceAll('%', '%41'))
const url = fc
  .tuple(
    fc.array(segment, { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(segment, segment), { maxLength: 3 }),
  )
  .map(([path, query]) => {
    const text = query.map(([name, value]) => `${name}=${value}`).join('&')
    return `/${path.join('/')}${text === '' ? '' : `?${text}`}`
  })
const cookies = fc.stringMatching(
  /^[A-Za-z-]{1,8}=[A-Za-z0-9/~%]{0,8}(; [A-Za-z-]{1,8}=[A-Za-z0-9/~]{0,8}){0,2}$/,
)
const requests = fc
  .tuple(url, fc.option(cookies))
  .map(([to, cookie]): Request => sent(`GET ${to}`, cookie === null ? {} : { Cookie: cookie }))

/** What IIS and ASP.NET make of a request, by the letter of their documentation. */
function meaning({ url: to, headers }: Request): unknown {
  const { path, query } = cooked(to)
  const decoded = query.replace(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : code.toUpperCase()
  })
  const sorted = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value).trim()])
  return [path.toLowerCase(), decoded, sorted]
}

test('what is called the same is the same', (t) => {
  fc.assert(
    fc.property(requests, (request) => {
      for (const { confidence, request: other, how } of variants(request))
        if (confidence === 'same')
          t.deepEqual(meaning(other), meaning(request), `${how.map((turn) => turn.what)}`)
    }),
    { numRuns: 25 },
  )
})

test('the same ones in the same order, none twice, never the request itself, not too many', (t) => {
  fc.assert(
    fc.property(requests, (request) => {
      const keys = [...variants(request)].map((variant) => JSON.stringify(variant.request))
      t.deepEqual(
        keys,
        [...variants(request)].map((variant) => JSON.stringify(variant.request)),
      )
      t.is(new Set(keys).size, keys.length)
      t.false(keys.includes(JSON.stringify(request)))
      t.true(keys.length < 8000, `${keys.length}`)
    }),
    { numRuns: 10 },
  )
})

test('a long request has no more than a few thousand', (t) => {
  const long = sent(`GET /ecp/${'abcdef/'.repeat(40)}x.js?${'name=value&'.repeat(60)}`, {
    Cookie: Array.from({ length: 40 }, (_, index) => `c${index}=abc/def~`).join('; '),
  })
  t.true([...variants(long)].length < 6000)
})

test('the page of lint names each transformation with what its findings are, and the limits', (t) => {
  const page = readFileSync(join(ROOT, 'docs/lint.md'), 'utf8')
  const severities = { same: 'an error', likely: 'a warning', possible: 'a note' }
  for (const [confidence, severity] of Object.entries(severities)) {
    const row = page.split('\n').find((line) => line.startsWith(`| ${severity} |`))
    t.deepEqual(
      row?.split('|')[3]?.trim().split(', ').toSorted(),
      TRANSFORMATIONS.filter((one) => one.confidence === confidence)
        .map(({ name }) => name)
        .toSorted(),
    )
  }
  const [requests, seconds] = [LIMITS.evaluations / 1000, LIMITS.milliseconds / 1000]
  t.true(page.includes(`(${requests} 000 requests, ${seconds} seconds for a mitigation)`))
})

test('no text is too odd to be written otherwise', (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  fc.assert(
    fc.property(text, text, (to, cookie) => {
      for (const { how } of variants(sent(`GET /${to.replaceAll(' ', '')}`, { Cookie: `a=${cookie}` })))
        if (how.length === 0) t.fail()
    }),
    { numRuns: 15, examples: [['%\ud800?%zz=\u0000', '\ud800;;=%']] },
  )
  t.pass()
})
