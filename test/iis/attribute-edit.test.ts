import test from 'ava'
import fc from 'fast-check'
import {
  asRawAttribute,
  putRawAttribute,
  rawAttribute,
  removeAttribute,
  setAttribute,
} from '../../reconciler/iis/attribute-edit.ts'
import { attribute } from '../../reconciler/iis/document.ts'
import { configurationText, everyElement, parsed } from '../helpers/xml.ts'

const someElement = fc.tuple(configurationText, fc.nat(), fc.nat())
const value = fc.string({
  unit: fc.constantFrom('a', '<', '&', '"', "'", '\n', '\r', '\t', ' ', '😀', '&lt;'),
})

/** Element `pick` of a text, and an attribute that it has, if any. */
function picked(text: string, pick: number, which: number) {
  const document = parsed(text)
  const elements = everyElement(document.root)
  const number = pick % elements.length
  const element = elements[number] ?? document.root
  const name = element.attributes[which % Math.max(1, element.attributes.length)]?.name
  return { document, element, number, name }
}

function again(text: string, number: number) {
  const document = parsed(text)
  return { document, element: everyElement(document.root)[number] ?? document.root }
}

test('what is set is read, set twice is set once, and taken away is as before', (t) => {
  fc.assert(
    fc.property(someElement, value, ([text, pick, which], wanted) => {
      const { document, element, number } = picked(text, pick, which)
      const set = again(setAttribute(document, element, 'ours', wanted), number)
      t.is(attribute(set.element, 'ours'), wanted)
      t.is(setAttribute(set.document, set.element, 'ours', wanted), set.document.text)
      t.is(removeAttribute(set.document, set.element, 'ours'), text)
      t.is(removeAttribute(document, element, 'ours'), text)
    }),
    { numRuns: 300 },
  )
})

test('a value that was changed or taken away goes back byte for byte', (t) => {
  let tried = 0
  fc.assert(
    fc.property(someElement, value, ([text, pick, which], wanted) => {
      const { document, element, number, name } = picked(text, pick, which)
      if (name === undefined) return
      tried++
      const raw = asRawAttribute(JSON.parse(JSON.stringify(rawAttribute(document, element, name))), name)
      if (raw === null) return t.fail('the raw attribute was not accepted')
      const changed = again(setAttribute(document, element, name, wanted), number)
      t.is(attribute(changed.element, name), wanted)
      t.is(putRawAttribute(changed.document, changed.element, raw), text)
      const without = again(removeAttribute(document, element, name), number)
      t.is(attribute(without.element, name), undefined)
      t.is(putRawAttribute(without.document, without.element, raw), text)
      t.is(putRawAttribute(document, element, raw), text)
    }),
    { numRuns: 300 },
  )
  t.true(tried > 100)
})

test('the quotes that are there stay, and an equal value stays as it is written', (t) => {
  const document = parsed(`<a v='&#65;' w="x"/>`)
  t.is(setAttribute(document, document.root, 'v', 'A'), document.text)
  t.is(setAttribute(document, document.root, 'v', `'"`), `<a v='&apos;"' w="x"/>`)
  t.is(setAttribute(document, document.root, 'new', '1'), `<a v='&#65;' w="x" new="1"/>`)
})

test('an attribute whose neighbour is gone goes to the end', (t) => {
  const document = parsed('<a b="1"  c="2" d="3"/>')
  const raw = rawAttribute(document, document.root, 'c')
  if (raw === null) return t.fail('no c')
  const without = parsed('<a d="3"/>')
  t.is(putRawAttribute(without, without.root, raw), '<a d="3"  c="2"/>')
})

test('a raw attribute out of a record is that attribute or nothing', (t) => {
  t.deepEqual(asRawAttribute({ text: ' a="1"', after: null }, 'a'), { text: ' a="1"', after: null })
  for (const text of ['a="1"', ' a="1" b="2"', ' a="1"/><x', ' b="1"', ' a="1" ', ' a=1', '', ' a="<"']) {
    t.is(asRawAttribute({ text, after: null }, 'a'), null, text)
  }
  for (const raw of [null, 1, {}, { text: ' a="1"' }, { text: ' a="1"', after: 1 }])
    t.is(asRawAttribute(raw, 'a'), null)
})
