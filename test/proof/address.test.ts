import test from 'ava'
import fc from 'fast-check'
import { addressed, type UsualScheme, type Written } from '../../reconciler/proof/address.ts'

interface Expected {
  readonly url: string
  readonly https: boolean
  readonly host: string
  readonly port: number
  readonly site: string | null
}

const goesTo = test.macro<[Written, Expected, UsualScheme?]>({
  exec: (t, written, expected, usual) => {
    const found = addressed(written, usual)
    if (found.is !== 'request') return t.fail(found.why)
    const { url, https, host, port } = found.request
    t.deepEqual({ url, https, host, port, site: found.site }, expected)
    t.is(found.request.method, written.method)
  },
  title: (_, written) => `${written.method} ${written.url} ${JSON.stringify(written.headers ?? {})}`,
})

const site = 'Default Web Site'
test(
  goesTo,
  { method: 'GET', url: '/owa/' },
  { url: '/owa/', https: true, host: 'localhost', port: 443, site },
)
test(
  goesTo,
  { method: 'GET', url: '/a' },
  { url: '/a', https: false, host: 'localhost', port: 80, site },
  'http',
)
test(
  goesTo,
  { method: 'POST', url: 'https://mail.contoso.example:444/EWS?a=/b' },
  { url: '/EWS?a=/b', https: true, host: 'mail.contoso.example', port: 444, site: null },
)
test(
  goesTo,
  { method: 'GET', url: 'HTTP://Mail?x' },
  { url: '/?x', https: false, host: 'Mail', port: 80, site: null },
)
test(
  goesTo,
  { method: 'GET', url: 'https://[::1]/a#top' },
  { url: '/a', https: true, host: '[::1]', port: 443, site: null },
)
test(
  goesTo,
  { method: 'GET', url: '/a', headers: { HOST: 'mail.contoso.example' } },
  { url: '/a', https: true, host: 'mail.contoso.example', port: 443, site },
)
test(
  goesTo,
  { method: 'GET', url: '/a', headers: { Host: 'mail:444' } },
  { url: '/a', https: true, host: 'mail', port: 444, site: null },
)
test(
  goesTo,
  { method: 'GET', url: '/a', headers: { Host: 'mail:80' } },
  { url: '/a', https: false, host: 'mail', port: 80, site: null },
)
test(
  goesTo,
  { method: 'GET', url: 'https://front/a', headers: { Host: 'mail' } },
  { url: '/a', https: true, host: 'mail', port: 443, site: null },
)
test(
  goesTo,
  { method: 'GET', url: '/a b%2F%zz?c d' },
  { url: '/a%20b%2F%zz?c%20d', https: true, host: 'localhost', port: 443, site },
)
test(goesTo, { method: 'GET', url: '?q' }, { url: '/?q', https: true, host: 'localhost', port: 443, site })

const unsendable: readonly (readonly [Written, RegExp])[] = [
  [{ method: 'GET', url: 'owa' }, /neither a path/],
  [{ method: 'GET', url: 'ftp://a/' }, /neither a path/],
  [{ method: 'G T', url: '/' }, /is not a method/],
  [{ method: '', url: '/' }, /is not a method/],
  [{ method: 'GET', url: '/\r\nX: y' }, /control character/],
  [{ method: 'GET', url: '/\u0000' }, /control character/],
  [{ method: 'GET', url: 'https:///a' }, /is not a host/],
  [{ method: 'GET', url: 'https://me@mail/a' }, /is not a host/],
  [{ method: 'GET', url: 'https://mail:99999/a' }, /is not a host/],
  [{ method: 'GET', url: '/', headers: { 'a b': 'c' } }, /name of a header/],
  [{ method: 'GET', url: '/', headers: { a: ['b', 'c\nd'] } }, /the header a has/],
  [{ method: 'GET', url: '/', headers: { Host: 'a/b' } }, /is not a host/],
]

for (const [written, why] of unsendable) {
  test(`cannot be sent: ${JSON.stringify(written)}`, (t) => {
    const found = addressed(written)
    t.is(found.is, 'fault')
    if (found.is === 'fault') t.regex(found.why, why)
  })
}

test('a tab may stand in a header, and headers stay as they were written', (t) => {
  const headers = { 'X-A': 'a\tb', Cookie: ['a=b', 'c=d'] }
  const found = addressed({ method: 'GET', url: '/', headers })
  t.is(found.is === 'request' && found.request.headers, headers)
})

test('whatever is written is a request or a fault, and the URL of a request has nothing that ends it', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '/', 'http://a', 'https://a:1/'),
      (text, start) => {
        const found = addressed({ method: 'GET', url: start + text })
        if (found.is === 'request') t.regex(found.request.url, /^\/[^ \r\n]*$/)
        else t.not(found.why, '')
      },
    ),
    { numRuns: 500 },
  )
})
