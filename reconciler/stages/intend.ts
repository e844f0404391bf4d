import type { Plan } from '../model/plan.ts'
import { RECORD_PATH, type ServerRecord } from '../model/record.ts'
import type { FileStep, Step } from '../model/target.ts'
import type { See } from '../model/thing.ts'
import { canonicalJson } from '../util/digest.ts'
import { readRecord, recordBytes } from './record.ts'

/** All steps of a plan. The record comes first, so that what was there before us is written down before it is gone. */
export function intend(plan: Plan, see: See): readonly Step[] {
  const record = recordStep(plan.record, see)
  return record === null ? plan.steps : [record, ...plan.steps]
}

/** The step that makes the server's record say this; null: it says so already, or there is nothing to say. */
export function recordStep(record: ServerRecord, see: See): FileStep | null {
  const seen = see('file', RECORD_PATH)
  if (seen.is === 'unknown') return null
  const read = readRecord(record.server, seen)
  const current = read.is === 'record' ? read.record : null
  if (current === null && isEmpty(record)) return null
  if (current !== null && canonicalJson(current) === canonicalJson(record)) return null
  const expect = seen.is === 'here' ? seen.digest : 'absent'
  return { thing: 'file', name: RECORD_PATH, expect, become: recordBytes(record) }
}

function isEmpty({ owned, made }: ServerRecord): boolean {
  return Object.keys(owned).length === 0 && Object.keys(made).length === 0
}
