import test from 'ava'
import fc from 'fast-check'
import {
  attribute,
  bytesOf,
  childrenNamed,
  lineOf,
  parseDocument,
  parseText,
  textOf,
} from '../../reconciler/iis/document.ts'
import { encode } from '../../reconciler/iis/encoding.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { NO_SAMPLES, samples } from '../helpers/samples.ts'
import { configurationText, encodings, everyElement, parsed, tokensOf } from '../helpers/xml.ts'

const REAL = samples()
/** The tokens of a sound text, joined; each starts where the one before it ended. */
function joined(text: string): string {
  return tokensOf(text)
    .map(({ start, end }) => text.slice(start, end))
    .join('')
}

const withSamples = REAL.length > 0 ? test : test.skip

test('tokens joined are the text, and elements lie where they say', (t) => {
  fc.assert(
    fc.property(configurationText, (text) => {
      const document = parsed(text)
      t.is(joined(text), text)
      for (const element of everyElement(document.root)) {
        const whole = textOf(document, element)
        t.true(whole.startsWith(`<${element.name}`) && whole.endsWith('>'))
        t.is(element.selfClosing, whole.endsWith('/>') && element.openEnd === element.end)
        for (const { start, valueStart, valueEnd, end, quote, name } of element.attributes) {
          t.true(text.startsWith(name, start))
          t.is(text[valueStart - 1], quote)
          t.is(text[valueEnd], quote)
          t.is(end, valueEnd + 1)
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('every text that the generator makes is sound to the independent parser too', (t) => {
  fc.assert(
    fc.property(configurationText, (text) => t.is(wellFormed(text), null)),
    { numRuns: 200 },
  )
})

test('bytes come back in each encoding', (t) => {
  fc.assert(
    fc.property(configurationText, fc.constantFrom(...encodings), (text, encoding) => {
      const bytes = encode(text, encoding)
      const document = parseDocument(bytes)
      if (document.is === 'refused') return t.fail(document.why)
      t.deepEqual(document.encoding, encoding)
      t.is(document.text, text)
      t.deepEqual(bytesOf(document, document.text), bytes)
    }),
    { numRuns: 200 },
  )
})

test('a damaged text is refused or it is sound to the independent parser', (t) => {
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat({ max: 3 }),
    text: fc.constantFrom(
      '',
      '<',
      '>',
      '"',
      '&',
      '&#0;',
      '</rules>',
      '<!--',
      '-->',
      ']]>',
      '\u0001',
      '<?xml?>',
      '=',
    ),
  })
  let refusals = 0
  fc.assert(
    fc.property(configurationText, damage, (text, { at, length, text: inserted }) => {
      const start = Math.floor(at * text.length)
      const damaged = text.slice(0, start) + inserted + text.slice(start + length)
      const document = parseText(damaged)
      if (document.is === 'refused') refusals++
      else if (!/xmlns|asm:|b:/.test(text.slice(start, start + length))) {
        const judgement = wellFormed(damaged)
        // Namespaces are the independent parser's alone; that is why it is asked before every write.
        t.true(
          judgement === null || /unbound|namespace|prefix/i.test(judgement.why),
          `${judgement?.why}: ${damaged}`,
        )
      }
    }),
    { numRuns: 500 },
  )
  t.true(refusals > 100)
})

test('values are decoded as XML says', (t) => {
  const document = parsed(`<a v='1 &lt; 2 &amp; &#65;&#x1F600;' w="a\r\nb\tc&#xA;d&#13;" x='"'><b/></a>`)
  t.is(attribute(document.root, 'v'), '1 < 2 & A😀')
  t.is(attribute(document.root, 'w'), 'a b c\nd\r')
  t.is(attribute(document.root, 'x'), '"')
  t.is(attribute(document.root, 'V'), undefined)
  t.is(childrenNamed(document.root, 'b').length, 1)
  t.is(childrenNamed(document.root, 'B').length, 0)
})

test('lines are counted over both line ends', (t) => {
  const document = parsed('<a>\r\n\n<b/>\r\n</a>')
  t.is(lineOf(document, document.root.children[0]?.start ?? 0), 3)
})

const refused = test.macro((t, text: string, why: RegExp, line: number, column: number) => {
  const document = parseText(text)
  if (document.is !== 'refused') return t.fail('it was read')
  t.regex(document.why, why)
  t.deepEqual([document.line, document.column], [line, column])
})

test(
  'a DOCTYPE is refused',
  refused,
  '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]><a/>',
  /DOCTYPE/,
  2,
  1,
)
test('an unknown entity is refused', refused, '<a>\n <b v="&x;"/></a>', /&/, 2, 4)
test('an attribute twice is refused', refused, '<a b="1"\n c="" b="2"/>', /b stands twice/, 2, 7)
test('a wrong end tag is refused', refused, '<a>\r\n  <b></a>', /<\/a> closes <b>/, 2, 6)
test('an open element is refused', refused, '<a>\n<b>', /<b> is not closed/, 2, 1)
test('two roots are refused', refused, '<a/><b/>', /second root/, 1, 5)
test('text behind the root is refused', refused, '<a/>\nx', /outside/, 1, 5)
test('an empty text is refused', refused, ' \n', /no element/, 1, 1)
test('-- in a comment is refused', refused, '<a><!-- x -- y --></a>', /--/, 1, 11)
test('a lost quote is refused where its tag starts', refused, '<a>\n<b c="d>\n</a>', /not closed/, 2, 1)
test('a reference to no character is refused', refused, '<a b="&#0;"/>', /&/, 1, 3)
test('XML 1.1 is refused', refused, '<?xml version="1.1"?><a/>', /1\.0/, 1, 1)
test('a declaration behind a blank is refused', refused, ' <?xml version="1.0"?><a/>', /misplaced/, 1, 2)
test('attributes without a blank between are refused', refused, '<a b="1"c="2"/>', /malformed/, 1, 9)
test('great depth is refused', refused, '<a>'.repeat(100_000), /deep/, 1, 601)

const refusedBytes = test.macro((t, bytes: number[] | string, why: RegExp) => {
  const document = parseDocument(
    typeof bytes === 'string' ? new TextEncoder().encode(bytes) : new Uint8Array(bytes),
  )
  if (document.is !== 'refused') return t.fail('it was read')
  t.regex(document.why, why)
})

test(
  'windows-1252 is refused',
  refusedBytes,
  '<?xml version="1.0" encoding="windows-1252"?><a/>',
  /windows-1252/,
)
test(
  'another quote does not hide it',
  refusedBytes,
  "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
  /iso-8859-1/,
)
test('UTF-16 that is UTF-8 is refused', refusedBytes, '<?xml version="1.0" encoding="utf-16"?><a/>', /utf-16/)
test(
  'UTF-16 without a mark is refused',
  refusedBytes,
  [0x3c, 0, 0x61, 0, 0x2f, 0, 0x3e, 0],
  /without a byte order/,
)
test('UTF-32 is refused', refusedBytes, [0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0], /UTF-32/)
test('bytes that are no UTF-8 are refused', refusedBytes, [0x3c, 0x61, 0xe9, 0x2f, 0x3e], /not utf-8/)
test('half a UTF-16 unit is refused', refusedBytes, [0xff, 0xfe, 0x3c, 0, 0x61], /not utf-16le/)
test('no bytes are refused', refusedBytes, [], /empty/)
test('NUL bytes are refused', refusedBytes, [0x3c, 0x61, 0x2f, 0x3e, 0], /forbids/)

test('a declared encoding in capitals is the same encoding', (t) => {
  const text = '<?xml version="1.0" encoding="UTF-16"?><a/>'
  t.is(parseDocument(encode(text, { name: 'utf-16be', bom: true })).is, 'document')
  t.is(parseDocument(new TextEncoder().encode(text.replace('16', '8'))).is, 'document')
})

test('a file is parsed once', (t) => {
  const bytes = new TextEncoder().encode('<a/>')
  t.is(parseDocument(bytes), parseDocument(bytes))
})

withSamples(`real files come back byte for byte${REAL.length > 0 ? '' : `: ${NO_SAMPLES}`}`, (t) => {
  for (const { name, bytes } of REAL) {
    const document = parseDocument(bytes)
    const bad = /MALFORMED|doctype|1252/.test(name)
    t.is(document.is, bad ? 'refused' : 'document', name)
    if (document.is === 'refused') continue
    t.deepEqual(bytesOf(document, document.text), bytes, name)
    t.is(joined(document.text), document.text)
    t.is(wellFormed(document.text), null, name)
  }
})
