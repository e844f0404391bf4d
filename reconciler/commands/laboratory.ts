import { parseBuild } from '../formats/build.ts'
import type { Mitigation } from '../model/catalogue.ts'
import type { Facts, Role } from '../model/facts.ts'
import type { See } from '../model/thing.ts'
import { applicable } from '../policy/applicable.ts'
import { fixOf } from '../policy/fix.ts'
import { supported } from '../policy/requires.ts'
import { serverInMemory } from '../targets/embedded/create/memory.ts'
import { type Extra, profileOf } from '../targets/embedded/create/profile.ts'

/** One build of each lane that a mitigation may be about, newest first: the one that a cumulative update brought. */
const BUILDS = [
  '15.2.2562.17',
  '15.2.1748.10',
  '15.2.1544.4',
  '15.2.1258.12',
  '15.2.1118.7',
  '15.2.986.5',
  '15.2.858.5',
  '15.2.792.3',
  '15.1.2507.6',
  '15.1.2375.7',
  '15.1.2242.4',
  '15.1.2176.2',
  '15.0.1497.2',
] as const

/** An Exchange server in memory on which something is tried. */
export interface Laboratory {
  readonly see: See
  readonly build: string
  /** False: no build that is known here is in the mitigation's range, so this is merely some server. */
  readonly applies: boolean
}

/**
 * A server as `server create` makes it, to which the mitigation applies: if there is one without the fix, that; of
 * several the newest. Without a mitigation: the newest there is.
 */
export function laboratory(mitigation?: Mitigation, extras: readonly Extra[] = []): Laboratory {
  if (mitigation === undefined)
    return { see: serverOf(BUILDS[0], undefined, extras), build: BUILDS[0], applies: true }
  const roles = rolesFor(mitigation)
  const tried = candidates(mitigation).map((build) => {
    const see = serverOf(build, roles, extras)
    return { see, build, rank: rankOf(mitigation, see) }
  })
  const best = tried.reduce((a, b) => (b.rank > a.rank ? b : a))
  return { see: best.see, build: best.build, applies: best.rank > 0 }
}

/** What the mitigation itself names can be the only build in its range. */
function candidates({ appliesTo }: Mitigation): readonly string[] {
  const named = [...Object.values(appliesTo.from), ...(appliesTo.builds ?? '').split(/[\s|<>=]+/)].flatMap(
    (text) => {
      const build = parseBuild(text)
      return build === null || build[0] !== 15 || build[1] > 2 ? [] : [build.join('.')]
    },
  )
  return [...new Set([...BUILDS, ...named])]
}

/** Only a server without a role that the mitigation is for needs another than the usual one. */
function rolesFor({ appliesTo: { roles } }: Mitigation): readonly Role[] | undefined {
  return roles.includes('Mailbox') ? undefined : roles.slice(0, 1)
}

const made = new Map<string, See>()

/** One server for all who want the same, because everything that is worked out of it is kept with it. */
function serverOf(exchange: string, roles: readonly Role[] | undefined, extras: readonly Extra[]): See {
  // An Edge Transport server has no web applications, so nothing of what estates add to them.
  const fitting = roles?.includes('EdgeTransport') ? [] : extras
  const key = JSON.stringify([exchange, roles, fitting])
  const see =
    made.get(key) ?? serverInMemory(profileOf({ name: 'laboratory', exchange, roles, with: fitting }))
  made.set(key, see)
  return see
}

/** 3: it applies, works and is needed; 0: it does not apply. */
function rankOf(mitigation: Mitigation, see: See): number {
  const facts = see('facts', '')
  if (facts.is !== 'here' || applicable(mitigation, facts.value).is !== 'yes') return 0
  return (
    1 +
    (supported(mitigation, facts.value).is === 'yes' ? 1 : 0) +
    (needs(mitigation, see, facts.value) ? 1 : 0)
  )
}

function needs(mitigation: Mitigation, see: See, facts: Facts): boolean {
  return fixOf(mitigation, facts, (path) => see('version', path)).fixed.is !== 'yes'
}
