import { type Build, compareBuilds, formatBuild, laneOf, lineOf, parseBuild } from '../formats/build.ts'
import type { Lanes } from '../model/catalogue.ts'
import { type Answer, no, yes } from './answer.ts'

/**
 * Whether a build is at or above what the lanes list (docs/policy-language.md, on fixedIn). Updates of one
 * product line come out side by side, so builds of different lanes do not compare: a lane that is not listed counts
 * only when it is newer than everything listed of its own product line, a product line that is not listed only when it is newer than all.
 * No lanes at all: never.
 */
export function reaches(build: Build, lanes: Lanes): Answer {
  const listed = Object.entries(lanes).flatMap(([lane, text]) => {
    const [at, first] = [parseBuild(lane), parseBuild(text)]
    return at === null || first === null ? [] : [{ lane: laneOf(at), line: lineOf(at), first }]
  })
  if (listed.length === 0) return no('no build is listed')
  const name = formatBuild(build)
  const own = listed.find((entry) => entry.lane === laneOf(build))
  if (own !== undefined) {
    return compareBuilds(build, own.first) >= 0
      ? yes(`${name} is at or above ${formatBuild(own.first)}`)
      : no(`${name} is below ${formatBuild(own.first)}`)
  }
  const siblings = listed.filter((entry) => entry.line === lineOf(build))
  const [others, where] =
    siblings.length > 0 ? [siblings, `lane of ${lineOf(build)}`] : [listed, 'lane of any product line']
  return others.every((entry) => compareBuilds(build, entry.first) > 0)
    ? yes(`${name} is newer than every listed ${where}`)
    : no(`${name} is of a lane that is not listed, and not newer than every listed ${where}`)
}

/** Whether the lanes have an entry for the lane of this build. */
export function listsLaneOf(build: Build, lanes: Lanes): boolean {
  return Object.keys(lanes).some((lane) => {
    const parsed = parseBuild(lane)
    return parsed !== null && laneOf(parsed) === laneOf(build)
  })
}
