import { compareBuilds, laneOf, parseBuild, parseRange, partsOf } from '../../formats/build.ts'
import { quoted } from '../../formats/words.ts'
import { isObject } from '../../model/object.ts'
import { isText, type PolicyObject } from './document.ts'
import type { Findings } from './findings.ts'

/** Checks what a mitigation says of builds, beyond what a schema can: lanes, both thresholds, comparators. */
export function checkBuilds(object: PolicyObject, findings: Findings): void {
  checkFix(object, findings)
  checkKeep(object, findings)
  checkLanes(object, ['spec', 'appliesTo', 'from'], findings)
  checkRange(object, ['spec', 'appliesTo', 'builds'], findings)
  for (const [program] of object.entries('spec', 'requires'))
    checkRange(object, ['spec', 'requires', program], findings)
}

/** Saying nothing must not mean permanent: a forgotten fixedIn would keep a mitigation for ever. */
function checkFix(object: PolicyObject, findings: Findings): void {
  const [fixedIn, permanent] = [object.get('spec', 'fixedIn'), object.get('spec', 'permanent')]
  if (fixedIn === undefined && permanent === undefined && isObject(object.get('spec')))
    findings.error(
      object.at(['spec'], 'key'),
      'has neither fixedIn nor permanent. Say which build ends it, or why none does.',
    )
  if (fixedIn !== undefined && permanent !== undefined)
    findings.error(
      object.at(['spec', 'permanent'], 'key'),
      'stands beside fixedIn. Keep one: what is permanent is fixed by no build.',
    )
  checkLanes(object, lanesPath(object, 'fixedIn'), findings)
}

function checkKeep(object: PolicyObject, findings: Findings): void {
  if (object.entries('spec', 'keepUntil').length === 0) return
  const origin = object.at(['spec', 'keepUntil'], 'key')
  const sameFile = object.get('spec', 'keepUntil', 'file') === object.get('spec', 'fixedIn', 'file')
  const path = lanesPath(object, 'keepUntil')
  const fixes = lanesPath(object, 'fixedIn')
  checkLanes(object, path, findings)
  if (object.get('spec', 'fixedIn') === undefined)
    findings.error(origin, 'needs a fixedIn: it says how long to keep after the fix.')
  else if (!sameFile)
    findings.error(
      origin,
      'is about something else than fixedIn. Both name Exchange builds, or versions of one file.',
    )
  else
    for (const [lane, build] of object.entries(...path))
      checkPair(object, { path, fixes, lane, build }, findings)
}

interface Pair {
  readonly path: readonly string[]
  readonly fixes: readonly string[]
  readonly lane: string
  readonly build: unknown
}

/** `keepUntil` only ever prolongs; a lower or lonely entry is a slip that would silently do nothing. */
function checkPair(object: PolicyObject, { path, fixes, lane, build }: Pair, findings: Findings): void {
  const first = object.get(...fixes, lane)
  if (first === undefined) {
    findings.error(
      object.at([...path, lane], 'key'),
      `the lane ${quoted(lane)} is not in fixedIn. Add it there first.`,
    )
    return
  }
  const [keep, fix] = [parse(build), parse(first)]
  if (keep === null || fix === null || compareBuilds(keep, fix) >= 0) return
  findings.error(
    object.at([...path, lane]),
    `${String(build)} is below the first build with the fix, ${String(first)}.`,
  )
}

function parse(value: unknown): ReturnType<typeof parseBuild> {
  return typeof value === 'string' ? parseBuild(value) : null
}

/** Where the lanes stand: directly in the field, or below `versions` when it is about a file. */
function lanesPath(object: PolicyObject, field: 'fixedIn' | 'keepUntil'): readonly string[] {
  return object.get('spec', field, 'versions') === undefined ? ['spec', field] : ['spec', field, 'versions']
}

/** A build in a lane that is not its own would never be compared with what it was meant for. */
function checkLanes(object: PolicyObject, path: readonly string[], findings: Findings): void {
  for (const [lane, value] of object.entries(...path)) {
    const build = parse(value)
    // Three parts each: what is no lane or no build at all, the schema has told already.
    if (partsOf(lane) !== 3) continue
    const plain = laneOf(parseBuild(lane) ?? [0, 0, 0, 0])
    if (plain !== lane)
      findings.error(object.at([...path, lane], 'key'), `write the lane without leading zeros: "${plain}".`)
    else if (build !== null && laneOf(build) !== lane)
      findings.error(
        object.at([...path, lane]),
        `the build ${String(value)} is not in the lane ${lane}, but in ${laneOf(build)}.`,
      )
  }
}

/** Empty and non-text ranges are the schema's to tell. */
function checkRange(object: PolicyObject, path: readonly string[], findings: Findings): void {
  const range = object.get(...path)
  if (!isText(range) || range === '' || parseRange(range) !== null) return
  const message = `${quoted(range)} is no range of builds. Write comparators such as ">=15.0.1497 <15.3 || >=16".`
  findings.error(object.at(path), message)
}
