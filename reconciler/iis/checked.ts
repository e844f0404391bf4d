import { bytesOf, parseDocument, type Refused, type XmlDocument } from './document.ts'
import { wellFormed } from './wellformed.ts'

/** An edit that two parsers accept, as what the file should become; `absent`: the file should go. */
export type Checked =
  | { readonly is: 'checked'; readonly become: Uint8Array; readonly document: XmlDocument }
  | { readonly is: 'absent'; readonly become: 'absent' }
  | Refused

const judged = new WeakMap<XmlDocument, Refused | null>()

function judge(document: XmlDocument): Refused | null {
  const known = judged.get(document)
  if (known !== undefined) return known
  const malformed = wellFormed(document.text)
  const judgement = malformed === null ? null : ({ is: 'refused', ...malformed } as const)
  judged.set(document, judgement)
  return judgement
}

/** A document that the independent parser accepts too, else why not. Asked once per document. */
export function checkedDocument(document: XmlDocument): XmlDocument | Refused {
  return judge(document) ?? document
}

/** The outcome of an edit of `before`, checked: both texts are well-formed to both parsers, or it is refused. */
export function checkedEdit(before: XmlDocument, text: string | null): Checked {
  const malformed = judge(before)
  if (malformed !== null) return malformed
  if (text === null) return { is: 'absent', become: 'absent' }
  const become = bytesOf(before, text)
  const after = parseDocument(become)
  if (after.is === 'refused') return after
  return judge(after) ?? { is: 'checked', become, document: after }
}
