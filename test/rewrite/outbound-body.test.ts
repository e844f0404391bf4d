import test from 'ava'
import fc from 'fast-check'
import { outboundSource, respond, served } from '../helpers/outbound.ts'

/** Rules, a body, and what becomes of it. */
const body = test.macro({
  exec(t, rules: string, before: string, after: string) {
    t.is(served(respond(outboundSource(rules), { body: before })).body, after)
  },
  title: (title = '') => `body of a response: ${title}`,
})

function rule(match: string, value: string, { attributes = '', conditions = '' } = {}): string {
  return `<rule name="r"${attributes}><match ${match} />${conditions}<action type="Rewrite" value="${value}" /></rule>`
}

const STOP = { attributes: ' stopProcessing="true"' }

test(
  'what matches is replaced wherever it stands',
  body,
  rule('pattern="a(.)c"', '[{R:1}]'),
  'xabc-adc',
  'x[b]-[d]',
)
test('filterByTags="None" means the whole', body, rule('filterByTags="None" pattern="a"', 'b'), 'aa', 'bb')
test('so many occurrences', body, rule('pattern="a" occurrences="2"', 'b'), 'aaa', 'bba')
test('nothing that matches', body, rule('pattern="z"', 'b'), 'aaa', 'aaa')
test(
  'an exact match is looked for inside',
  body,
  rule('pattern="&lt;/BODY>"', '!', { attributes: ' patternSyntax="ExactMatch"' }),
  'x</body>',
  'x!',
)
test(
  'an exact match with case',
  body,
  rule('pattern="A" ignoreCase="false"', 'b', { attributes: ' patternSyntax="ExactMatch"' }),
  'aA.A',
  'ab.b',
)
test(
  'an exact match knows no special characters',
  body,
  rule('pattern="a.c"', 'b', { attributes: ' patternSyntax="ExactMatch"' }),
  'abc a.c',
  'abc b',
)
test('a dollar sign of the value is one', body, rule('pattern="a"', '$&amp;$1'), 'a', '$&$1')
test('.* matches a line once', body, rule('pattern=".*" occurrences="1"', '[{R:0}]'), 'one', '[one]')
test('.* does not match once more at the end', body, rule('pattern=".*"', '[{R:0}]'), 'one', '[one]')
test(
  'what is negated replaces all, where nothing matches',
  body,
  rule('pattern="z" negate="true"', 'gone'),
  'one',
  'gone',
)
test(
  'what is negated does nothing, where it matches',
  body,
  rule('pattern="z" negate="true"', 'gone'),
  'oz',
  'oz',
)
test('an empty body has nothing to match', body, rule('pattern=".*"', 'v'), '', '')
test(
  'conditions are asked for each match',
  body,
  rule('pattern="(\\w)=(\\d)"', '{R:1}:{C:0}', {
    conditions: '<conditions><add input="{R:2}" pattern="[13]" /></conditions>',
  }),
  'a=1 b=2 c=3',
  'a:1 b=2 c:3',
)
test(
  'each rule sees what the one before made',
  body,
  rule('pattern="a"', 'b') + rule('pattern="bb"', 'c'),
  'ab',
  'c',
)
test(
  'stopProcessing ends the rules behind it',
  body,
  rule('pattern="a"', 'b', STOP) + rule('pattern="b"', 'c'),
  'a',
  'b',
)

