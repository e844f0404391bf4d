import { htmlEncode, urlDecode, urlEncode } from './coding.ts'
import type { MapIndex, Maps } from './maps.ts'

// Rules in the field write toLower as well as ToLower.
const FUNCTIONS: { readonly [name: string]: (text: string) => string } = {
  tolower: (text) => text.toLowerCase(),
  urlencode: urlEncode,
  urldecode: urlDecode,
  htmlencode: htmlEncode,
}

/** A part of a text with braces, such as the input of a condition or the URL of an action. `at`: from character 0. */
export type Piece =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'reference'; readonly of: 'R' | 'C'; readonly index: number; readonly at: number }
  | { readonly is: 'variable'; readonly name: string; readonly at: number }
  | {
      readonly is: 'function'
      /** In lower case: `tolower`, `urlencode`, `urldecode`, `htmlencode`. */
      readonly name: string
      readonly apply: (text: string) => string
      readonly argument: Template
      readonly at: number
    }
  | { readonly is: 'map'; readonly map: MapIndex; readonly argument: Template; readonly at: number }

export type Template = readonly Piece[]

/** A template, or what is wrong with it and at which character. */
export type ParsedTemplate =
  | { readonly is: 'template'; readonly pieces: Template }
  | { readonly is: 'fault'; readonly why: string; readonly at: number }

/** Deeper than anybody writes, and not so deep that reading it runs out of stack. */
const DEEPEST = 64

/** Reads a text with braces. Never throws. */
export function parseTemplate(text: string, maps: Maps): ParsedTemplate {
  const reader: Reader = { text, maps, at: 0 }
  try {
    return { is: 'template', pieces: pieces(reader, 0) }
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { is: 'fault', why: thrown.message, at: thrown.at }
    throw thrown
  }
}

/** All pieces of a template, those inside of others too. */
export function piecesIn(template: Template): readonly Piece[] {
  return template.flatMap((piece) =>
    piece.is === 'function' || piece.is === 'map' ? [piece, ...piecesIn(piece.argument)] : [piece],
  )
}

interface Reader {
  readonly text: string
  readonly maps: Maps
  at: number
}

// Thrown and caught in this file alone: the reader calls itself, and a fault ends all of it.
class Unreadable extends Error {
  readonly at: number

  constructor(why: string, at: number) {
    super(why)
    this.at = at
  }
}

// A closing brace that closes nothing is a plain character; inside of another expression it ends that
// (blogs.iis.net/danielvl, on curly brackets).
function pieces(reader: Reader, depth: number): Template {
  const found: Piece[] = []
  const { text } = reader
  while (reader.at < text.length && !(depth > 0 && text[reader.at] === '}')) {
    found.push(text[reader.at] === '{' ? braced(reader, depth) : plain(reader, depth))
  }
  return found
}

function plain(reader: Reader, depth: number): Piece {
  const rest = reader.text.slice(reader.at)
  const length = rest.search(depth > 0 ? /[{}]/ : /\{/)
  const text = length < 0 ? rest : rest.slice(0, length)
  reader.at += text.length
  return { is: 'text', text }
}

function braced(reader: Reader, depth: number): Piece {
  const at = reader.at
  if (depth >= DEEPEST) throw new Unreadable('it is nested too deeply', at)
  const name = nameAt(reader, at)
  const end = reader.text[reader.at]
  reader.at += 1
  if (end === '}') return { is: 'variable', name, at }
  const piece = /^[RC]$/i.test(name) ? reference(reader, name, at) : call(reader, { name, at, depth })
  if (reader.text[reader.at] !== '}') throw new Unreadable('a brace is not closed', at)
  reader.at += 1
  return piece
}

// Names are plain: a variable whose name is put together at run time does not exist.
function nameAt(reader: Reader, at: number): string {
  const length = reader.text.slice(at + 1).search(/[{}:]/)
  if (length < 0) throw new Unreadable('a brace is not closed', at)
  reader.at = at + 1 + length
  if (reader.text[reader.at] === '{') throw new Unreadable('a brace stands inside of a name', reader.at)
  if (length === 0) throw new Unreadable('braces name nothing', at)
  return reader.text.slice(at + 1, reader.at)
}

function reference(reader: Reader, name: string, at: number): Piece {
  const of = name.toUpperCase() === 'R' ? 'R' : 'C'
  // Captures of a rule go to 9, as the reference of the module has it; those of all conditions may be more.
  const digits = (of === 'R' ? /^\d(?=\}|$)/ : /^\d{1,4}(?=\}|$)/).exec(reader.text.slice(reader.at))?.[0]
  if (digits === undefined)
    throw new Unreadable(`{${name}:…} wants a number${of === 'R' ? ' up to 9' : ''}`, at)
  reader.at += digits.length
  return { is: 'reference', of, index: Number(digits), at }
}

function call(
  reader: Reader,
  { name, at, depth }: { readonly name: string; readonly at: number; readonly depth: number },
): Piece {
  const key = name.toLowerCase()
  // A map with the name of a function is out of reach.
  const apply = Object.hasOwn(FUNCTIONS, key) ? FUNCTIONS[key] : undefined
  const map = reader.maps.get(key)
  if (apply === undefined && map === undefined) {
    throw new Unreadable(`${name} is neither a function nor a rewrite map that is known here`, at)
  }
  const argument = pieces(reader, depth + 1)
  if (apply !== undefined) return { is: 'function', name: key, apply, argument, at }
  return { is: 'map', map: map as MapIndex, argument, at }
}
