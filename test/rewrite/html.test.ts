import test from 'ava'
import fc from 'fast-check'
import { attributeValues, type TagAttributes } from '../../reconciler/rewrite/html.ts'

const WANTED: TagAttributes = new Map([
  ['a', new Set(['href'])],
  ['img', new Set(['src', 'longdesc'])],
  ['script', new Set(['src'])],
])

function values(page: string): readonly string[] {
  return attributeValues(page, WANTED).map(({ start, end }) => page.slice(start, end))
}

/** A page, and the values that stand in it. */
const reads = test.macro({
  exec(t, page: string, ...expected: readonly string[]) {
    t.deepEqual(values(page), expected)
  },
  title: (title = '') => `values of attributes: ${title}`,
})

test('in double quotes', reads, '<p><a class="x" href="/one">1</a></p>', '/one')
test('in single quotes', reads, "<a href='/on\"e'>", '/on"e')
test('without quotes', reads, '<a href=/one title=x>', '/one')
test('without quotes, a slash is of the value', reads, '<a href=/one/>', '/one/')
test('names without case', reads, '<A HREF="/one"><Img SRC="/two">', '/one', '/two')
test('white space around the equals sign', reads, '<a href\n=\t"/one">', '/one')
test('several of one tag, in order of the page', reads, '<img longdesc="/d" src="/s" alt="a">', '/d', '/s')
test('an empty one is a value', reads, '<a href="">', '')
test('an attribute without a value has none', reads, '<a href><a href="/two">', '/two')
test('a tag that closes itself', reads, '<img src="/s"/>', '/s')
test('a greater-than sign inside quotes', reads, '<a title="a > b" href="/one">', '/one')
test('the same name on another tag', reads, '<b href="/no"><base href="/no"><a href="/one">', '/one')
test('an attribute whose name only ends like it', reads, '<a data-href="/no" href="/one">', '/one')
test('entities stay as they are written', reads, '<a href="/one?a=1&amp;b=2">', '/one?a=1&amp;b=2')
test('not in comments', reads, '<!-- <a href="/no"> --><a href="/one">', '/one')
test(
  'not in the text of a script, whose own are',
  reads,
  '<script src="/s">"<a href=\'/no\'>"</script><a href=/o>',
  '/s',
  '/o',
)
test('not in the text of a title', reads, '<title><a href="/no"></title ><a href="/one">', '/one')
test('a comment that never ends', reads, '<a href="/one"><!-- <a href="/no">', '/one')
test('a quote that never ends', reads, '<a href="/one"><a href="/no>', '/one')
test('a tag that never ends', reads, '<a href="/one"><a href="/no" ', '/one')
test('a less-than sign is no tag', reads, 'a < b <a href="/one">', '/one')
test(
  'not of end tags, declarations and instructions',
  reads,
  '<!DOCTYPE a href="/no"><?a href="/no"?></a href="/no">',
)

test('what stands around a value is left to the page', (t) => {
  const page = '<a title=x  href = "/one" >'
  const [only] = attributeValues(page, WANTED)
  t.is(only?.tag, 'a')
  t.is(only?.attribute, 'href')
  t.is(page.slice(0, only?.start), '<a title=x  href = "')
  t.is(page.slice(only?.end), '" >')
})

const piece = fc.constantFrom(
  '<',
  '>',
  '<a ',
  '<img',
  ' href=',
  ' src',
  '="',
  "='",
  '"',
  "'",
  '=',
  '/',
  '<!--',
  '-->',
  '<script>',
  '</script>',
  'x',
  '\n',
)

test('whatever the page holds, values stand in order, apart from each other and inside it', (t) => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const page = pieces.join('')
      let last = 0
      for (const { start, end } of attributeValues(page, WANTED)) {
        if (start < last || end < start || end > page.length) return false
        last = end
      }
      return true
    }),
  )
  t.pass()
})

test('a value that was put in quotes is found again', (t) => {
  const value = fc.string().filter((text) => !text.includes('"'))
  fc.assert(fc.property(value, (text) => values(`<p><a x=y href="${text}">`)[0] === text))
  t.pass()
})

test('a long page without any end of what it begins is read once', (t) => {
  for (const open of ['<a href="', "<a '", '<!--', '<script>', '<a ', '<', '</', '<a href= ', '< a="b']) {
    const page = open.repeat(100_000)
    t.true(attributeValues(page, WANTED).length <= 100_000, open)
  }
})
