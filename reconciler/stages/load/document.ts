import { offsetOf, pointer } from '../../formats/positions.ts'
import type { ObjectKind } from '../../formats/schema/publish.ts'
import type { Origin } from '../../model/catalogue.ts'
import { isObject } from '../../model/object.ts'
import type { Json } from '../../model/resource.ts'
import type { RawDocument } from './files.ts'

export type JsonObject = { readonly [key: string]: Json }
type Path = readonly (string | number)[]

/** One object of the policy repository, as written: nothing but its kind is known to be right. */
export interface PolicyObject {
  readonly kind: ObjectKind
  /** Null when there is none that is text. */
  readonly name: string | null
  readonly file: string
  readonly value: JsonObject
  /** Where something of it stands: by path, or by JSON pointer. */
  at(path: Path | string, of?: 'key' | 'value'): Origin
  /** What stands at a path; undefined when nothing does. */
  get(...path: Path): Json | undefined
  /** Items of the list at a path; none when there is no list. */
  items(...path: Path): readonly Json[]
  /** Entries of the mapping at a path; none when there is no mapping. */
  entries(...path: Path): readonly (readonly [string, Json])[]
}

/** The object that a document holds, with the place of everything in it. */
export function policyObject(kind: ObjectKind, raw: RawDocument, value: JsonObject): PolicyObject {
  const get = (...path: Path): Json | undefined => reach(value, path)
  const name = get('metadata', 'name')
  return {
    kind,
    name: typeof name === 'string' ? name : null,
    file: raw.file,
    value,
    get,
    at: (path, of = 'value') => originOf(raw, typeof path === 'string' ? path : pointer(...path), of),
    items: (...path) => {
      const list = get(...path)
      return isList(list) ? list : []
    },
    entries: (...path) => {
      const map = get(...path)
      return isObject(map) ? Object.entries(map) : []
    },
  }
}

/** Where something stands in a document that is not known to be an object yet. */
export function originOf(raw: RawDocument, at: string, of: 'key' | 'value' = 'value'): Origin {
  return { file: raw.file, ...raw.position(offsetOf(raw.root, at, of)) }
}

/** Own keys only: a path such as `constructor` must not find what every object inherits. */
function reach(value: Json, path: Path): Json | undefined {
  let found: Json | undefined = value
  for (const part of path) {
    if (isList(found)) found = found[Number(part)]
    else if (isObject(found) && Object.hasOwn(found, part)) found = found[String(part)]
    else return undefined
  }
  return found
}

/** Whether a value of a policy is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Whether it is text. */
export function isText(value: Json | undefined): value is string {
  return typeof value === 'string'
}
