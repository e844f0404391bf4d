import type { ServiceSettings } from './target.ts'
import type { See } from './thing.ts'

/** A canonical value: normalised by its kind, so that equal meaning is equal JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What a resource reads as, field by field. */
export type Fields = { readonly [field: string]: Json }

/** Why a change is not made: a closed list, since metrics have a label of it. */
export const HELD_REASONS = [
  'audit',
  'limit',
  'unprotects',
  'unowned',
  'would-break',
  'ineffective',
  'dependents',
  'conflict',
  'fight',
  'setup',
  'maintenance',
  'other-owner',
  'wrong-host',
  'redirected',
  'expired',
  'rollout',
] as const

export type HeldReason = (typeof HELD_REASONS)[number]

/** Something foreign keeps our element from acting: which file (full Windows path) and what in it. */
export interface Flaw {
  readonly file: string
  readonly detail: string
}

/**
 * What a resource looks like on the server.
 * present: `ours` says that it carries our mark (elements); for values the record decides, and `ours` is false.
 * absent: it could be there and is not. missing: the thing it would be made on (service, pool, module, site) does
 * not exist here, and the specification says to skip it.
 * elsewhere: an equal one that is not ours does the job, and ours is not there. When both are there it is `present`
 * with `duplicate` saying where the foreign one is.
 * `beside` names what others have that is like it but, as the specification says, not enough.
 * unknown with `held`: not readable for a reason that also forbids to write; with `gone`: as missing, but the
 * specification says to insist, which matters only to whoever wants it.
 */
export type Reading =
  | {
      readonly is: 'present'
      readonly fields: Fields
      readonly ours: boolean
      /** The mitigation that our mark names. */
      readonly mark?: string
      /** In words, where nothing says it for the very path: it is not ours then, whatever a record has. */
      readonly inherited?: string
      readonly flaw?: Flaw
      readonly duplicate?: string
      readonly beside?: string
    }
  | { readonly is: 'absent'; readonly beside?: string }
  | { readonly is: 'missing'; readonly why: string }
  | { readonly is: 'elsewhere'; readonly where: string }
  | { readonly is: 'unknown'; readonly why: string; readonly held?: HeldReason; readonly gone?: true }

/** How one thing should look. */
export type Part =
  | { readonly thing: 'file'; readonly name: string; readonly become: Uint8Array | 'absent' }
  | {
      readonly thing: 'service'
      readonly name: string
      readonly become: ServiceSettings
      readonly timeoutSeconds: number
    }
  | {
      readonly thing: 'pool'
      readonly name: string
      readonly become: { readonly state: 'Started' | 'Stopped' }
      readonly timeoutSeconds: number
    }

/** What was there before us: canonical fields (null: nothing was there) and, where bytes matter, the text itself. */
export interface Before {
  readonly fields: Fields | null
  readonly raw?: Json
  /** Nobody knows it any more: `fields` is only what is gone back to (`otherwise`), if anything is. */
  readonly forgotten?: true
}

/** A piece of markup that we had to make around ours; see `iis/edit`. */
export interface Made {
  /**
   * Path of element names from the root, such as `configuration/system.webServer/rewrite/rules`; a location has its
   * path with it, in lower case: `configuration/location[default web site/owa]/system.webServer`, and `[… only]` where
   * it does not inherit.
   */
  readonly at: string
  /**
   * How a section looked that was empty on one line: what stood behind its last attribute, such as ` />` or
   * `></rules>`. Null: it was missing (for `configuration`: the file was).
   */
  readonly tail: string | null
}

/** What we made, per file (full Windows path in lower case). */
export type MadeByFile = { readonly [file: string]: readonly Made[] }

/**
 * The parts of the machine that should look otherwise, or why that cannot be.
 * `made` replaces the entries of exactly the files it names.
 */
export type Wish =
  | {
      readonly is: 'wish'
      readonly parts: readonly Part[]
      readonly before: Before
      readonly made?: MadeByFile
    }
  | { readonly is: 'held'; readonly reason: HeldReason; readonly detail: string }
  | { readonly is: 'unknown'; readonly why: string }

/** Applications (site paths such as `Default Web Site/owa`) and services that a change stops or restarts. */
export interface Impact {
  readonly stops: readonly string[]
  readonly restarts: readonly string[]
}

/**
 * A lens between the machine and canonical fields.
 * Laws: read after put is what was wanted; put twice is put once; undo after put gives back the bytes.
 * Rule for authors: ask `see` for all you need before giving up on the first unknown.
 */
export interface Resource {
  readonly kind: string
  /** Unique on a server, as `plan` and `status` print it. */
  readonly key: string
  readonly mitigation: string
  /** The atomic specification from which `Kind.resource` makes this again. */
  readonly spec: Json
  readonly want: Fields
  /** For values: what to go back to when nobody knows what was there. */
  readonly otherwise?: Fields
  /** True for kinds whose wanted state stops or disables something (counted by limits.maxStops). */
  readonly stops: boolean
  read(see: See): Reading
  put(see: See, made: MadeByFile): Wish
  /** `before: null` means that nobody knows what was there: elements go by their mark, values by `otherwise`. */
  undo(see: See, before: Before | null, made: MadeByFile, set: Fields | null): Wish
  impact(see: See): Impact
}

/** Draft 2020-12. */
export type JsonSchema = { readonly [key: string]: unknown }

/** A fault in a specification that no schema can say; `pointer` is a JSON pointer into the resource. */
export interface SpecFault {
  readonly pointer: string
  readonly message: string
}

/** A type of thing that a mitigation can ask for. Pure: no I/O, no clock. */
export interface Kind {
  readonly name: string
  /** JSON Schema (draft 2020-12) of one entry of `spec.resources`. */
  readonly schema: JsonSchema
  /** Cross-checks of one entry that has passed the schema. `optIn` is that of its mitigation. */
  faults(entry: Json, optIn: boolean): readonly SpecFault[]
  /** One entry can stand for several resources (a list of `at`, several fields): their atomic specifications. */
  split(entry: Json): readonly Json[]
  resource(spec: Json, mitigation: string): Resource
  /**
   * One specification that asks for everything that these ask for; they are of one resource and agree wherever two
   * name the same field. Only for kinds whose resources have several fields.
   */
  join?(specs: readonly Json[]): Json
  /**
   * Elements on the server that carry our mark, whoever remembers them. Only for kinds with marks. Paths can share a
   * file, so an element can go by several keys: by one of `known` (in lower case) where there is one.
   */
  ours?(see: See, known: ReadonlySet<string>): readonly Resource[]
}

/** Resource keys are compared without case. */
export function sameKey(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
