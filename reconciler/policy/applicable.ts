import { type Build, formatBuild, inRange, parseBuild, parseRange } from '../formats/build.ts'
import type { Mitigation } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import { type Answer, all, no, unknown, yes } from './answer.ts'
import { reaches } from './lanes.ts'

/** A version as the server said it, or why it is unknown. */
export function readVersion(text: string | undefined, what: string): Build | Answer {
  if (text === undefined) return unknown(`${what} could not be read`)
  return parseBuild(text) ?? unknown(`${what} reads "${text}", which is no version`)
}

/** Whether role and build are in the mitigation's range. Without `builds` and `from` it does not need the build. */
export function applicable({ appliesTo }: Mitigation, facts: Facts): Answer {
  // Every part is asked, though one may be unknown: another that says no decides all the same.
  const asked = [roles(appliesTo.roles, facts.roles)]
  const listsFrom = Object.keys(appliesTo.from).length > 0
  if (appliesTo.builds === undefined && !listsFrom) return all(asked)
  const build = readVersion(facts.exchange, 'the Exchange build')
  if ('is' in build) return all([...asked, build])
  if (appliesTo.builds !== undefined) asked.push(range(build, appliesTo.builds))
  if (listsFrom) {
    const reached = reaches(build, appliesTo.from)
    // As with fixes: a lane that nobody listed has the feature when it is newer than those listed.
    asked.push(reached.is === 'no' ? no(`the feature it needs is missing: ${reached.words}`) : reached)
  }
  return all(asked)
}

function roles(wanted: readonly string[], has: Facts['roles']): Answer {
  if (has === undefined) return unknown("the server's roles could not be read")
  const common = wanted.filter((role) => (has as readonly string[]).includes(role))
  if (common.length > 0) return yes(`the server has the role ${common.join(' and ')}`)
  return no(`it is for the role ${wanted.join(' or ')}, the server has ${has.join(', ') || 'none'}`)
}

function range(build: Build, text: string): Answer {
  const parsed = parseRange(text)
  // The catalogue was checked, so this is for callers that were not: never guess in either direction.
  if (parsed === null) return unknown(`the range "${text}" cannot be read`)
  return inRange(build, parsed)
    ? yes(`${formatBuild(build)} is in ${text}`)
    : no(`${formatBuild(build)} is outside ${text}`)
}
