import { StopgapError } from '../errors/error.ts'
import { checkedDocument, checkedEdit } from '../iis/checked.ts'
import { type Element, parseDocument, parseText, type XmlDocument } from '../iis/document.ts'
import { type Edited, newDocument } from '../iis/edit.ts'
import { type Known, known, unknown } from '../iis/known.ts'
import type { Removed } from '../iis/remove.ts'
import type { Made, MadeByFile, Part } from '../model/resource.ts'
import type { See } from '../model/thing.ts'

/** One configuration file while it is being edited: each edit sees the document that the one before it left. */
export class Draft {
  readonly file: string
  #document: XmlDocument
  #made: readonly Made[]
  #gone: boolean
  readonly #before: XmlDocument | null
  readonly #madeBefore: readonly Made[]

  constructor(file: string, document: XmlDocument | null, made: readonly Made[]) {
    this.file = file
    this.#before = document
    this.#madeBefore = made
    const start = document === null ? newDocument() : { document, made }
    this.#document = start.document
    this.#made = start.made
    this.#gone = document === null
  }

  get document(): XmlDocument {
    return this.#document
  }

  get root(): Element {
    return this.#document.root
  }

  get made(): readonly Made[] {
    return this.#made
  }

  /** The file is not there, or goes: nothing of anybody is in it. */
  get gone(): boolean {
    return this.#gone
  }

  /** Takes over what an edit gave. Elements of the document before it are of no use afterwards. */
  take(edited: Edited | Removed): void {
    this.#gone = edited.text === null
    if (edited.text === null) {
      const start = newDocument()
      this.#document = start.document
      this.#made = start.made
      return
    }
    this.#made = edited.made
    const document = parseText(edited.text, this.#document.encoding)
    // Edits build from values, so whatever they leave must be readable again.
    if (document.is === 'refused') throw new StopgapError('BUG', { detail: `${this.file}: ${document.why}` })
    this.#document = document
  }

  /** What should be done to the file: nothing when its text is as it was. */
  parts(): readonly Part[] {
    if (this.#gone) return this.#before === null ? [] : [{ thing: 'file', name: this.file, become: 'absent' }]
    if (this.#before?.text === this.#document.text) return []
    const checked = checkedEdit(this.#before ?? this.#document, this.#document.text)
    // Edits build from values that were checked, so a text that the second parser refuses is our own mistake.
    if (checked.is === 'refused') throw new StopgapError('BUG', { detail: `${this.file}: ${checked.why}` })
    return [{ thing: 'file', name: this.file, become: checked.become }]
  }

  /** What we have made in it by now, when that is news. */
  madeByFile(): MadeByFile {
    const made = this.#gone ? [] : this.#made
    return made === this.#madeBefore ? {} : { [this.file.toLowerCase()]: made }
  }
}

/** Opens a configuration file for editing; one that does not exist starts empty. */
export function openDraft(see: See, file: string, made: MadeByFile): Known<Draft> {
  const seen = see('file', file)
  if (seen.is === 'unknown') return unknown(`${file}: ${seen.why}`)
  const remembered = made[file.toLowerCase()] ?? []
  if (seen.is === 'absent') return known(new Draft(file, null, remembered))
  const parsed = parseDocument(seen.value)
  const document = parsed.is === 'refused' ? parsed : checkedDocument(parsed)
  if (document.is === 'refused') {
    return unknown(`${file}:${document.line}:${document.column}: ${document.why}`)
  }
  return known(new Draft(file, document, remembered))
}
