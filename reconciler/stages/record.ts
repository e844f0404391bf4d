import { StopgapError } from '../errors/error.ts'
import { isObject } from '../model/object.ts'
import { RECORD_VERSION, type ServerRecord } from '../model/record.ts'
import type { Sighting } from '../model/thing.ts'

/**
 * What the server's own record says. `lost`: a file is there that says nothing of this server (broken, cut off, or
 * brought from another one); `instance`: who wrote it all the same, where it says so.
 */
export type RecordRead =
  | { readonly is: 'record'; readonly record: ServerRecord }
  | { readonly is: 'none' }
  | { readonly is: 'lost'; readonly why: string; readonly instance?: string }

/**
 * Reads the record. A record that a newer version wrote is an error: to guess at it would be to forget what was there
 * before us. One that cannot be read (as against parsed) is an error too: nothing may be written without it.
 */
export function readRecord(server: string, sighting: Sighting<Uint8Array>): RecordRead {
  if (sighting.is === 'absent') return { is: 'none' }
  if (sighting.is === 'unknown') throw new StopgapError('RECORD_UNREADABLE', { server, why: sighting.why })
  return parseRecord(server, sighting.value)
}

function parseRecord(server: string, bytes: Uint8Array): RecordRead {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    return { is: 'lost', why: error instanceof Error ? error.message : String(error) }
  }
  if (!isObject(parsed) || typeof parsed['version'] !== 'number')
    return { is: 'lost', why: 'it is not a record' }
  if (parsed['version'] > RECORD_VERSION) {
    throw new StopgapError('RECORD_NEWER', { server, version: parsed['version'], known: RECORD_VERSION })
  }
  const whole =
    typeof parsed['server'] === 'string' &&
    typeof parsed['instance'] === 'string' &&
    isObject(parsed['owned']) &&
    isObject(parsed['made']) &&
    Object.values(parsed['owned']).every(isOwned) &&
    Object.values(parsed['made']).every((pieces) => Array.isArray(pieces) && pieces.every(isMade))
  if (!whole) return { is: 'lost', why: 'it lacks what a record has' }
  const record = parsed as unknown as ServerRecord
  if (isOf(record, server)) return { is: 'record', record }
  // What was there before us on another server is not what to go back to here.
  return { is: 'lost', why: `it is the record of ${record.server}`, instance: record.instance }
}

function isOf(record: ServerRecord, server: string): boolean {
  return record.server.toLowerCase() === server.toLowerCase()
}

function isOwned(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['kind'] === 'string' &&
    Array.isArray(value['mitigations']) &&
    value['mitigations'].every((name) => typeof name === 'string') &&
    isObject(value['spec']) &&
    isObject(value['before']) &&
    (value['before']['fields'] === null || isObject(value['before']['fields'])) &&
    isObject(value['want']) &&
    (value['was'] === undefined || isObject(value['was'])) &&
    typeof value['settled'] === 'boolean'
  )
}

function isMade(value: unknown): boolean {
  if (!isObject(value) || typeof value['at'] !== 'string') return false
  return value['tail'] === null || typeof value['tail'] === 'string'
}

/** The record as it is written: readable by a person who has to go back by hand. */
export function recordBytes(record: ServerRecord): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`)
}
