import test from 'ava'
import type { Headers, Request, Surroundings } from '../../reconciler/rewrite/exchange.ts'
import { untouched, variable } from '../../reconciler/rewrite/variables.ts'
import { AROUND, meets, REQUEST, ruleText } from '../helpers/rewrite.ts'

const SENT = '/content/de%66ault.aspx?tabid=2&x=%41'

interface About {
  readonly request?: Partial<Request>
  readonly around?: Partial<Surroundings>
}

function value(name: string, { request = {}, around = {} }: About = {}): string {
  return variable(name, untouched({ ...REQUEST, url: SENT, ...request }, { ...AROUND, ...around }))
}

const is = test.macro({
  exec(t, name: string, expected: string, about?: About) {
    t.is(value(name, about), expected)
    t.is(value(name.toLowerCase(), about), expected)
  },
  title: (title, name) => `{${name}}${title === undefined || title === '' ? '' : `: ${title}`}`,
})

const PLAIN: About = { request: { https: false, port: 80, host: 'www.mysite.com' } }

test(is, 'QUERY_STRING', 'tabid=2&x=%41')
test('none', is, 'QUERY_STRING', '', { request: { url: '/a' } })
test(is, 'URL', '/content/default.aspx')
test(is, 'PATH_INFO', '/content/default.aspx')
test(is, 'SCRIPT_NAME', '/content/default.aspx')
test('raw', is, 'REQUEST_URI', SENT)
test('decoded', is, 'REQUEST_URI', '/content/default.aspx?tabid=2&x=%41', { around: { reading: 'decoded' } })
test(is, 'UNENCODED_URL', SENT)
test(is, 'HTTP_URL', SENT)
test('before any rewrite', is, 'HTTP_X_ORIGINAL_URL', '')
test('before any rewrite', is, 'IIS_WasUrlRewritten', '')
test('as somebody sent it', is, 'HTTP_X_ORIGINAL_URL', '/z', {
  request: { headers: { 'X-Original-URL': '/z' } },
})
test(is, 'REQUEST_FILENAME', 'C:\\w', { around: { physicalPath: () => 'C:\\w' } })
test('nowhere on disk', is, 'REQUEST_FILENAME', '')
test(is, 'REQUEST_METHOD', 'POST', { request: { method: 'POST' } })
test(is, 'HTTPS', 'ON')
test('without TLS', is, 'HTTPS', 'OFF', PLAIN)
test(is, 'SERVER_PORT_SECURE', '1')
test('without TLS', is, 'SERVER_PORT_SECURE', '0', PLAIN)
test(is, 'SERVER_PORT', '443')
test(is, 'SERVER_NAME', 'www.mysite.com', PLAIN)
test('where none was sent', is, 'HTTP_HOST', 'www.mysite.com', PLAIN)
test('at an unusual port', is, 'HTTP_HOST', 'mail.contoso.example:444', { request: { port: 444 } })
test('as it was sent', is, 'HTTP_HOST', 'h:1', { request: { headers: { host: 'h:1' } } })
test(is, 'CACHE_URL', 'http://www.mysite.com:80/content/default.aspx?tabid=2&x=%41', PLAIN)
test(is, 'CONTENT_TYPE', 'text/xml', { request: { headers: { 'content-type': 'text/xml' } } })
test('no body', is, 'CONTENT_LENGTH', '0')
test(is, 'SERVER_PROTOCOL', 'HTTP/1.1')
test(is, 'REMOTE_USER', '')
test('unknown', is, 'NO_SUCH', '')
test('a name that every object has', is, 'CONSTRUCTOR', '')
test('a header with such a name', is, 'HTTP___PROTO__', '')

const headers = (all: Headers): About => ({ request: { headers: all } })
test(is, 'HTTP_USER_AGENT', 'x', headers({ 'User-Agent': 'x' }))
test('with a dash', is, 'HTTP_User-Agent', 'x', headers({ 'user-agent': 'x' }))
test('not sent', is, 'HTTP_USER_AGENT', '', headers({ User: 'x' }))
test('several of one name', is, 'HTTP_ACCEPT', 'a, b', headers({ Accept: ['a', 'b'] }))
test('written in two ways', is, 'HTTP_ACCEPT', 'a, b', headers({ Accept: 'a', ACCEPT: 'b' }))
test('several', is, 'HTTP_COOKIE', 'a=1; b=2', headers({ Cookie: ['a=1', 'b=2'] }))
test(is, 'ALL_HTTP', 'HTTP_X_A:1\r\nHTTP_B:2, 3\r\n', headers({ 'x-a': '1', B: ['2', '3'] }))
test(is, 'ALL_RAW', 'x-a: 1\r\n', headers({ 'x-a': '1' }))

const given = (variables: Surroundings['variables']): About => ({ around: { variables } })
test('given', is, 'REMOTE_ADDR', '192.0.2.1', given({ Remote_Addr: '192.0.2.1' }))
test('as REMOTE_ADDR', is, 'REMOTE_HOST', '192.0.2.1', given({ REMOTE_ADDR: '192.0.2.1' }))
test('what is given wins', is, 'HTTPS', 'maybe', given({ https: 'maybe' }))

// What rules set.

