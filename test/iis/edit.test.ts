import test from 'ava'
import { checkedDocument, checkedEdit } from '../../reconciler/iis/checked.ts'
import { type Element, parseDocument } from '../../reconciler/iis/document.ts'
import { insertElement, type Position, replaceElement } from '../../reconciler/iis/edit.ts'
import { encode } from '../../reconciler/iis/encoding.ts'
import { asRawElement, render } from '../../reconciler/iis/markup.ts'
import { removeElement } from '../../reconciler/iis/remove.ts'
import { location, type Segment, sectionAt } from '../../reconciler/iis/section.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import type { Made } from '../../reconciler/model/resource.ts'
import { everyElement, named, parsed } from '../helpers/xml.ts'

const RULES = ['system.webServer', 'rewrite', 'rules']
const OURS = { name: 'rule', attributes: [['name', 'ours']], children: [] } as const

interface Case {
  readonly text: string
  readonly sections?: readonly Segment[]
  readonly position?: 'first' | 'last' | ((root: Element) => Position)
  readonly becomes: string
  readonly made?: readonly Made[]
}

const inserts = test.macro((t, { text, sections = RULES, position = 'last', becomes, made = [] }: Case) => {
  const document = parsed(text)
  const where = typeof position === 'function' ? position(document.root) : position
  const edited = insertElement(
    document,
    { scope: document.root, sections, markup: OURS, position: where },
    [],
  )
  t.is(edited.text, becomes)
  t.deepEqual(edited.made, made)
  const after = parsed(edited.text)
  t.deepEqual(removeElement(after, named(after, 'ours'), edited.made), { text, made: [] })
})

test('missing sections are made with the indentation and line end of the place', inserts, {
  text: '<configuration>\n\t<system.webServer>\r\n\t\t<modules/>\r\n\t</system.webServer>\n</configuration>',
  becomes:
    '<configuration>\n\t<system.webServer>\r\n\t\t<modules/>\r\n\t\t<rewrite>\r\n\t\t\t<rules>\r\n\t\t\t\t<rule name="ours" />\r\n\t\t\t</rules>\r\n\t\t</rewrite>\r\n\t</system.webServer>\n</configuration>',
  made: [
    { at: 'configuration/system.webServer/rewrite', tail: null },
    { at: 'configuration/system.webServer/rewrite/rules', tail: null },
  ],
})

test('a self-closed section is opened, and remembered as it was', inserts, {
  text: '<configuration>\n  <appSettings a="1"\n    />\n</configuration>\n',
  sections: ['appSettings'],
  becomes:
    '<configuration>\n  <appSettings a="1">\n    <rule name="ours" />\n  </appSettings>\n</configuration>\n',
  made: [{ at: 'configuration/appSettings', tail: '\n    />' }],
})

test('a section that is empty on one line is opened too', inserts, {
  text: '<configuration>\n  <appSettings>  </appSettings>\n</configuration>\n',
  sections: ['appSettings'],
  becomes: '<configuration>\n  <appSettings>\n    <rule name="ours" />\n  </appSettings>\n</configuration>\n',
  made: [{ at: 'configuration/appSettings', tail: '>  </appSettings>' }],
})

test('a section that is empty over several lines needs no memory', inserts, {
  text: '<configuration>\n  <appSettings>\n\n  </appSettings>\n</configuration>\n',
  sections: ['appSettings'],
  becomes:
    '<configuration>\n  <appSettings>\n    <rule name="ours" />\n\n  </appSettings>\n</configuration>\n',
})

test('a file without any line end gets the usual ones', inserts, {
  text: '<configuration/>',
  sections: ['appSettings'],
  becomes:
    '<configuration>\r\n    <appSettings>\r\n        <rule name="ours" />\r\n    </appSettings>\r\n</configuration>',
  made: [
    { at: 'configuration', tail: '/>' },
    { at: 'configuration/appSettings', tail: null },
  ],
})

test('a location is made for a path that has none', inserts, {
  text: '<configuration>\n  <location path="Default Web Site/ecp" />\n</configuration>\n',
  sections: [location('Default Web Site/owa'), 'system.webServer'],
  becomes:
    '<configuration>\n  <location path="Default Web Site/ecp" />\n  <location path="Default Web Site/owa">\n    <system.webServer>\n      <rule name="ours" />\n    </system.webServer>\n  </location>\n</configuration>\n',
  made: [
    { at: 'configuration/location[default web site/owa]', tail: null },
    { at: 'configuration/location[default web site/owa]/system.webServer', tail: null },
  ],
})

