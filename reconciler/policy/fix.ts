import { type Build, formatBuild } from '../formats/build.ts'
import type { FixedIn, Mitigation } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import { type Answer, no, unknown, yes } from './answer.ts'
import { readVersion } from './applicable.ts'
import type { Context } from './context.ts'
import { listsLaneOf, reaches } from './lanes.ts'

/** What the server's versions say about the code fix. */
export interface Fix {
  readonly fixed: Answer
  /** Fixed, and yet below `keepUntil`. */
  readonly below: Answer
  /** The version in which the fix was found, for remembering since when; null: not fixed, or not known. */
  readonly version: string | null
}

/** Whether the code fix is installed, and whether the mitigation stays for a while all the same. */
export function fixOf(mitigation: Mitigation, facts: Facts, versions: Context['versions']): Fix {
  const { fixedIn, keepUntil } = mitigation
  const none = no('nothing keeps it beyond the fix')
  if (fixedIn.is === 'permanent') return { fixed: no('no build ever fixes it'), below: none, version: null }
  const version = versionFor(fixedIn, facts, versions)
  if ('is' in version) return { fixed: version, below: none, version: null }
  const fixed = reaches(version, fixedIn.is === 'file' ? fixedIn.versions : fixedIn.lanes)
  if (fixed.is !== 'yes') return { fixed, below: none, version: null }
  const below = keepUntil === undefined ? none : isBelow(keepUntil, fixedIn, facts, versions)
  return { fixed, below, version: formatBuild(version) }
}

function isBelow(keep: FixedIn, fixedIn: FixedIn, facts: Facts, versions: Context['versions']): Answer {
  // The same form as `fixedIn`, so it can say that no build ends it.
  if (keep.is === 'permanent') return yes('it is kept for good')
  const lanes = keep.is === 'file' ? keep.versions : keep.lanes
  if (Object.keys(lanes).length === 0) return no('nothing keeps it beyond the fix')
  const version = versionFor(keep, facts, versions)
  if ('is' in version) return version.is === 'no' ? yes(`it is kept, since ${version.words}`) : version
  if (!listsLaneOf(version, lanes) && sameMeasure(keep, fixedIn) && listsLaneOf(version, lanesOf(fixedIn))) {
    return no('its lane has nothing to keep')
  }
  const reached = reaches(version, lanes)
  return reached.is === 'yes' ? no(reached.words) : yes(`it is kept, since ${reached.words}`)
}

function versionFor(fix: FixedIn, facts: Facts, versions: Context['versions']): Build | Answer {
  if (fix.is !== 'file') return readVersion(facts.exchange, 'the Exchange build')
  const seen = versions(fix.file)
  // A file that was looked for and is not there is no fix, which is known; one that was not looked at yet is unknown.
  if (seen.is === 'absent') return no(`${fix.file} is not there`)
  if (seen.is === 'unknown') return unknown(`the version of ${fix.file} could not be read (${seen.why})`)
  return readVersion(seen.value, `the version of ${fix.file}`)
}

/** Whether both count the same thing: lanes of one file say nothing about those of another, or of Exchange. */
function sameMeasure(a: FixedIn, b: FixedIn): boolean {
  if (a.is === 'file') return b.is === 'file' && a.file.toLowerCase() === b.file.toLowerCase()
  return a.is === b.is
}

function lanesOf(fix: FixedIn): { readonly [lane: string]: string } {
  return fix.is === 'builds' ? fix.lanes : fix.is === 'file' ? fix.versions : {}
}
