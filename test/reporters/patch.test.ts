import test from 'ava'
import { applyPatch } from 'diff'
import fc from 'fast-check'
import { makePatch } from '../../reconciler/reporters/text/patch.ts'

test('equal texts have no patch', (t) => {
  t.is(makePatch('f', 'a\n', 'a\n'), '')
})

test('a file that appears or vanishes says so', (t) => {
  t.is(makePatch('f', null, 'a\n'), '--- (absent)\n+++ f\n@@ -0,0 +1,1 @@\n+a\n')
  t.regex(makePatch('f', 'a\n', null), /^--- f\n\+\+\+ \(absent\)\n@@ -1,1 \+0,0 @@\n-a\n/)
})

test('a change of line ends alone is a change', (t) => {
  t.not(makePatch('f', 'a\n', 'a\r\n'), '')
})

test('applying a patch gives the other text', (t) => {
  const text = fc
    .array(fc.constantFrom('<rule>', '</rule>', '', '  <x />'), { maxLength: 12 })
    .map((lines) => lines.join('\n'))
  t.notThrows(() =>
    fc.assert(
      fc.property(text, text, (before, after) => {
        const patch = makePatch('f', before, after)
        return patch === '' ? before === after : applyPatch(before, patch) === after
      }),
    ),
  )
})