test('of several locations of one path, the one that has the section is used, in any case', inserts, {
  text: '<configuration>\n <location path="A"><x/></location>\n <location path="a"><y>\n </y></location>\n</configuration>',
  sections: [location('A'), 'y'],
  becomes:
    '<configuration>\n <location path="A"><x/></location>\n <location path="a"><y>\n   <rule name="ours" />\n </y></location>\n</configuration>',
})

test('a location with a lock of its own gets no new section', inserts, {
  text: '<configuration>\n  <location path="A" overrideMode="Deny">\n  </location>\n</configuration>\n',
  sections: [location('A'), 'y'],
  becomes:
    '<configuration>\n  <location path="A" overrideMode="Deny">\n  </location>\n  <location path="A">\n    <y>\n      <rule name="ours" />\n    </y>\n  </location>\n</configuration>\n',
  made: [
    { at: 'configuration/location[a]', tail: null },
    { at: 'configuration/location[a]/y', tail: null },
  ],
})

test('a location that does not inherit is another one, and a missing path is the dot', inserts, {
  text: '<configuration>\n  <location inheritInChildApplications="false">\n    <y>\n    </y>\n  </location>\n</configuration>\n',
  sections: [location('.', false), 'y'],
  becomes:
    '<configuration>\n  <location inheritInChildApplications="false">\n    <y>\n      <rule name="ours" />\n    </y>\n  </location>\n</configuration>\n',
})

test('first is behind what clears and removes, and behind the remark on it', inserts, {
  text: '<c>\n  <rules>\n    <clear />\n    <remove name="x" /> <!-- why -->\n    <rule/>\n  </rules>\n</c>',
  sections: ['rules'],
  position: 'first',
  becomes:
    '<c>\n  <rules>\n    <clear />\n    <remove name="x" /> <!-- why -->\n    <rule name="ours" />\n    <rule/>\n  </rules>\n</c>',
})

test('last is behind the last comment', inserts, {
  text: '<c>\n  <rules>\n    <rule/>\n    <!-- end -->\n  </rules>\n</c>',
  sections: ['rules'],
  becomes: '<c>\n  <rules>\n    <rule/>\n    <!-- end -->\n    <rule name="ours" />\n  </rules>\n</c>',
})

test('after and before name a sibling', inserts, {
  text: '<c>\n  <rules>\n    <a/>\n    <!-- on b -->\n    <b/>\n  </rules>\n</c>',
  sections: ['rules'],
  position: (root) => ({ before: root.children[0]?.children[1] ?? root }),
  becomes:
    '<c>\n  <rules>\n    <a/>\n    <rule name="ours" />\n    <!-- on b -->\n    <b/>\n  </rules>\n</c>',
})

test('a section name in a comment or in CDATA is none', inserts, {
  text: '<c>\n  <!-- <rules> -->\n  <x><![CDATA[<rules>]]></x>\n</c>',
  sections: ['rules'],
  becomes:
    '<c>\n  <!-- <rules> -->\n  <x><![CDATA[<rules>]]></x>\n  <rules>\n    <rule name="ours" />\n  </rules>\n</c>',
  made: [{ at: 'c/rules', tail: null }],
})

test('of two sections of one name the one with more of the path is used', inserts, {
  text: '<c>\n  <system.webServer>\n  </system.webServer>\n  <system.webServer>\n    <rewrite>\n      <rules>\n      </rules>\n    </rewrite>\n  </system.webServer>\n</c>',
  becomes:
    '<c>\n  <system.webServer>\n  </system.webServer>\n  <system.webServer>\n    <rewrite>\n      <rules>\n        <rule name="ours" />\n      </rules>\n    </rewrite>\n  </system.webServer>\n</c>',
})

test('names are compared with case', (t) => {
  const { root } = parsed('<configuration><Rules/><rules/></configuration>')
  t.is(sectionAt(root, ['rules']), root.children[1] ?? null)
  t.is(sectionAt(root, ['RULES']), null)
  t.is(sectionAt(root, []), root)
})

