import fc from 'fast-check'
import { type Element, parseText, type XmlDocument } from '../../reconciler/iis/document.ts'
import type { Encoding } from '../../reconciler/iis/encoding.ts'
import { nextToken, type Token } from '../../reconciler/iis/tokens.ts'

/** White space between nodes, both line ends within one gap among it. */
const gap = fc.constantFrom(
  '',
  ' ',
  '\n',
  '\r\n',
  '\n  ',
  '\r\n    ',
  '\r\n\n\t',
  '\n\r\n  ',
  '  \r\n\r\n    ',
  '\n\t\t',
)
const remark = fc.constantFrom(
  '<!-- a remark -->',
  '<!--<rules><rule name="x"/></rules>-->',
  '<?pi some > data?>',
  '<!--\r\n  two lines\n-->',
)
const words = fc.constantFrom('text &amp; more', '<![CDATA[<rules> ]] & ]]>', 'Grüße &#x1F600; 😀', 'a > b')
const blank = fc.constantFrom(' ', '\r\n      ', '\n\t', '  ')
const attributeText = fc
  .tuple(
    blank,
    fc.constantFrom('a', 'b:c', 'name', 'enabled', 'größe'),
    fc.constantFrom('=', ' = ', '=\n'),
    fc.constantFrom('"v"', "'v'", '"x &lt; &#xA; &apos;"', "'\"'", '"two\r\nlines > one"', '""'),
  )
  .map(([lead, name, equals, value]) => ({ name, text: `${lead}${name}${equals}${value}` }))
const attributesText = fc
  .uniqueArray(attributeText, { maxLength: 3, selector: ({ name }) => name })
  .map((all) => all.map(({ text }) => text).join(''))

/** The nodes that the edits look for, far more often than chance would have it, so that two of one name happen. */
const sectionNames = [
  'system.webServer',
  'rewrite',
  'rules',
  'location',
  'security',
  'authentication',
] as const
const nameAt = (depth: number) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(sectionNames[depth] ?? 'rule') },
    { weight: 2, arbitrary: fc.constantFrom(...sectionNames) },
    { weight: 2, arbitrary: fc.constantFrom('add', 'clear', 'remove', 'asm:part', 'rule') },
  )

const locationAttributes = fc
  .tuple(
    fc.constantFrom('', ' path="."', ' path="Default Web Site/owa"', ' path="default web site/OWA"'),
    fc.constantFrom('', '', ' inheritInChildApplications="false"'),
    fc.constantFrom('', '', '', ' overrideMode="Deny"'),
  )
  .map((all) => all.join(''))

function element(depth: number): fc.Arbitrary<string> {
  const empty = fc.constantFrom(
    '/>',
    ' />',
    '\n/>',
    '></NAME>',
    '>  </NAME>',
    '>\r\n</NAME>',
    '>\n\r\n  </NAME >',
  )
  // Bounded here: arbitraries are built at once, so that an unbounded recursion would never end.
  const tail =
    depth > 4
      ? empty
      : fc.oneof(empty, {
          weight: 2,
          arbitrary: content(depth + 1).map((inner) => `>${inner}</NAME>`),
        })
  return fc.tuple(nameAt(depth), attributesText, tail, locationAttributes).map(
    ([name, attributes, rest, ofLocation]) =>
      // Only the outermost end tag is still called NAME; those inside have got their names before.
      `<${name}${name === 'location' ? ofLocation : ''}${attributes}${rest.replace(/NAME(?= ?>$)/, name)}`,
  )
}

function content(depth: number): fc.Arbitrary<string> {
  const node = fc.oneof(
    { weight: 6, arbitrary: element(depth) },
    { weight: 1, arbitrary: remark },
    { weight: 1, arbitrary: words },
  )
  return fc
    .tuple(fc.array(fc.tuple(gap, node), { maxLength: depth === 0 ? 3 : 2 }), gap)
    .map(([nodes, last]) => nodes.flat().join('') + last)
}

/** The text of a configuration file: sound, and as untidy as people leave them. */
export const configurationText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0"?>', '<?xml version="1.0"?>\r\n<!-- ours -->\n'),
    fc.oneof(
      { weight: 8, arbitrary: content(0).map((inner) => `>${inner}</configuration>`) },
      { weight: 1, arbitrary: fc.constantFrom('/>', ' />', '></configuration>', '>\n</configuration>') },
    ),
    fc.constantFrom('', '\n', '\r\n', '\r\n<!-- end -->'),
  )
  .map(
    ([prolog, body, epilog]) => `${prolog}<configuration xmlns:asm="urn:asm" xmlns:b="urn:b"${body}${epilog}`,
  )

export const encodings: readonly Encoding[] = [
  { name: 'utf-8', bom: false },
  { name: 'utf-8', bom: true },
  { name: 'utf-16le', bom: true },
  { name: 'utf-16be', bom: true },
]

/** A parsed text; throws where a test's own text is not sound. */
export function parsed(text: string): XmlDocument {
  const document = parseText(text)
  if (document.is === 'refused')
    throw new Error(`${document.why} at ${document.line}:${document.column}: ${text}`)
  return document
}

/** All tokens of a sound text. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; at = tokens.at(-1)?.end ?? text.length) {
    const token = nextToken(text, at)
    if ('why' in token) throw new Error(`${token.why} at ${token.at}`)
    tokens.push(token)
  }
  return tokens
}

/** All elements, in document order. */
export function everyElement(root: Element): readonly Element[] {
  return [root, ...root.children.flatMap(everyElement)]
}

/** The element whose attribute `name` has that value; throws when there is none. */
export function named(document: XmlDocument, name: string): Element {
  const found = everyElement(document.root).find(({ attributes }) =>
    attributes.some((attribute) => attribute.name === 'name' && attribute.value === name),
  )
  if (found === undefined) throw new Error(`nothing is named ${name} in ${document.text}`)
  return found
}
