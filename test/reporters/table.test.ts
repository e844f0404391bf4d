import test from 'ava'
import fc from 'fast-check'
import { plain } from '../../reconciler/reporters/text/paint.ts'
import { table } from '../../reconciler/reporters/text/table.ts'
import { cut, widthOf, wrapped } from '../../reconciler/reporters/text/width.ts'

const width = test.macro((t, text: string, expected: number) => {
  t.is(widthOf(text), expected)
})

test('plain letters', width, 'abc', 3)
test('a combining accent takes no cell', width, 'e\u0301', 1)
test('Han takes two', width, '邮件', 4)
test('an emoji of several code points takes two', width, '👩‍💻', 2)

test('columns start at the same cell in every line, whatever stands in them', (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 })
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 8 }), (rows) => {
        const drawn = table(
          ['A', 'B'],
          rows.map(([left, right]) => [{ text: left }, { text: `|${right}` }]),
          plain,
        ).split('\n')
        const starts = drawn.slice(1).map((line, at) => {
          // The first cell may hold a bar of its own: count from what it was drawn as.
          const left = table([''], [[{ text: rows[at]?.[0] ?? '' }]], plain).split('\n')[1] ?? ''
          return widthOf(line.slice(0, line.indexOf('|', left.length)))
        })
        return drawn.length === rows.length + 1 && new Set(starts).size === 1
      }),
      { numRuns: 300 },
    ),
  )
})

test('no line ends with blanks', (t) => {
  t.deepEqual(table(['A', 'B'], [[{ text: 'x' }, { text: '' }]], plain).split('\n'), ['A  B', 'x'])
})

test('what is broken into lines is all there, and only one long word is wider than asked', (t) => {
  const words = fc.array(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((word) => !word.includes(' ')),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (all, most) => {
        const lines = wrapped(all.join(' '), most)
        return (
          lines.join(' ') === all.join(' ') &&
          lines.every((line) => widthOf(line) <= most || !line.includes(' '))
        )
      }),
      { numRuns: 300 },
    ),
  )
  t.deepEqual(wrapped('a b', Number.POSITIVE_INFINITY), ['a b'])
})

test('what is cut is never wider than asked and never breaks a character', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        (text, most) => {
          const short = cut(text, most)
          return widthOf(short) <= most && (short === text || text.startsWith(short.slice(0, -1)))
        },
      ),
      { numRuns: 300 },
    ),
  )
})
