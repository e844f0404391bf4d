import test from 'ava'
import fc from 'fast-check'
import { attributeNamed, parseDocument, parseText, type XmlDocument } from '../../reconciler/iis/document.ts'
import {
  type Edited,
  insertElement,
  newDocument,
  replaceElement,
  setSectionAttribute,
} from '../../reconciler/iis/edit.ts'
import { leadStart, type Splice, splice } from '../../reconciler/iis/layout.ts'
import { asRawElement } from '../../reconciler/iis/markup.ts'
import { rawElement, removeElement, removeSectionAttribute } from '../../reconciler/iis/remove.ts'
import { location, sectionAt } from '../../reconciler/iis/section.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import type { Made } from '../../reconciler/model/resource.ts'
import {
  insert,
  parentOf,
  ruleMarkup,
  type Stretch,
  stretchOf,
  type Wanted,
  wanted,
} from '../helpers/insertion.ts'
import { NO_SAMPLES, samples } from '../helpers/samples.ts'
import { configurationText, everyElement, named, parsed } from '../helpers/xml.ts'

const REAL = samples().flatMap(({ name, bytes }) => {
  const document = parseDocument(bytes)
  return document.is === 'document' ? [{ name, document }] : []
})
const withSamples = REAL.length > 0 ? test : test.skip
const reason = REAL.length > 0 ? '' : `: ${NO_SAMPLES}`

function remove(document: XmlDocument, name: string, made: readonly Made[]) {
  return removeElement(document, named(document, name), made)
}

test('what was inserted and removed leaves the text as it was; outside of it nothing changed', (t) => {
  const seen = { selfClosed: 0, oneLine: 0, severalLines: 0, filled: 0, missing: 0 }
  fc.assert(
    fc.property(configurationText, wanted('ours'), (text, want) => {
      const document = parsed(text)
      const { text: inserted, made } = insert(document, want)
      const after = parsed(inserted)
      t.is(wellFormed(inserted), null)
      const { start, before, after: length } = stretchOf(document, after, made, 'ours')
      t.is(inserted.slice(0, start), text.slice(0, start))
      t.is(inserted.slice(start + length), text.slice(start + before))
      t.deepEqual(remove(after, 'ours', made), { text, made: [] })
      const parent = parentOf(document, want)
      const body = text.slice(parent.openEnd, parent.closeStart)
      if (made.some(({ tail }) => tail === null)) seen.missing++
      if (parent.selfClosing) seen.selfClosed++
      else if (body.trim() !== '') seen.filled++
      else if (body.includes('\n')) seen.severalLines++
      else seen.oneLine++
    }),
    { numRuns: 1000 },
  )
  // A law over documents that never hold the hard cases would say nothing.
  for (const [shape, count] of Object.entries(seen)) t.true(count > 20, `${shape}: ${count}`)
})

/** Four edits of ours, one after the other; every second one sets an attribute of a section where it has one. */
const FOUR = ['one', 'two', 'three', 'four'] as const
const four = fc.record({
  wants: fc.tuple(...FOUR.map(wanted)),
  attributes: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  removals: fc.shuffledSubarray([...FOUR], { minLength: 4 }),
})

function put(document: XmlDocument, want: Wanted, asAttribute: boolean, made: readonly Made[]): Edited {
  if (!asAttribute || want.sections.length === 0) return insert(document, want, made)
  const path = { scope: document.root, sections: want.sections }
  return setSectionAttribute(document, path, [`ours-${want.name}`, '1'], made)
}

function takeBack(document: XmlDocument, name: string, made: readonly Made[]) {
  const section = everyElement(document.root).find((element) => attributeNamed(element, `ours-${name}`))
  return section === undefined
    ? remove(document, name, made)
    : removeSectionAttribute(document, section, `ours-${name}`, made)
}

test('several of ours, removed in any order, leave the text as it was', (t) => {
  fc.assert(
    fc.property(configurationText, four, (text, { wants, attributes, removals }) => {
      let edited: Edited = { text, made: [] }
      for (const [index, want] of wants.entries()) {
        edited = put(parsed(edited.text), want, attributes[index] ?? false, edited.made)
      }
      for (const name of removals) {
        const { text: left, made } = takeBack(parsed(edited.text), name, edited.made)
        edited = { text: left ?? '', made }
      }
      t.deepEqual(edited, { text, made: [] })
    }),
    { numRuns: 800 },
  )
})

/** What others do to a file. Chosen by number, so that the same edit fits the text with and without ours in it. */
const foreign = fc.record({
  pick: fc.nat(),
  how: fc.constantFrom('delete', 'delete-line', 'behind', 'before', 'attribute', 'comment'),
  style: fc.constantFrom('', '\n', '\r\n    ', ' '),
})
type Foreign = typeof foreign extends fc.Arbitrary<infer T> ? T : never