test('values are escaped and come back as they were', (t) => {
  const value = `<&>"'\r\n\t ${'\u{1F600}'}]]>`
  const text = render({ name: 'a', attributes: [['v', value]], children: [] }, '', {
    lineEnd: '\n',
    unit: ' ',
  })
  t.is(text, `<a v="&lt;&amp;>&quot;'&#xD;&#xA;&#x9; \u{1F600}]]>" />`)
  t.is(parsed(text).root.attributes[0]?.value, value)
})

test('a name that is none is never written', (t) => {
  const style = { lineEnd: '\n', unit: ' ' }
  for (const name of ['a b', 'a><b', '', '1', 'a="']) {
    t.throws(() => render({ name, attributes: [], children: [] }, '', style), { code: 'BUG' })
    t.throws(() => render({ name: 'a', attributes: [[name, '']], children: [] }, '', style), { code: 'BUG' })
  }
})

test('an element is written anew in its place', (t) => {
  const document = parsed('<c>\r\n\t<!-- x --><rule name="ours"/>\r\n\t<rule />\r\n</c>')
  const text = replaceElement(document, named(document, 'ours'), { ...OURS, children: [OURS] })
  t.is(
    text,
    '<c>\r\n\t<!-- x --><rule name="ours">\r\n\t\t<rule name="ours" />\r\n\t</rule>\r\n\t<rule />\r\n</c>',
  )
})

test('a sibling from elsewhere and the root are mistakes of ours', (t) => {
  const document = parsed('<c><a><b/></a></c>')
  const [, , inner] = everyElement(document.root)
  if (inner === undefined) return t.fail('no <b>')
  const insertion = { scope: document.root, sections: [], markup: OURS, position: { after: inner } }
  t.throws(() => insertElement(document, insertion, []), { code: 'BUG' })
  t.throws(() => removeElement(document, document.root, []), { code: 'BUG' })
})

test('a raw element out of a record is one element or nothing', (t) => {
  t.deepEqual(asRawElement({ text: '\n  <add/>', gap: '' }), { text: '\n  <add/>', gap: '' })
  for (const text of ['<a/><b/>', '<a/>x', 'x<a/>', '</x><x>', '', '<!-- a -->', '<a/></x><x><b/>']) {
    t.is(asRawElement({ text, gap: '' }), null, text)
  }
  for (const value of [null, 'x', [], {}, { text: '<a/>' }, { text: 1, gap: '' }])
    t.is(asRawElement(value), null)
})

test('a tail out of a record that is none is not written', (t) => {
  const text = '<c>\n  <rules>\n    <rule name="ours" />\n  </rules>\n</c>'
  for (const tail of ['<script/>', '></rules><rule/>', '></other>', '/> <x/>', '']) {
    const removed = removeElement(parsed(text), named(parsed(text), 'ours'), [{ at: 'c/rules', tail }])
    t.is(removed.text, '<c>\n  <rules>\n  </rules>\n</c>', tail)
  }
})

test('the independent parser says where', (t) => {
  t.is(wellFormed('<a xmlns:b="urn:b"><b:c/></a>'), null)
  t.like(wellFormed('<a>\n  <b></a>'), { line: 2 })
  t.regex(wellFormed('<a><b:c/></a>')?.why ?? '', /prefix/)
})

test('an edit is checked before and after, and given as bytes', (t) => {
  const encoding = { name: 'utf-16le', bom: true } as const
  const sound = parseDocument(encode('<a><b/></a>', encoding))
  if (sound.is === 'refused') return t.fail(sound.why)
  t.is(checkedDocument(sound), sound)
  const checked = checkedEdit(sound, '<a><b/><c/></a>')
  t.deepEqual(checked.is === 'checked' && checked.become, encode('<a><b/><c/></a>', encoding))
  t.deepEqual(checkedEdit(sound, null), { is: 'absent', become: 'absent' })
  t.like(checkedEdit(sound, '<a><b></a>'), { is: 'refused', line: 1, column: 7 })
  t.is(checkedEdit(sound, '<a><x:b/></a>').is, 'refused')
  const unsound = parsed('<a><x:b/></a>')
  t.is(checkedDocument(unsound).is, 'refused')
  t.is(checkedEdit(unsound, '<a/>').is, 'refused')
})
