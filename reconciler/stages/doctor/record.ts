import { StopgapError } from '../../errors/error.ts'
import { adviceOf } from '../../model/advice.ts'
import type { Examined } from '../../model/examined.ts'
import type { Finding } from '../../model/finding.ts'
import { RECORD_PATH } from '../../model/record.ts'
import type { See } from '../../model/thing.ts'
import { count } from '../../util/words.ts'
import { type RecordRead, readRecord } from '../record.ts'
import { failed, failure, ok, warning } from './finding.ts'

/** What we remember on the server itself: whether it can be written, and whose it is. `instance`: ours, if there is one. */
export function recordFindings(
  server: string,
  see: See,
  { examined, instance }: { readonly examined: Examined | null; readonly instance: string | null },
): readonly Finding[] {
  const folder = examined === null ? [] : [folderFinding(examined.recordFolder)]
  return [...folder, recordFinding(server, see, instance)]
}

function folderFinding(writable: Examined['recordFolder']): Finding {
  return writable === true
    ? ok('record-folder', `${RECORD_PATH} can be written`)
    : failure(
        'record-folder',
        writable,
        'Nothing is written on this server without its record. Give this account the right to write there.',
      )
}

function recordFinding(server: string, see: See, instance: string | null): Finding {
  let read: RecordRead
  try {
    read = readRecord(server, see('file', RECORD_PATH))
  } catch (error) {
    if (error instanceof StopgapError) return failed('record', error)
    throw error
  }
  if (read.is === 'none') return ok('record', 'none: nothing on this server is ours')
  const owner = read.is === 'record' ? read.record.instance : (read.instance ?? null)
  if (owner !== null && owner !== instance)
    return warning(
      'record',
      `it belongs to another Stopgap instance (${owner}), so nothing is written`,
      adviceOf('other-owner', '').replace('SERVER', server),
    )
  if (read.is === 'lost')
    return warning(
      'record',
      `it is damaged: ${read.why}`,
      'The copy in the state folder takes its place with the next pass. Restore the file from a backup if there is no copy.',
    )
  return ok('record', `${count(Object.keys(read.record.owned).length, 'resource')} of ours`)
}