function foreignSplice(document: XmlDocument, { pick, how, style }: Foreign) {
  const elements = everyElement(document.root).slice(1)
  const element = elements[pick % Math.max(1, elements.length)]
  if (element === undefined) {
    return { start: document.text.length, end: document.text.length, text: '<!-- foreign -->' }
  }
  const { start, end } = element
  const nameEnd = start + 1 + element.name.length
  if (how === 'delete') return { start, end, text: '' }
  if (how === 'delete-line') return { start: leadStart(document, element), end, text: '' }
  if (how === 'behind') return { start: end, end, text: `${style}<add foreign="1" />` }
  if (how === 'before') return { start, end: start, text: `<add foreign="1" />${style}` }
  if (how === 'attribute') return { start: nameEnd, end: nameEnd, text: ' foreign="1"' }
  return { start: end, end, text: `${style}<!-- foreign -->` }
}

test('a foreign edit that leaves our lines alone is all that remains', (t) => {
  let tried = 0
  fc.assert(
    fc.property(configurationText, wanted('ours'), foreign, fc.boolean(), (text, want, edit, behindOurs) => {
      const document = parsed(text)
      const { text: inserted, made } = insert(document, want)
      const ours = stretchOf(document, parsed(inserted), made, 'ours')
      const cut = foreignSplice(document, edit)
      // What others put exactly where ours begins may come to stand before or behind it.
      const touching = cut.start === ours.start && cut.end === ours.start && ours.before === 0
      const shifted = moved(behindOurs && touching ? { ...cut, end: cut.end + 1 } : cut, ours)
      if (shifted === null) return
      const both = parsed(splice(inserted, [{ ...shifted, end: shifted.start + cut.end - cut.start }]))
      tried++
      t.is(remove(both, 'ours', made).text, splice(text, [cut]))
    }),
    { numRuns: 1500 },
  )
  t.true(tried > 900, `${tried}`)
})

/** A splice of the text before an edit of ours, as a splice of the text after it; null when it touches our lines. */
function moved(cut: Splice, ours: Stretch): Splice | null {
  if (cut.end <= ours.start) return cut
  if (cut.start < ours.start + ours.before) return null
  const shift = ours.after - ours.before
  return { start: cut.start + shift, end: cut.end + shift, text: cut.text }
}

test('a foreign edit among several of ours is all that remains', (t) => {
  let tried = 0
  fc.assert(
    fc.property(configurationText, four, foreign, (text, { wants, removals }, edit) => {
      const cut = foreignSplice(parsed(text), edit)
      let edited: Edited = { text, made: [] }
      let shifted: Splice | null = cut
      for (const want of wants) {
        const document = parsed(edited.text)
        const next = insert(document, want, edited.made)
        const fresh = next.made.filter((entry) => !edited.made.includes(entry))
        shifted = shifted && moved(shifted, stretchOf(document, parsed(next.text), fresh, want.name))
        edited = next
      }
      if (shifted === null) return
      tried++
      edited = { ...edited, text: splice(edited.text, [shifted]) }
      for (const name of removals) {
        const { text: left, made } = remove(parsed(edited.text), name, edited.made)
        edited = { text: left ?? '', made }
      }
      t.is(edited.text, splice(text, [cut]))
    }),
    { numRuns: 800 },
  )
  t.true(tried > 300, `${tried}`)
})

const holding = test.macro((t, foreignText: string) => {
  for (const empty of ['', '<rewrite />', '<rewrite></rewrite>', '<rewrite><rules/></rewrite>']) {
    const text = `<configuration>\n  <system.webServer>${empty}</system.webServer>\n</configuration>\n`
    const path = { sections: ['system.webServer', 'rewrite', 'rules'], position: 'last' as const }
    const document = parsed(text)
    const one = insertElement(document, { ...path, scope: document.root, markup: ruleMarkup('ours') }, [])
    const filled = parsed(one.text.replace('</rules>', `${foreignText}\n</rules>`))
    const left = remove(filled, 'ours', one.made)
    const rules = sectionAt(parsed(left.text ?? '').root, path.sections)
    t.truthy(rules, empty)
    t.true(left.text?.includes(foreignText))
    t.false(left.text?.includes('ours'))
    t.is(wellFormed(left.text ?? ''), null)
  }
})
test('a section of ours stays while it holds a foreign rule', holding, '<rule name="theirs" />')
test('a section of ours stays while it holds a comment', holding, '<!-- do not touch -->')
test('a section of ours stays while it holds a text', holding, 'text')
test('a section of ours stays while it holds a CDATA section', holding, '<![CDATA[ ]]>')
test('a section of ours stays while it holds a processing instruction', holding, '<?keep?>')

test('a section of ours stays while it has an attribute of somebody else', (t) => {
  const document = parsed('<configuration>\n</configuration>')
  const path = { scope: document.root, sections: ['system.webServer', 'rewrite', 'rules'] }
  const { text, made } = insertElement(
    document,
    { ...path, markup: ruleMarkup('ours'), position: 'last' },
    [],
  )
  const theirs = parsed(text.replace('<rules>', '<rules useOriginalURLEncoding="false">'))
  const left = remove(theirs, 'ours', made)
  t.regex(left.text ?? '', /<rules useOriginalURLEncoding="false">\s*<\/rules>/)
})

