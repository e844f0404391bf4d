import test from 'ava'
import fc from 'fast-check'
import { addressEncode, htmlEncode, urlDecode, urlEncode } from '../../reconciler/rewrite/coding.ts'
import { cooked } from '../../reconciler/rewrite/url.ts'

const path = test.macro({
  exec(t, url: string, expected: string) {
    t.is(cooked(url).path, expected)
    t.is(cooked(url).refused, null)
  },
  title: (_, url, expected) => `${url} is the path ${expected}`,
})

test(path, '/owa/', '/owa/')
test(path, '', '/')
test(path, '?a', '/')
test(path, '*', '*')
test(path, '/%6fwa/%41', '/owa/A')
test(path, '/%6Fwa', '/owa')
test(path, '/a%2Fb', '/a/b')
test(path, '/a%5Cb\\c', '/a/b/c')
test(path, '/a//b///c', '/a/b/c')
test(path, '/a%2f%2Fb', '/a/b')
test(path, '/a/./b/../c', '/a/c')
test(path, '/a/%2e%2e/b', '/b')
test(path, '/../../a', '/a')
test(path, '/a/..', '/')
test(path, '/a/b/.', '/a/b/')
test(path, '/a/...', '/a/...')
test(path, '/.well-known/x', '/.well-known/x')
test(path, '/%2541', '/%41')
test(path, '/%u0041%U0042', '/AB')
test(path, '/caf%c3%a9', '/café')
test(path, '/%e2%82%ac', '/€')
test(path, '/caf%e9', '/café')
test(path, '/%c0%af', '/À¯')
test(path, '/a%3Fb%23', '/a?b#')
test(path, '/a+b', '/a+b')
test(path, '/%EF%BB%BFa', '/\ufeffa')

test('the query is as it was sent', (t) => {
  t.deepEqual(cooked('/a?b=%41&c=../d//e?f'), { path: '/a', query: 'b=%41&c=../d//e?f', refused: null })
})

test('what HTTP.sys answers 400 to is said', (t) => {
  for (const url of ['/%', '/%4', '/%zz', '/%u00', '/a%0ab', '/a%00', '/%7f', '/%c2%85']) {
    t.not(cooked(url).refused, null, url)
  }
  t.is(cooked('/a?%zz%00').refused, null)
})

test('a path that was cooked has nothing left to cook away but escapes', (t) => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '\\',
    'a',
    '%2e',
    '%2f',
    '%5c',
    '%41',
    '%c3%a9',
    '%e9',
    '%u002f',
    '//',
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const { path } = cooked(`/${pieces.join('')}`)
      t.regex(path, /^\//)
      t.notRegex(path, /\/\/|\\|%|\/\.\.?(\/|$)/)
      t.is(cooked(path).path, path)
    }),
    { numRuns: 1000 },
  )
})

test('UrlDecode decodes once, and leaves what is no escape', (t) => {
  t.is(urlDecode('%50owershell'), 'Powershell')
  t.is(urlDecode('%2550'), '%50')
  t.is(urlDecode('%zz%4+%u0041 %'), '%zz%4+%u0041 %')
  t.is(urlDecode('%C3%A9%e2%82%AC'), 'é€')
  t.is(urlDecode('%00%0a'), '\0\n')
})

test('bytes that are no UTF-8 hide no letter behind them', (t) => {
  t.is(urlDecode('%c0%70owershell'), '\ufffdpowershell')
  t.is(urlDecode('%e2%82powershell'), '\ufffdpowershell')
  // An overlong p is no p.
  t.notRegex(urlDecode('%c1%b0owershell'), /powershell/)
})

test('UrlEncode is undone by UrlDecode and leaves only what needs no encoding', (t) => {
  t.is(urlEncode("a b/?&=+é'()*!~-_."), 'a%20b%2F%3F%26%3D%2B%C3%A9%27%28%29%2A%21~-_.')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      t.regex(urlEncode(text), /^[A-Za-z0-9._~%-]*$/)
      t.is(urlDecode(urlEncode(text)), text.toWellFormed())
    }),
  )
})

test('UrlDecode never throws', (t) => {
  const piece = fc.constantFrom('%', '%4', '%41', '%c3', '%a9', '%ff', '%u', 'a', 'é', '+')
  fc.assert(fc.property(fc.array(piece), (pieces) => t.is(typeof urlDecode(pieces.join('')), 'string')))
})

test('an address for a header has nothing that could end the header, and what is encoded stays', (t) => {
  t.is(addressEncode('/a b\r\nSet-Cookie: x=1'), '/a%20b%0D%0ASet-Cookie:%20x=1')
  t.is(addressEncode('https://h/%41?b=c&d#e;@é'), 'https://h/%41?b=c&d#e;@%C3%A9')
  t.is(addressEncode('"<>^`{|}\\'), '%22%3C%3E%5E%60%7B%7C%7D%5C')
})

test('HtmlEncode', (t) => t.is(htmlEncode(`<a b="c&d'">`), '&lt;a b=&quot;c&amp;d&#39;&quot;&gt;'))
