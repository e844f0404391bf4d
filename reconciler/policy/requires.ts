import { inRange, parseRange } from '../formats/build.ts'
import type { Mitigation, Requires } from '../model/catalogue.ts'
import type { Facts } from '../model/facts.ts'
import { type Answer, all, no, unknown, yes } from './answer.ts'
import { readVersion } from './applicable.ts'

/** How people call the programs, in the order in which they are asked for. */
const PROGRAMS: { readonly [program in keyof Required<Requires>]: string } = {
  urlRewrite: 'URL Rewrite',
  iis: 'IIS',
  os: 'Windows',
  exchange: 'Exchange',
}

/** Whether all programs that the mitigation needs are there, in the versions it needs. */
export function supported({ requires }: Mitigation, facts: Facts): Answer {
  const asked = (Object.keys(PROGRAMS) as (keyof Requires)[]).flatMap((program) => {
    const range = requires[program]
    return range === undefined ? [] : [has(program, range, facts[program])]
  })
  return asked.length === 0 ? yes('it needs nothing further') : all(asked)
}

/** Without URL Rewrite IIS no longer knows the section of rules, and refuses every file that has one. */
export function lacksRewrite({ requires }: Mitigation, facts: Facts): boolean {
  return requires.urlRewrite !== undefined && facts.urlRewrite === null
}

function has(program: keyof Requires, range: string, found: string | null | undefined): Answer {
  const name = PROGRAMS[program]
  if (found === null) return no(`it needs ${name} ${range}, which is not installed`)
  // Missing from the facts is not the same as `null`: that was looked for.
  const version = readVersion(found, `the version of ${name}`)
  if ('is' in version) return version
  const parsed = parseRange(range)
  // The catalogue was checked; see `applicable`.
  if (parsed === null) return unknown(`the range "${range}" cannot be read`)
  return inRange(version, parsed)
    ? yes(`${name} ${found} is ${range}`)
    : no(`it needs ${name} ${range}, the server has ${found}`)
}
