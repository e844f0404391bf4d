import test from 'ava'
import fc from 'fast-check'
import { parseText } from '../../reconciler/iis/document.ts'
import { wellFormed } from '../../reconciler/iis/wellformed.ts'
import { junit } from '../../reconciler/reporters/junit.ts'

const failing = (message: string, text = message) => ({
  name: 'a test',
  file: 'mitigations/x.yaml',
  line: 3,
  failure: { message, text },
})

test('a suite counts its tests and failures, and all suites together', (t) => {
  const passed = { name: 'good', file: 'a.yaml', line: 1, failure: null }
  const text = junit([
    { name: 'M1', cases: [passed, failing('no')] },
    { name: 'M2', cases: [passed] },
  ])
  t.is(
    text,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="stopgap" tests="3" failures="1" errors="0" skipped="0">
  <testsuite name="M1" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="M1" name="good" file="a.yaml" line="1"/>
    <testcase classname="M1" name="a test" file="mitigations/x.yaml" line="3">
      <failure message="no">no</failure>
    </testcase>
  </testsuite>
  <testsuite name="M2" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="M2" name="good" file="a.yaml" line="1"/>
  </testsuite>
</testsuites>
`,
  )
})

test('whatever a test is called, what is written is well-formed XML', (t) => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(']]>', '<a b="c">', "'", '&amp;', '\ud800', '\ufffe', '\u0000\u0008', '\r\n\t'),
  )
  fc.assert(
    fc.property(anything, anything, (name, text) => {
      const xml = junit([{ name, cases: [{ ...failing(text), name, file: text }] }])
      t.is(wellFormed(xml), null, xml)
      const read = parseText(xml)
      t.is(read.is, 'document')
    }),
    { numRuns: 500 },
  )
})

test('a text comes back as it was written, line by line', (t) => {
  const xml = junit([{ name: 'M1', cases: [failing('a "b" <c>', 'GET /a?b=<c>&d\nCookie: e')] }])
  t.true(xml.includes('message="a &quot;b&quot; &lt;c&gt;">GET /a?b=&lt;c&gt;&amp;d\nCookie: e</failure>'))
})