test(
  'the attribute of a tag',
  body,
  rule('filterByTags="A" pattern="^/old/(.*)"', '/new/{R:1}'),
  '<p>/old/x <a href="/old/x"><img src="/old/y">',
  '<p>/old/x <a href="/new/x"><img src="/old/y">',
)
test(
  'the value takes the place of all of the attribute',
  body,
  rule('filterByTags="A" pattern="old"', 'new'),
  '<a href="/old/x">',
  '<a href="new">',
)
test(
  'several tags',
  body,
  rule('filterByTags="A, Img" pattern="^/(.*)"', '//cdn/{R:1}'),
  '<a href="/x"><img src=/y usemap="/m"><script src="/z">',
  '<a href="//cdn/x"><img src=//cdn/y usemap="//cdn/m"><script src="/z">',
)
test(
  'so many occurrences in attributes',
  body,
  rule('filterByTags="A" pattern="^/" occurrences="1"', 'n'),
  '<a href="x"><a href="/x"><a href="/y">',
  '<a href="x"><a href="n"><a href="/y">',
)
test(
  'a wildcard in attributes',
  body,
  rule('filterByTags="A" pattern="http://*"', 'https://{R:1}', { attributes: ' patternSyntax="Wildcard"' }),
  '<a href="http://h/">',
  '<a href="https://h/">',
)
test(
  'an exact match in attributes is of all of it',
  body,
  rule('filterByTags="A" pattern="/x"', 'n', { attributes: ' patternSyntax="ExactMatch"' }),
  '<a href="/x"><a href="/xy">',
  '<a href="n"><a href="/xy">',
)
test(
  'what is negated in attributes',
  body,
  rule('filterByTags="A" pattern="^https:" negate="true"', 'n'),
  '<a href="https://x"><a href="/y">',
  '<a href="https://x"><a href="n">',
)
test(
  'text in attributes is as it is written',
  body,
  rule('filterByTags="A" pattern="a=(\\d)&amp;amp;b=(\\d)"', '{R:1}{R:2}'),
  '<a href="?a=1&amp;b=2">',
  '<a href="12">',
)

const CUSTOM = `<customTags><tags name="Lazy"><tag name="img" attribute="data-src" /><tag name="Item" attribute="HREF" /></tags></customTags>`

test(
  'tags of the configuration',
  body,
  rule('filterByTags="CustomTags" customTags="lazy" pattern="^/"', 'n') + CUSTOM,
  '<img src="/" data-src="/"><item href="/">',
  '<img src="/" data-src="n"><item href="n">',
)
test(
  'tags of the configuration beside others',
  body,
  rule('filterByTags="A, CustomTags" customTags="Lazy" pattern="^/"', 'n') + CUSTOM,
  '<a href="/"><img src="/" data-src="/">',
  '<a href="n"><img src="/" data-src="n">',
)

// The order that the reference of the module describes: all rules for one attribute, then all for the next.
test(
  'the next rule for an attribute sees what the one before made of it',
  body,
  rule('filterByTags="A, Img" pattern="^/(.*)"', '/one/{R:1}') +
    rule('filterByTags="A" pattern="^/one/(.*)"', '/two/{R:1}'),
  '<a href="/default.aspx"><img src="/logo.jpg" />Home</a>',
  '<a href="/two/default.aspx"><img src="/one/logo.jpg" />Home</a>',
)
test(
  'stopProcessing ends the rules for that attribute, not for others',
  body,
  rule('filterByTags="A" pattern="^/a"', 'n', STOP) + rule('filterByTags="A" pattern="."', 'm'),
  '<a href="/a"><a href="/b">',
  '<a href="n"><a href="m">',
)

const TAGS: readonly (readonly [tag: string, ...attributes: readonly string[]])[] = [
  ['A', 'href'],
  ['Area', 'href'],
  ['Base', 'href'],
  ['Form', 'action'],
  ['Frame', 'src', 'longdesc'],
  ['Head', 'profile'],
  ['IFrame', 'src', 'longdesc'],
  ['Img', 'src', 'longdesc', 'usemap'],
  ['Input', 'src', 'usemap'],
  ['Link', 'href'],
  ['Script', 'src'],
]
const ATTRIBUTES = [...new Set(TAGS.flatMap(([, ...attributes]) => attributes))]

for (const [tag, ...attributes] of TAGS) {
  test(`the attributes of ${tag} that can be rewritten`, (t) => {
    const page = (value: (attribute: string) => string) =>
      `<${tag} ${ATTRIBUTES.map((each) => `${each}="${value(each)}"`).join(' ')}>`
    const source = outboundSource(rule(`filterByTags="${tag}" pattern="."`, 'new'))
    const after = served(respond(source, { body: page(() => 'old') })).body
    t.is(
      after,
      page((each) => (attributes.includes(each) ? 'new' : 'old')),
    )
  })
}

test('the length of a body that changed is corrected, in bytes', (t) => {
  const source = outboundSource(rule('pattern="a"', 'é€'))
  const length = (before: string) =>
    served(respond(source, { body: before, headers: { 'content-length': '7' } })).headers['content-length']
  t.is(length('xa'), '6')
  t.is(length('x'), '7')
  t.deepEqual(served(respond(source, { body: 'a' })).headers, {})
})

const GZIP = { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }

