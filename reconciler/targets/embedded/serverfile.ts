import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StopgapError } from '../../errors/error.ts'
import { isObject } from '../../model/object.ts'
import type { Digest } from '../../model/thing.ts'
import { errno } from '../../util/atomic.ts'
import { digestOf } from '../../util/digest.ts'

export type JsonObject = { readonly [key: string]: unknown }

/** server.json as it was read. Only `name` has been checked beyond its being JSON; anybody may edit the rest by hand. */
export interface ServerFile {
  /** On this machine. */
  readonly path: string
  /** Of the bytes. */
  readonly digest: Digest
  readonly bom: boolean
  readonly root: JsonObject
  readonly name: string
}

// What a person keeps in server.json is a few kilobytes; anything of this size is not one.
const LARGEST = 16 * 1024 * 1024

/** Throws `SERVER_MISSING`, `SERVER_UNREADABLE` or `SERVER_MALFORMED`; `server` is how the messages call it. */
export function readServerFile(dir: string, server: string): ServerFile {
  const path = join(dir, 'server.json')
  const bytes = bytesOf(path, server)
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  const bom = text.startsWith('\uFEFF')
  const root = parse(bom ? text.slice(1) : text, path, server)
  const malformed = (detail: string) =>
    new StopgapError('SERVER_MALFORMED', { server, path, position: null, detail })
  if (!isObject(root)) throw malformed('this is not a JSON object')
  if (root['schema'] !== 1) throw malformed('"schema" is not 1, the only form that is known here')
  const name = root['name']
  if (typeof name !== 'string' || name === '') throw malformed('"name" is not a text')
  return { path, digest: digestOf(bytes), bom, root, name }
}

/** The text of a changed server.json. */
export function serverText(root: JsonObject, bom = false): string {
  return `${bom ? '\uFEFF' : ''}${JSON.stringify(root, null, 2)}\n`
}

/** The entry of that name, without case: `many` when several names differ by case only. */
export function entryOf(table: JsonObject, name: string): { key: string; value: unknown } | 'many' | null {
  const low = name.toLowerCase()
  const keys = Object.keys(table).filter((key) => key.toLowerCase() === low)
  const [key, ...more] = keys
  if (key === undefined) return null
  return more.length > 0 ? 'many' : { key, value: table[key] }
}

function bytesOf(path: string, server: string): Uint8Array {
  try {
    const bytes = readFileSync(path)
    if (bytes.length <= LARGEST) return bytes
    throw new Error('it is larger than 16 MB')
  } catch (error) {
    const code = errno(error)
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new StopgapError('SERVER_MISSING', { server, path }, { cause: error })
    const detail = code === 'EISDIR' ? 'it is a folder' : (code ?? (error as Error).message)
    throw new StopgapError('SERVER_UNREADABLE', { server, path, detail }, { cause: error })
  }
}

function parse(text: string, path: string, server: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = (error as Error).message
    const detail = text.trim() === '' ? 'the file is empty' : `this is not JSON: ${message}`
    throw new StopgapError(
      'SERVER_MALFORMED',
      { server, path, position: positionOf(message, text), detail },
      { cause: error },
    )
  }
}

/** `line:column`, which V8 says of some faults only as an offset and of a text that ends early not at all. */
function positionOf(message: string, text: string): string {
  const said = /position (\d+)/.exec(message)?.[1]
  const before = text.slice(0, said === undefined ? text.length : Number(said)).split('\n')
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}
