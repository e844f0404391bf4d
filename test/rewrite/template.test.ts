import test from 'ava'
import fc from 'fast-check'
import { danglingIn, expand } from '../../reconciler/rewrite/expand.ts'
import { indexMaps } from '../../reconciler/rewrite/maps.ts'
import { parseTemplate, piecesIn, type Template } from '../../reconciler/rewrite/template.ts'

const MAPS = indexMaps([
  {
    name: 'Static',
    defaultValue: 'none',
    ignoreCase: true,
    entries: [
      ['/A', '1'],
      ['/a', '2'],
      ['k-v', 'both'],
    ],
  },
  {
    name: 'Cased',
    defaultValue: '',
    ignoreCase: false,
    entries: [
      ['A', '1'],
      ['a', '2'],
    ],
  },
  { name: 'constructor', defaultValue: 'mapped', ignoreCase: true, entries: [] },
])

const VARIABLES: { readonly [name: string]: string } = {
  REQUEST_URI: '/A?x=%2550',
  QUERY_STRING: 'x=%2550',
  P: '/a',
}

function template(text: string): Template {
  const parsed = parseTemplate(text, MAPS)
  if (parsed.is === 'fault') throw new Error(parsed.why)
  return parsed.pieces
}

function expanded(text: string): string {
  const variable = (name: string): string => VARIABLES[name] ?? ''
  return expand(template(text), { variable, R: ['r0', 'k'], C: ['c0', 'v'] })
}

const stands = test.macro({
  exec(t, text: string, expected: string) {
    t.is(expanded(text), expected)
  },
  title: (_, text, expected) => `${text} stands for ${JSON.stringify(expected)}`,
})

test(stands, '', '')
test(stands, 'a:b/c?d', 'a:b/c?d')
test(stands, '{R:0}-{R:1}/{C:1}', 'r0-k/v')
test(stands, '{r:1}{c:0}', 'kc0')
test(stands, '{P}', '/a')
test(stands, 'x{UNKNOWN}y', 'xy')
test(stands, '{UrlDecode:{REQUEST_URI}}', '/A?x=%50')
test(stands, '{ToLower:{UrlDecode:{UrlDecode:{QUERY_STRING}}}}', 'x=p')
test(stands, '{tolower:ABC}', 'abc')
test(stands, '{UrlEncode:a b{R:1}}c', 'a%20bkc')
test(stands, '{HtmlEncode:<{R:1}>}', '&lt;k&gt;')
test(stands, '{ToLower:}', '')
test(stands, '{Static:{P}}', '1')
test(stands, '{STATIC:/nowhere}', 'none')
test(stands, '{Static:{R:1}-{C:1}}', 'both')
test(stands, '{Cased:a}{Cased:A}{Cased:b}', '21')
test(stands, '{constructor:x}', 'mapped')
test(stands, 'a}b', 'a}b')
test(stands, '?Id={UrlDecode:%7B}{R:1}}', '?Id={k}')
test(stands, '{ToLower:{UrlDecode:%7B}{R:0}{UrlDecode:%7D}}', '{r0}')

const broken = test.macro({
  exec(t, text: string, why: RegExp, at: number) {
    const parsed = parseTemplate(text, MAPS)
    if (parsed.is === 'template') return t.fail('it was taken')
    t.regex(parsed.why, why)
    t.is(parsed.at, at)
  },
  title: (_, text: string) => `${text.slice(0, 20)} is not read`,
})

test(broken, 'a{R:1', /not closed/, 1)
test(broken, '{', /not closed/, 0)
test(broken, '{ToLower:{R:1}', /not closed/, 0)
test(broken, 'ab{}', /name nothing/, 2)
test(broken, '{:a}', /name nothing/, 0)
test(broken, '{A{B}}', /inside of a name/, 2)
test(broken, '{R:a}', /wants a number/, 0)
test(broken, '{C:}', /wants a number/, 0)
test(broken, '{R:10}', /wants a number up to 9/, 0)
test(broken, '{R:1:2}', /wants a number/, 0)
test(broken, '{Upper:a}', /neither a function nor a rewrite map/, 0)
test(broken, '{toString:a}', /neither a function nor a rewrite map/, 0)
test(broken, '{ToLower:'.repeat(30_000), /nested too deeply/, 9 * 64)

test('references that cannot exist are found, however deep', (t) => {
  const captured = { R: 2, C: 0 }
  t.is(danglingIn(template('{R:1}'), captured), null)
  t.is(danglingIn(template('a{R:2}'), captured), '{R:2}')
  t.is(danglingIn(template('{ToLower:{Static:x{C:0}}}'), captured), '{C:0}')
})

test('all pieces are listed, those inside of others too', (t) => {
  const names = piecesIn(template('{ToLower:{Static:{P}}}a')).map((piece) => piece.is)
  t.deepEqual(names, ['function', 'map', 'variable', 'text'])
})

test('no text throws; what is read expands to the same twice', (t) => {
  const piece = fc.constantFrom(
    '{',
    '}',
    ':',
    'R',
    'C',
    '1',
    'ToLower',
    'UrlDecode',
    'Static',
    'P',
    '%41',
    'x',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('')
      const parsed = parseTemplate(text, MAPS)
      if (parsed.is === 'fault') return t.true(parsed.at >= 0 && parsed.at < text.length)
      return t.is(expanded(text), expanded(text))
    }),
    { numRuns: 3000 },
  )
})

test('a text without braces stands for itself', (t) => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('{')),
      (text) => t.is(expanded(text), text),
    ),
  )
})
