import type { See } from '../model/thing.ts'
import { type Element, type Parsed, parseDocument, placeOf, type XmlDocument } from './document.ts'

/** A configuration file that was seen and parsed. */
export interface Text {
  readonly is: 'text'
  readonly file: string
  readonly document: XmlDocument
  /** The element `configuration`. */
  readonly root: Element
}

/** Not well-formed, in an encoding that is not read, or no configuration file at all. Line and column from 1. */
export interface Malformed {
  readonly is: 'malformed'
  readonly file: string
  readonly line: number
  readonly column: number
  /** In words, with file and place. */
  readonly why: string
}

export type Readable =
  | Text
  | Malformed
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly why: string }

/** A configuration file through `see`: its tree, or why there is none. `unknown` covers "not looked at yet". */
export function readText(see: See, file: string): Readable {
  const sighting = see('file', file)
  if (sighting.is === 'absent') return sighting
  if (sighting.is === 'unknown') return { is: 'unknown', why: `${file}: ${sighting.why}` }
  return understood(file, parseDocument(sighting.value))
}

function understood(file: string, parsed: Parsed): Text | Malformed {
  if (parsed.is === 'refused')
    return malformed(file, parsed, `not a readable configuration file: ${parsed.why}`)
  const { root } = parsed
  if (root.name === 'configuration') return { is: 'text', file, document: parsed, root }
  return malformed(file, placeOf(parsed.text, root.start), `its root is <${root.name}>, not <configuration>`)
}

function malformed(
  file: string,
  { line, column }: { line: number; column: number },
  what: string,
): Malformed {
  return { is: 'malformed', file, line, column, why: `${file}:${line}:${column}: ${what}` }
}
