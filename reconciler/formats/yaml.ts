import {
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'
import type { Json } from '../model/resource.ts'
import type { Place } from './positions.ts'

/** One document of a file with the place of each of its values. */
export interface YamlDocument {
  readonly value: Json
  readonly root: Place
}

/** What is wrong with the text, and where. */
export interface YamlFault {
  readonly offset: number
  readonly message: string
}

/** Empty documents are left out, and those with a fault that leaves their values in doubt. */
export interface Yaml {
  readonly documents: readonly YamlDocument[]
  readonly faults: readonly YamlFault[]
  readonly nodes: number
}

const MAX_DEPTH = 100

/**
 * Reads YAML 1.2 (core schema, several documents) without anchors, aliases and duplicate keys. Never throws.
 * A text that does not parse at all has one fault; what is refused in documents that parse is listed completely.
 */
export function parseYaml(text: string): Yaml {
  let events: readonly Event[]
  try {
    // The parser counts the document and the innermost value as levels, too.
    events = parseEvents(text, { maxDepth: MAX_DEPTH + 2 })
  } catch (thrown) {
    return { documents: [], faults: [faultOf(thrown)], nodes: 0 }
  }
  const documents: YamlDocument[] = []
  const faults: YamlFault[] = []
  for (const part of splitDocuments(events)) {
    const walk = new Walk(text)
    for (const event of part) walk.take(event)
    // Not by spreading: hostile text has more faults than a call takes arguments.
    for (const fault of walk.faults) faults.push(fault)
    if (walk.doubtful || walk.root === null) continue
    try {
      // A key that stands there twice was told, and must not hide what else is wrong.
      const options = { source: text, maxAliases: 0, json: walk.faults.length > 0 }
      const value = constructFromEvents([...part], options)[0] as Json
      if (value !== null) documents.push({ value, root: walk.root })
    } catch (thrown) {
      faults.push(faultOf(thrown))
    }
  }
  return { documents, faults, nodes: events.length }
}

function* splitDocuments(events: readonly Event[]): Generator<readonly Event[]> {
  let start = 0
  for (let index = 1; index <= events.length; index += 1) {
    if (index < events.length && events[index]?.type !== EVENT_ID.DOCUMENT) continue
    yield events.slice(start, index)
    start = index
  }
}

interface Frame {
  readonly place: Place
  readonly is: 'document' | 'sequence' | 'mapping'
  /** The key whose value comes next. */
  pending: { readonly text: string; readonly offset: number } | null
  items: number
}

/** What the core schema would make something else than text of; as a key that is nearly always a version unquoted. */
const NOT_TEXT =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

/** Walks the events of one document: builds its places and finds what we refuse beyond what the parser does. */
class Walk {
  readonly faults: YamlFault[] = []
  root: Place | null = null
  /** Whether a fault leaves open what the author meant: nothing further is to be said of such a document. */
  doubtful = false
  readonly #text: string
  readonly #frames: Frame[] = []

  constructor(text: string) {
    this.#text = text
  }

  take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#open({ key: null, value: 0, children: new Map() }, 'document')
        break
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING:
        this.#refuseAnchor(event.anchorStart)
        this.#open(this.#value(event.start, true), event.type === EVENT_ID.SEQUENCE ? 'sequence' : 'mapping')
        break
      case EVENT_ID.SCALAR:
        this.#refuseAnchor(event.anchorStart)
        this.#scalar(event)
        break
      case EVENT_ID.ALIAS:
        this.#fault(
          event.anchorStart - 1,
          'an alias (*name). Write the value out: aliases are not allowed here.',
        )
        this.#value(event.anchorStart - 1, true)
        break
      case EVENT_ID.POP:
        this.#frames.pop()
        break
    }
  }

  #open(place: Place, is: Frame['is']): void {
    this.#frames.push({ place, is, pending: null, items: 0 })
  }

  #scalar(event: ScalarEvent): void {
    const frame = this.#frames.at(-1)
    const offset = this.#offset(event)
    this.#checkScalar(event, offset)
    if (frame?.is === 'mapping' && frame.pending === null) this.#key(frame, event, offset)
    else this.#value(offset, false)
  }

  #key(frame: Frame, event: ScalarEvent, offset: number): void {
    const text = getScalarValue(this.#text, event)
    const first = frame.place.children.get(text)
    const nameless = event.valueStart < 0
    const notText = event.style === SCALAR_STYLE.PLAIN && NOT_TEXT.test(text)
    if (nameless || notText) this.doubtful = true
    if (nameless) this.#fault(frame.place.value, 'a key without a name. Write one before the colon.')
    else if (notText) this.#fault(offset, `the key ${text} is not text to YAML. Put it in quotes: "${text}".`)
    else if (first !== undefined)
      this.#slip(offset, `the key '${text}' stands in this mapping twice. Remove one of them.`)
    frame.pending = { text, offset }
  }

  /** The place of a value that starts here, entered with its parent. */
  #value(offset: number, collection: boolean): Place {
    const frame = this.#frames.at(-1)
    const pending = frame?.pending ?? null
    const value = offset >= 0 ? offset : (pending?.offset ?? frame?.place.value ?? 0)
    const place: Place = { key: pending?.offset ?? null, value, children: collection ? new Map() : LEAF }
    if (frame === undefined) return place
    if (frame.is === 'document') {
      if (collection || offset >= 0) this.root = place
    } else if (frame.is === 'sequence') {
      frame.place.children.set(String(frame.items), place)
      frame.items += 1
    } else if (pending === null) {
      this.#fault(value, 'a list or mapping as a key. Keys are plain words here.')
      frame.pending = { text: '', offset: value }
    } else {
      // Of a key that stands there twice the last value counts, as it does where the values are read.
      frame.place.children.set(pending.text, place)
      frame.pending = null
    }
    return place
  }

  #offset(event: ScalarEvent): number {
    const { valueStart: start, style } = event
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return start - 1
    if (style === SCALAR_STYLE.PLAIN || start < 0) return start
    // The parser gives where a block's content starts; people look for the | or > before it.
    return Math.max(0, this.#text.lastIndexOf(style === SCALAR_STYLE.LITERAL_BLOCK ? '|' : '>', start - 1))
  }

  #checkScalar(event: ScalarEvent, offset: number): void {
    if (event.valueStart < 0) return
    if (event.style === SCALAR_STYLE.DOUBLE_QUOTED) {
      const value = getScalarValue(this.#text, event)
      // Escapes can smuggle in what the file itself may not hold.
      if (value.includes('\0') || !value.isWellFormed())
        this.#fault(offset, 'an escape for a NUL or half a character. Remove it.')
    } else if (event.style === SCALAR_STYLE.PLAIN) {
      const raw = this.#text.slice(event.valueStart, event.valueEnd)
      if (NOT_FINITE.test(raw)) this.#fault(offset, `${raw} is no number that can be used here.`)
    }
  }

  #refuseAnchor(offset: number): void {
    // Offsets of anchors and aliases are those of their names, behind the sign.
    if (offset >= 0)
      this.#slip(offset - 1, 'an anchor (&name). Remove it: anchors and aliases are not allowed here.')
  }

  #fault(offset: number, message: string): void {
    this.doubtful = true
    this.#slip(offset, message)
  }

  /** A fault that leaves no doubt about what was meant. */
  #slip(offset: number, message: string): void {
    this.faults.push({ offset, message })
  }
}

const LEAF: Map<string, Place> = new Map()

function faultOf(thrown: unknown): YamlFault {
  // The parser's documentation says that not only its own exceptions can come out of hostile input.
  if (!(thrown instanceof YAMLException))
    return { offset: 0, message: `does not parse as YAML: ${String(thrown)}.` }
  return { offset: thrown.mark?.position ?? 0, message: wordsFor(thrown.reason) }
}

function wordsFor(reason: string): string {
  const tag = /^unknown \w+ tag !<(.*)>$/.exec(reason)?.[1]
  if (tag !== undefined) return `the tag '${tag}' is not known here. Leave it out.`
  if (reason.startsWith('nesting exceeded')) return `nested deeper than ${MAX_DEPTH} levels.`
  if (reason.startsWith('tab characters')) return 'a tab in the indentation. Use blanks.'
  if (reason === 'deficient indentation')
    return 'does not parse as YAML: what was begun above needs deeper indentation, or a bracket or quote that closes it.'
  return `does not parse as YAML: ${reason}.`
}
