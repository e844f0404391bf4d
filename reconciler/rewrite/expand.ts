import { type Piece, piecesIn, type Template } from './template.ts'

/** What stands for the pieces of a template while a rule is carried out. */
export interface Scope {
  /** The value of a server variable; empty where there is none. */
  readonly variable: (name: string) => string
  /** `{R:n}`: captures of the pattern of the rule, the whole match first. */
  readonly R: readonly string[]
  /** `{C:n}`: captures of conditions. */
  readonly C: readonly string[]
}

/** How many references exist, the whole match counted; 0 where nothing is captured at all. */
export interface Captured {
  readonly R: number
  readonly C: number
}

/** A reference to a capture that is not there: IIS answers 500. */
export class Dangling extends Error {
  constructor(reference: string) {
    super(`there is no ${reference}: what matched does not capture it`)
  }
}

/** Why IIS answers 500 where this was thrown while a rule was carried out; null for what is no matter of the rule. */
export function unworkable(thrown: unknown): string | null {
  if (thrown instanceof Dangling) return thrown.message
  // Rules can double a text until nothing holds it, and patterns run out of stack on a long one.
  return thrown instanceof RangeError ? `it is too much to be worked out here: ${thrown.message}` : null
}

/** The text that a template stands for. Throws `Dangling`. */
export function expand(template: Template, scope: Scope): string {
  if (template.length === 1) return pieceValue(template[0]!, scope)
  let text = ''
  for (const piece of template) text += pieceValue(piece, scope)
  return text
}

function pieceValue(piece: Piece, scope: Scope): string {
  switch (piece.is) {
    case 'text':
      return piece.text
    case 'reference': {
      const captured = scope[piece.of][piece.index]
      if (captured === undefined) throw new Dangling(referenceText(piece))
      return captured
    }
    case 'variable':
      return scope.variable(piece.name)
    case 'function':
      return piece.apply(expand(piece.argument, scope))
    case 'map':
      return piece.map.lookup(expand(piece.argument, scope))
  }
}

/** The first reference, as it is written, to a capture that cannot exist, whatever the request is. */
export function danglingIn(template: Template, captured: Captured): string | null {
  for (const piece of piecesIn(template)) {
    if (piece.is === 'reference' && piece.index >= captured[piece.of]) return referenceText(piece)
  }
  return null
}

function referenceText({ of, index }: Extract<Piece, { readonly is: 'reference' }>): string {
  return `{${of}:${index}}`
}