const set = (name: string, value: string, more = ''): string =>
  `<set name="${name}" value="${value}" ${more} />`
const NONE = 'type="None"'
const seen = (input: string): string =>
  ruleText({
    name: 'seen',
    conditions: `<add input="${input}" pattern="(.*)" />`,
    action: 'type="CustomResponse" statusCode="200" statusReason="{C:0}"',
  })
const reason = (result: ReturnType<typeof meets>): string =>
  result.is === 'response' ? result.reason : result.is

test('HTTP_X is the header x of the request, in lower case with dashes', (t) => {
  const rules = ruleText({ variables: set('HTTP_X_Original_Host', '{HTTP_HOST}'), action: NONE })
  const result = meets(
    { rules, allowed: ['http_x_original_host'] },
    { headers: { 'X-ORIGINAL-host': 'a', B: 'c' } },
  )
  t.like(result, { is: 'pass', requestHeaders: { B: 'c', 'x-original-host': 'mail.contoso.example' } })
  t.deepEqual(Object.keys('requestHeaders' in result ? result.requestHeaders : {}), ['B', 'x-original-host'])
})

test('a name with dashes is the same header', (t) => {
  const rules = ruleText({ variables: set('HTTP_X-A', '1'), action: NONE })
  t.like(meets({ global: rules }, { headers: { 'X-A': '0' } }), { requestHeaders: { 'x-a': '1' } })
  t.is(reason(meets({ global: rules + seen('{HTTP_X_A}') }, '/')), '1')
})

test('what was set is what the action of the same rule and later rules see', (t) => {
  const rules = ruleText({ variables: set('X_PATH', '{R:0}') + set('HTTP_A', '[{X_PATH}]'), action: NONE })
  t.is(reason(meets({ global: rules + seen('{X_PATH}{HTTP_A}') }, '/a')), 'a[a]')
  const same = ruleText({ variables: set('V', 'x'), action: 'type="Redirect" url="/{V}"' })
  t.like(meets({ global: same }, '/a'), { location: '/x' })
})

test('replace="false" sets only what is not there', (t) => {
  const rules = ruleText({ variables: set('HTTP_A', 'new', 'replace="false"'), action: NONE })
  t.like(meets({ global: rules }, { headers: { a: 'old' } }), { requestHeaders: { a: 'old' } })
  t.like(meets({ global: rules }, {}), { requestHeaders: { a: 'new' } })
})

test('without anything set the headers are those that were sent', (t) => {
  const sent = { 'X-A': ['1', '2'] }
  t.like(meets({ rules: ruleText({ action: NONE }) }, { headers: sent }), { requestHeaders: sent })
})

test('a name that is not allowed is an error once the rule acts, and only then', (t) => {
  const rules = {
    rules: ruleText({ url: '^a', variables: set('HTTP_A', '1'), action: 'type="AbortRequest"' }),
  }
  const message =
    'serverVariables[0].name: the server variable "HTTP_A" is not allowed to be set: allowedServerVariables does not have it'
  t.like(meets(rules, '/a'), { is: 'parse-error', error: { rule: 'r', subStatus: 50, message } })
  t.is(meets(rules, '/b').is, 'pass')
})

test('global rules may set what they like', (t) => {
  t.is(meets({ global: ruleText({ variables: set('HTTP_A', '1'), action: NONE }) }, '/a').is, 'pass')
})

// After a rewrite.

// As measured on IIS 10 ("IIS URL Rewrite Module readings", UR9 and UR10).
test('a rewrite changes the URL that some variables show, and others keep what was sent', (t) => {
  const rewrite = ruleText({ url: '^a b$', action: 'type="Rewrite" url="new?z=1"' })
  const shown = (reading: 'raw' | 'decoded', input: string): string =>
    reason(meets({ rules: rewrite + seen(input) }, '/%61%20b?q=%41', { reading }))
  for (const reading of ['raw', 'decoded'] as const) {
    for (const name of ['URL', 'PATH_INFO', 'SCRIPT_NAME']) t.is(shown(reading, `{${name}}`), '/new', name)
    t.is(shown(reading, '{QUERY_STRING} {HTTP_URL}'), 'z=1&q=%41 /new?z=1&q=%41')
    t.is(shown(reading, '{UNENCODED_URL}'), '/%61%20b?q=%41')
    t.is(shown(reading, '{CACHE_URL}'), 'https://mail.contoso.example:443/a b?q=%41')
    t.is(shown(reading, '{IIS_WasUrlRewritten}'), '1')
  }
  t.is(shown('raw', '{REQUEST_URI}'), '/%61%20b?q=%41')
  t.is(shown('decoded', '{REQUEST_URI}'), '/a b?q=%41')
  t.is(shown('raw', '{HTTP_X_ORIGINAL_URL}'), '/a%20b?q=%41')
  t.is(shown('decoded', '{HTTP_X_ORIGINAL_URL}'), '/a b?q=%41')
})

test('an escape that was a letter of its own stays one in the first URL', (t) => {
  const rules = ruleText({ url: '^a', action: 'type="Rewrite" url="/new"' }) + seen('{HTTP_X_ORIGINAL_URL}')
  t.is(reason(meets({ rules }, '/a%2Fb%20c%C3%A9%2541')), '/a/b%20c%C3%A9%2541')
})