test('a file that was absent becomes absent again, unless somebody wrote into it', (t) => {
  const { document, made: none } = newDocument()
  const path = { scope: document.root, sections: ['system.webServer', 'rewrite', 'rules'] }
  const { text, made } = insertElement(
    document,
    { ...path, markup: ruleMarkup('ours'), position: 'last' },
    none,
  )
  const edited = parsed(text)
  t.deepEqual(remove(edited, 'ours', made), { text: null, made: [] })
  for (const [from, to] of [
    ['</configuration>', '<appSettings /></configuration>'],
    ['<configuration>', '<configuration xmlns="urn:theirs">'],
    ['<configuration>', '<!-- theirs --><configuration>'],
  ] as const) {
    const left = remove(parsed(text.replace(from, to)), 'ours', made)
    t.is(left.text, document.text.replace(from, to))
  }
})

test('a rule that others deleted is put in and taken out again without a trace of the section', (t) => {
  const text =
    '<configuration>\r\n\t<system.webServer>\r\n\t\t<rewrite/>\r\n\t</system.webServer>\r\n</configuration>'
  const first = insert(parsed(text), { name: 'ours', sections: RULES, where: 'last', sibling: 0 })
  const emptied = parsed(remove(parsed(first.text), 'ours', []).text ?? '')
  t.regex(emptied.text, /<rules>\s*<\/rules>/)
  const again = insert(emptied, { name: 'ours', sections: RULES, where: 'last', sibling: 0 }, first.made)
  t.deepEqual(again, first)
  t.deepEqual(remove(parsed(again.text), 'ours', again.made), { text, made: [] })
})
const RULES = ['system.webServer', 'rewrite', 'rules']

test('a foreign element that is taken out can be put back byte for byte', (t) => {
  fc.assert(
    fc.property(configurationText, fc.nat(), (text, pick) => {
      const document = parsed(text)
      const elements = everyElement(document.root).slice(1)
      const element = elements[pick % Math.max(1, elements.length)]
      if (element?.parent === undefined || element.parent === null) return
      const siblings = element.parent.children
      const index = siblings.indexOf(element)
      const raw = asRawElement(JSON.parse(JSON.stringify(rawElement(document, element))))
      if (raw === null) return t.fail('the raw element was not accepted')
      const without = parsed(removeElement(document, element, []).text ?? '')
      // The element's number among all stays that of its parent's, because only what follows it moved.
      const parent = everyElement(without.root)[everyElement(document.root).indexOf(element.parent)]
      const before = parent?.children[index - 1]
      if (parent === undefined) return t.fail('the parent is gone')
      const position = before === undefined ? 'first' : { after: before }
      t.is(insertElement(without, { scope: parent, sections: [], markup: raw, position }, []).text, text)
    }),
    { numRuns: 500 },
  )
})

test('an attribute of a section comes and goes with the section', (t) => {
  const sections = ['system.webServer', 'security', 'authentication', 'windowsAuthentication']
  fc.assert(
    fc.property(configurationText, fc.boolean(), (text, throughLocation) => {
      const path = throughLocation ? [location('Default Web Site/owa'), ...sections] : sections
      const document = parsed(text)
      const set = setSectionAttribute(document, { scope: document.root, sections: path }, ['ours', 'a&b'], [])
      const after = parsed(set.text)
      const twice = setSectionAttribute(
        after,
        { scope: after.root, sections: path },
        ['ours', 'a&b'],
        set.made,
      )
      t.deepEqual(twice, set)
      const section = sectionAt(after.root, path)
      if (section === null) return t.fail('the section was not made')
      t.deepEqual(removeSectionAttribute(after, section, 'ours', set.made), { text, made: [] })
    }),
    { numRuns: 500 },
  )
})

test('set-like edits done twice are done once', (t) => {
  fc.assert(
    fc.property(configurationText, wanted('ours'), (text, want) => {
      const document = parsed(text)
      const inserted = parsed(insert(document, want).text)
      t.is(replaceElement(inserted, named(inserted, 'ours'), ruleMarkup('ours')), inserted.text)
      const changed = parsed(
        replaceElement(inserted, named(inserted, 'ours'), { ...ruleMarkup('ours'), children: [] }),
      )
      t.is(replaceElement(changed, named(changed, 'ours'), ruleMarkup('ours')), inserted.text)
    }),
    { numRuns: 300 },
  )
})

withSamples(`real files come back from every insertion${reason}`, (t) => {
  const places = fc.sample(wanted('ours'), { numRuns: 24, seed: 1 })
  for (const { name, document } of REAL) {
    for (const want of places) {
      const { text, made } = insert(document, want)
      const after = parseText(text, document.encoding)
      if (after.is === 'refused') return t.fail(`${name}: ${after.why}`)
      t.deepEqual(remove(after, 'ours', made), { text: document.text, made: [] }, name)
    }
    const edited = insert(document, { name: 'ours', sections: RULES, where: 'last', sibling: 0 })
    t.is(wellFormed(edited.text), null, name)
  }
})
