import { type Build, laneOf, parseBuild } from '../../formats/build.ts'
import { adviceOf } from '../../model/advice.ts'
import type { Catalogue } from '../../model/catalogue.ts'
import type { Facts } from '../../model/facts.ts'
import type { Finding } from '../../model/finding.ts'
import { listsLaneOf } from '../../policy/lanes.ts'
import { productOf } from '../../policy/products.ts'
import { failure, mistake, ok, warning } from './finding.ts'

/** Which Exchange this is, and whether it is in a state to be written to. `catalogue: null`: no revision could be read. */
export function exchangeFindings(
  server: string,
  facts: Facts,
  catalogue: Catalogue | null,
): readonly Finding[] {
  return [
    nameFinding(server, facts),
    buildFinding(facts, catalogue),
    rolesFinding(facts),
    setupFinding(facts),
    maintenanceFinding(facts),
  ]
}

function nameFinding(server: string, { name }: Facts): Finding {
  return name.toLowerCase() === server.toLowerCase()
    ? ok('name', name)
    : mistake(
        'name',
        `the server calls itself ${name}, it is configured as ${server}`,
        adviceOf('wrong-host', ''),
      )
}

function buildFinding({ exchange }: Facts, catalogue: Catalogue | null): Finding {
  const build = exchange === undefined ? null : parseBuild(exchange)
  if (build === null)
    return failure(
      'exchange',
      'the build of Exchange is unknown',
      'Nothing is decided without it. See that ExSetup.exe of the Exchange installation can be read there.',
    )
  const product = productOf(build)
  const lane = `lane ${laneOf(build)}${listed(build, catalogue)}`
  if (product !== null) return ok('exchange', `${product} (${exchange}), ${lane}`)
  return warning(
    'exchange',
    `${exchange}, ${lane}: no update that this Stopgap knows`,
    'What is fixed there is decided by comparison with the lanes that mitigations list. See what stopgap explain says of each, and whether there is a newer Stopgap.',
  )
}

function listed(build: Build, catalogue: Catalogue | null): string {
  if (catalogue === null) return ''
  const withBuilds = catalogue.mitigations.flatMap(({ fixedIn }) =>
    fixedIn.is === 'builds' ? [fixedIn.lanes] : [],
  )
  const known = withBuilds.filter((lanes) => listsLaneOf(build, lanes)).length
  return `, listed by ${known} of the ${withBuilds.length} mitigations that builds fix`
}

function rolesFinding({ roles }: Facts): Finding {
  if (roles !== undefined && roles.length > 0) return ok('roles', roles.join(', '))
  return failure(
    'roles',
    roles === undefined ? 'the roles are unknown' : 'it has no role of Exchange at all',
    'Nothing is decided without them. See that Exchange is installed, and its registry keys can be read there.',
  )
}

function setupFinding({ setup }: Facts): Finding {
  if (setup === 'idle') return ok('setup', 'Exchange Setup does not run')
  const what =
    setup === undefined
      ? 'nobody can tell whether Exchange Setup runs'
      : setup === 'running'
        ? 'Exchange Setup runs'
        : 'Exchange Setup was left incomplete'
  return warning('setup', `${what}, so nothing is written`, adviceOf('setup', ''))
}

function maintenanceFinding({ maintenance }: Facts): Finding {
  if (maintenance === false) return ok('maintenance', 'not in maintenance')
  return maintenance === true
    ? warning('maintenance', 'in maintenance, so nothing is started', adviceOf('maintenance', ''))
    : warning(
        'maintenance',
        'nobody can tell whether it is in maintenance',
        'See that the state of its components can be read there.',
      )
}
