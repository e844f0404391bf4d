import { parseDocument } from '../iis/document.ts'
import { madeIn, madeInEither } from '../iis/made.ts'
import type { ServerRecord } from '../model/record.ts'
import type { Made, MadeByFile } from '../model/resource.ts'
import type { Step, StepResult } from '../model/target.ts'
import type { See } from '../model/thing.ts'

/**
 * What a record may claim to have made while its steps are under way: what there was before them and what there will
 * be after them. A process can be killed between any two, and what it forgot too early could never be taken back.
 */
export function madeMeanwhile(before: MadeByFile, after: MadeByFile): MadeByFile {
  const files = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...files].map((file) => [file, madeInEither(before[file] ?? [], after[file] ?? [])]),
  )
}

/** A record with an intent that was not settled, less what it claims to have made and what is not there. */
export function withoutUnmade(record: ServerRecord | null, see: See): ServerRecord | null {
  if (record === null || Object.values(record.owned).every(({ settled }) => settled)) return record
  const made = Object.entries(record.made).map(([file, pieces]) => [file, standing(file, pieces, see)])
  return { ...record, made: Object.fromEntries(made) as MadeByFile }
}

function standing(file: string, made: readonly Made[], see: See): readonly Made[] {
  const seen = see('file', file)
  if (seen.is === 'absent') return []
  if (seen.is === 'unknown') return made
  const document = parseDocument(seen.value)
  return document.is === 'refused' ? made : madeIn(document, made)
}

/**
 * What we made, when it is known which files were written. In one that was not, whatever stands there by now is
 * somebody else's: to go on claiming it would be to take it away from them one day.
 */
export function madeAsDone(
  made: MadeByFile,
  before: MadeByFile,
  { steps, results }: { readonly steps: readonly Step[]; readonly results: readonly StepResult[] },
): MadeByFile {
  const undone = steps.filter(({ thing }, index) => thing === 'file' && results[index]?.is !== 'done')
  const reverted = undone.map(({ name }) => [name.toLowerCase(), before[name.toLowerCase()] ?? []] as const)
  const all = Object.entries({ ...made, ...Object.fromEntries(reverted) })
  return Object.fromEntries(all.filter(([, pieces]) => pieces.length > 0))
}