test('a body that is compressed cannot be rewritten', (t) => {
  const result = respond(outboundSource(rule('pattern="a"', 'b')), { body: 'x', headers: GZIP })
  t.is(result.is, 'parse-error')
  if (result.is !== 'parse-error') return
  t.is(result.error.subStatus, 52)
  t.regex(result.error.message, /gzip/)
})

test('compression does not matter to headers, nor to rules whose pre-condition does not hold', (t) => {
  const headers = rule('serverVariable="RESPONSE_X" pattern=".*"', 'v')
  const none = `<rule name="n" preCondition="Plain"><match pattern="x" /><action type="Rewrite" value="y" /></rule>
    <preConditions><preCondition name="Plain"><add input="{RESPONSE_CONTENT_TYPE}" pattern="^text/plain" /></preCondition></preConditions>`
  const response = served(respond(outboundSource(headers + none), { body: 'x', headers: GZIP }))
  t.deepEqual(response, { status: 200, headers: { ...GZIP, X: 'v' }, body: 'x' })
})

test('identity is no compression', (t) => {
  const source = outboundSource(rule('pattern="a"', 'b'))
  t.is(served(respond(source, { body: 'a', headers: { 'Content-Encoding': 'identity' } })).body, 'b')
})

test('rules of headers and of bodies do not stop each other', (t) => {
  const source = outboundSource(
    rule('serverVariable="RESPONSE_X" pattern=".*"', 'v', STOP) + rule('pattern="a"', 'b'),
  )
  t.deepEqual(served(respond(source, { body: 'a' })), { status: 200, headers: { X: 'v' }, body: 'b' })
})

/** Rules that IIS answers with 500.52, what is said of them, and where there is a match at all. */
const refused = test.macro({
  exec(t, rules: string, message: RegExp) {
    const result = respond(outboundSource(rules), { body: '<a href="x">', headers: { X: 'x' } })
    t.is(result.is, 'parse-error')
    if (result.is !== 'parse-error') return
    t.is(result.error.subStatus, 52)
    t.is(result.error.rule, 'r')
    t.regex(result.error.message, message)
  },
  title: (title = '') => `500.52: ${title}`,
})

test(
  'a pattern that does not compile',
  refused,
  rule('pattern="*"', 'v'),
  /match\.pattern|nothing to repeat/i,
)
test('a capture that does not exist', refused, rule('pattern="x"', '{R:1}'), /\{R:1\}/)
test(
  'a capture of conditions that does not exist',
  refused,
  rule('serverVariable="RESPONSE_X" pattern="x"', '{C:1}'),
  /\{C:1\}/,
)
test(
  'a wildcard on the whole body',
  refused,
  rule('pattern="*"', 'v', { attributes: ' patternSyntax="Wildcard"' }),
  /wildcard/i,
)
test(
  'a group of tags that is not there',
  refused,
  rule('filterByTags="CustomTags" customTags="none" pattern="x"', 'v'),
  /none/,
)
test('a brace that is not closed', refused, rule('pattern="x"', '{R:0'), /brace/)

test('a capture that does not exist matters only where the rule acts', (t) => {
  const source = outboundSource(rule('pattern="z"', '{R:1}'))
  t.is(served(respond(source, { body: 'x' })).body, 'x')
})

test('whatever is rewritten: the same answer twice, and what does not match stays', (t) => {
  const word = fc.constantFrom('a', 'b', '<a href="', '">', '/x', "'", '<script>', '</script>', '<!--', '\n')
  const page = fc.array(word, { maxLength: 30 }).map((all) => all.join(''))
  const pattern = fc.constantFrom('a', 'b*', '(a|b)', '^', '$', '.', '/x', '\\n')
  const tags = fc.constantFrom('None', 'A', 'A, Script')
  fc.assert(
    fc.property(page, pattern, tags, fc.nat({ max: 3 }), (before, text, filter, occurrences) => {
      const source = outboundSource(
        rule(`filterByTags="${filter}" pattern="${text}" occurrences="${occurrences}"`, '[{R:0}]'),
      )
      const result = respond(source, { body: before })
      if (JSON.stringify(result) !== JSON.stringify(respond(source, { body: before }))) return false
      const { body: after } = served(result)
      const rewritten = after.split('[').length - 1
      if (occurrences > 0 && rewritten > occurrences) return false
      const kept = filter === 'None' ? after.replace(/[[\]]/g, '') === before : true
      return kept && (rewritten > 0 || after === before)
    }),
  )
  t.pass()
})
