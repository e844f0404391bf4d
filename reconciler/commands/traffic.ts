import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StopgapError } from '../errors/error.ts'
import { joinTraffic, parseTraffic, type TrafficRequest } from '../proof/traffic.ts'

// The same from the sources and from what is built of them: both lie two folders below the package.
const FOLDER = join(import.meta.dirname, '../../traffic')

/**
 * The corpus of ordinary Exchange traffic that comes with Stopgap, file by file in order of their names. A fault in it is
 * a bug of ours, thrown as such.
 */
export async function ordinaryTraffic(signal: AbortSignal): Promise<readonly TrafficRequest[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml')).sort()
  const files = await Promise.all(
    names.map(async (name) =>
      parseTraffic(`traffic/${name}`, await readFile(join(FOLDER, name), { encoding: 'utf8', signal })),
    ),
  )
  const { requests, faults } = joinTraffic(files)
  const [first] = faults
  if (first !== undefined)
    throw new StopgapError('BUG', { detail: `${first.file}:${first.line}:${first.column}: ${first.message}` })
  return requests
}
