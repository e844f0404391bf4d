import test from 'ava'
import { away, becomes, one, ruleText, to } from '../helpers/rewrite.ts'

const ABORT = 'type="AbortRequest"'

test(
  'a rewrite keeps the query',
  becomes,
  one({ url: '^a/(.*)', action: to('b.aspx?id={R:1}') }),
  '/a/7?q=1',
  'rewrite /b.aspx?id=7&q=1',
)
test(
  'a rewrite drops the query',
  becomes,
  one({ action: to('b', 'appendQueryString="false"') }),
  '/a?q=1',
  'rewrite /b',
)
test(
  'a rewrite with its own query alone',
  becomes,
  one({ action: to('/b?x=1', 'appendQueryString="False"') }),
  '/a?q=1',
  'rewrite /b?x=1',
)
test('a rewrite without any query', becomes, one({ action: to('/b?') }), '/a', 'rewrite /b')
test(
  'a rewrite to another host stays one',
  becomes,
  one({ action: to('http://back:81/x/{R:0}') }),
  '/a?q',
  'rewrite http://back:81/x/a?q',
)
test(
  'a rewrite of a folder stays below it',
  becomes,
  { below: { owa: ruleText({ action: to('article.aspx') }) } },
  '/OWA/x',
  'rewrite /owa/article.aspx',
)
test(
  'a rewrite of a folder may go to the root',
  becomes,
  { below: { owa: ruleText({ action: to('/a') }) } },
  '/owa/x',
  'rewrite /a',
)
test(
  'a rewrite may go up',
  becomes,
  { below: { 'owa/auth': ruleText({ action: to('../a') }) } },
  '/owa/auth/x',
  'rewrite /owa/a',
)

test(
  'dot segments of a path from the root',
  becomes,
  one({ action: to('/a/../{R:0}/./c') }),
  '/b',
  'rewrite /b/c',
)
test(
  'dot segments of another server',
  becomes,
  one({ action: to('http://h/a/../b') }),
  '/',
  'rewrite http://h/a/../b',
)

for (const [type, status] of Object.entries({ Permanent: 301, Found: 302, SeeOther: 303, Temporary: 307 })) {
  test(
    `a redirect ${type}`,
    becomes,
    one({ action: away('b', `redirectType="${type}"`) }),
    '/a',
    `redirect ${status} /b`,
  )
}
test(
  'a redirect keeps the query',
  becomes,
  one({ action: away('https://h/{R:0}?x=1') }),
  '/a?q=1',
  'redirect 301 https://h/a?x=1&q=1',
)
test(
  'a redirect of a folder',
  becomes,
  { below: { owa: ruleText({ action: away('b') }) } },
  '/owa/a',
  'redirect 301 /owa/b',
)
test(
  'a redirect with a decoded line end does not make a header',
  becomes,
  one({ action: away('/{UrlDecode:{QUERY_STRING}}', 'appendQueryString="false"') }),
  '/?a%0d%0aX:1',
  'redirect 301 /a%0D%0AX:1',
)
test(
  'a redirect keeps what is encoded',
  becomes,
  one({ action: away('/b') }),
  '/a?q=%41+%20',
  'redirect 301 /b?q=%41+%20',
)

const FORBIDDEN =
  'type="CustomResponse" statusCode="403" subStatusCode="7" statusReason="No {REQUEST_METHOD}" statusDescription="{R:0}"'
test('a response of its own', becomes, one({ action: FORBIDDEN }), '/a', 'response 403.7 No GET|a')
test('an abort', becomes, one({ action: ABORT }), '/a', 'abort')
test('None does nothing', becomes, one({ action: 'type="None"' }), '/%61?q', 'pass /%61?q')
