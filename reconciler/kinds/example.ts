import type { Fields, Json } from '../model/resource.ts'
import type { Pool, Service } from '../model/thing.ts'

/** A small machine, as text: what an example starts from. Files by full Windows path. */
export interface ExampleMachine {
  readonly files: { readonly [path: string]: string }
  readonly services: { readonly [name: string]: Service }
  readonly pools: { readonly [name: string]: Pool }
}

/**
 * One entry on one machine. The laws of a lens are tested over all of them: read after put is what was wanted, put
 * twice is put once, undo after put gives back the bytes.
 */
export interface Example {
  readonly name: string
  readonly mitigation: string
  readonly optIn: boolean
  readonly entry: Json
  readonly before: ExampleMachine
  /** An edit by somebody else, to one file, between put and undo: text to find, and what it becomes. */
  readonly foreign?: { readonly file: string; readonly find: string; readonly become: string }
  /** What the first resource of the entry reads as before anything is done; absent means that nothing is there. */
  readonly reads?: Fields
}
