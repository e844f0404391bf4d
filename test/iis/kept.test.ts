import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { largeConfiguration } from '../../bench/configuration-text.ts'
import { rawAttribute } from '../../reconciler/iis/attribute-edit.ts'
import { attribute, parseText } from '../../reconciler/iis/document.ts'
import { insertElement } from '../../reconciler/iis/edit.ts'
import { rawElement } from '../../reconciler/iis/remove.ts'
import { location } from '../../reconciler/iis/section.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What a record keeps of one large file. */
function keep(text: string) {
  const document = parseText(text)
  const element = document.is === 'document' ? document.root.children[7] : undefined
  if (document.is === 'refused' || element === undefined) throw new Error('not read')
  const markup = { name: 'rule-with-a-long-name', attributes: [], children: [] }
  const sections = [location('Default Web Site/7'), 'system.webServer', 'a-long-section-name']
  const place = { scope: document.root, sections, markup, position: 'last' } as const
  return {
    element: rawElement(document, element),
    attribute: rawAttribute(document, element, 'path'),
    value: attribute(element, 'path'),
    names: [document.root.name, ...element.attributes.map(({ name }) => name)],
    made: insertElement(document, place, []).made,
  }
}

test('what is remembered of a file does not keep the file in memory', (t) => {
  const kept = [keep(largeConfiguration(100))]
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let round = 0; round < 12; round++) kept.push(keep(`${largeConfiguration(15_000)}<!-- ${round} -->`))
  collectGarbage()
  const grown = (process.memoryUsage().heapUsed - before) / 1_000_000
  t.is(kept.length, 13)
  // Twelve files of 1.5 MB; the last one lives on, for the engine remembers what a regular expression last saw.
  t.true(grown < 4, `${grown} MB`)
})
