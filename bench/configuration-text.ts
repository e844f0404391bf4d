import { checkedEdit } from '../reconciler/iis/checked.ts'
import { bytesOf, parseDocument } from '../reconciler/iis/document.ts'
import { insertElement } from '../reconciler/iis/edit.ts'
import { wellFormed } from '../reconciler/iis/wellformed.ts'

/** What one edit of a file costs, step by step, in milliseconds. */
export interface EditTimes {
  readonly megabytes: number
  readonly parse: number
  readonly edit: number
  readonly check: number
  readonly encode: number
  /** All that a pass does for one edit: parse, edit, check before and after by both parsers, encode. */
  readonly whole: number
}

const RULE = { name: 'rule', attributes: [['name', 'bench']], children: [] } as const
const SECTIONS = ['system.webServer', 'rewrite', 'rules']

/** A configuration of that many locations, some 100 bytes each, with the line ends of a real one. */
export function largeConfiguration(locations: number): string {
  const lines = Array.from(
    { length: locations },
    (_, index) =>
      `    <location path="Default Web Site/${index}">\r\n        <x a="1" b='&lt;2'><!-- ${index} --></x>\r\n    </location>\r\n`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\r\n<configuration>\r\n${lines.join('')}</configuration>\r\n`
}

function timed<T>(work: () => T): readonly [T, number] {
  const start = performance.now()
  const result = work()
  return [result, performance.now() - start]
}

/** Measures one edit of a text, which must be well-formed. */
export function editTimes(text: string): EditTimes {
  const bytes = new TextEncoder().encode(text)
  const [document, parse] = timed(() => parseDocument(bytes))
  if (document.is === 'refused') throw new Error(document.why)
  const place = { scope: document.root, sections: SECTIONS, markup: RULE, position: 'last' } as const
  const [edited, edit] = timed(() => insertElement(document, place, []))
  const [, check] = timed(() => wellFormed(edited.text))
  const [, encode] = timed(() => bytesOf(document, edited.text))
  const [checked, rest] = timed(() => checkedEdit(document, edited.text))
  if (checked.is !== 'checked') throw new Error('the edit was refused')
  const megabytes = bytes.length / 1_000_000
  return { megabytes, parse, edit, check, encode, whole: parse + edit + rest }
}
