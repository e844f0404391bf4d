import type { Json } from '../../model/resource.ts'

/** What an attribute may hold. Times are texts such as `1.05:00:00`; flags are lists of names. */
export interface AttributeSchema {
  readonly type: 'bool' | 'enum' | 'flags' | 'uint' | 'int' | 'string' | 'timeSpan'
  /** Canonical value when it is not written; null: there is none. */
  readonly otherwise: Json
  /** Names of an enum or flags, in order of their numbers; compared without case. */
  readonly values?: readonly string[]
  readonly min?: number
  readonly max?: number
  /** An inner range that is refused, both ends included. */
  readonly except?: readonly [number, number]
  readonly required?: true
  readonly nonEmpty?: true
  /** Blanks at either end are refused. */
  readonly trimmed?: true
}

/** How an element collects others. */
export interface CollectionSchema {
  /** Names of the elements that add an entry. */
  readonly add: readonly string[]
  readonly remove?: string
  readonly clear?: string
  /** Attributes that together are the key; none: entries may be equal. */
  readonly key: readonly string[]
  /** Keys are compared with case. */
  readonly cased?: true
  readonly entry: ElementSchema
}

export interface ElementSchema {
  readonly attributes: { readonly [name: string]: AttributeSchema }
  readonly children: { readonly [name: string]: ElementSchema }
  readonly collection?: CollectionSchema
  /** More may stand in it than is listed: what is not listed is not judged. */
  readonly open?: true
}

type Range = Pick<AttributeSchema, 'min' | 'max' | 'except'>

/** A boolean; names of booleans have no case. */
export function bool(otherwise: boolean): AttributeSchema {
  return { type: 'bool', otherwise }
}

/** Free text. */
export function text(otherwise: string | null = ''): AttributeSchema {
  return { type: 'string', otherwise }
}

/** Free text that must be there. */
export function required(): AttributeSchema {
  return nonEmpty(present())
}

/** Free text that must be written, and may be empty. */
export function present(): AttributeSchema {
  return { type: 'string', otherwise: null, required: true }
}

/** Text of any kind that is not empty where it is written: `nonEmptyString` in the schema of IIS. */
export function nonEmpty(schema: AttributeSchema): AttributeSchema {
  return { ...schema, nonEmpty: true }
}

/** Text of either kind without blanks at its ends: `requireTrimmedString` in the schema of IIS. */
export function trimmed(schema: AttributeSchema): AttributeSchema {
  return { ...schema, trimmed: true }
}

/** One of several names; the first is the default unless told. */
export function oneOf(values: readonly string[], otherwise: Json = values[0] ?? null): AttributeSchema {
  return { type: 'enum', values, otherwise }
}

/** Any of several names. */
export function flags(values: readonly string[], otherwise: readonly string[]): AttributeSchema {
  return { type: 'flags', values, otherwise }
}

/** A number that is not negative. */
export function uint(otherwise: number | null, range: Range = {}): AttributeSchema {
  return { type: 'uint', otherwise, ...range }
}

/** A length of time. */
export function timeSpan(otherwise: string): AttributeSchema {
  return { type: 'timeSpan', otherwise }
}

/** An element with attributes, and others inside. */
export function element(
  attributes: ElementSchema['attributes'],
  children: ElementSchema['children'] = {},
  collection?: CollectionSchema,
): ElementSchema {
  return collection === undefined ? { attributes, children } : { attributes, children, collection }
}

/** The usual collection: `add` (or another name), `remove` and `clear`. */
export function collects(
  key: readonly string[],
  entry: ElementSchema,
  add: string = 'add',
): CollectionSchema {
  return { add: [add], remove: 'remove', clear: 'clear', key, entry }
}

/** A collection whose entries can only be added. */
export function only(key: readonly string[], entry: ElementSchema, add: string = 'add'): CollectionSchema {
  return { add: [add], key, entry }
}
