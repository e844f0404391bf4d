import type { Cause } from '../model/plan.ts'
import type { MitigationReport, ResourceReport, ServerReport } from '../model/report.ts'
import type { Tally } from './tally.ts'

/** One family of series that each server has some of: its head, and the labels and values of one server. */
interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly series: (
    tally: Tally,
    revision: string | null,
  ) => Iterable<readonly [labels: string, value: number]>
}

type Pair = readonly [labels: string, value: number]

/** Pieces of this many characters are sent as they are made, so that a scrape holds no text of 13 MB in memory. */
const PIECE = 65_536

/**
 * Everything per server in Prometheus text format, made at the scrape from the reports. prom-client would keep an
 * object with its labels for each of 150 000 series; here nothing is kept. `revision`: the one in force.
 */
export function* serverSeries(
  servers: ReadonlyMap<string, Tally>,
  revision: string | null,
): Generator<string> {
  // One list for all families: a server that comes or goes between two pieces must not show in some of them only.
  const named = [...servers].map(([server, tally]) => [`server="${label(server)}"`, tally] as const)
  let text = ''
  for (const family of FAMILIES) {
    text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`
    for (const [server, tally] of named) {
      for (const [labels, value] of family.series(tally, revision)) {
        text += `${family.name}{${server}${labels === '' ? '' : `,${labels}`}} ${value}\n`
      }
      if (text.length > PIECE) {
        yield text
        text = ''
      }
    }
  }
  yield text
}

/** A label value, escaped as the text format wants it. */
export function label(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value
}

/** Gauges without labels of their own. */
function gauge(
  name: string,
  help: string,
  value: (report: ServerReport, revision: string | null) => number,
): Family {
  return {
    name,
    type: 'gauge',
    help,
    series: ({ report }, revision) => (report === null ? [] : [['', value(report, revision)]]),
  }
}

/** Gauges with a series for each mitigation that `of` gives something for. */
function perMitigation(name: string, help: string, of: (one: MitigationReport) => Iterable<Pair>): Family {
  return {
    name,
    type: 'gauge',
    help,
    *series({ report }) {
      for (const one of report?.mitigations ?? []) {
        const start = `mitigation="${label(one.name)}"`
        for (const [labels, value] of of(one)) yield [labels === '' ? start : `${start},${labels}`, value]
      }
    },
  }
}

/** For each kind that the mitigation has resources of: how many of them it holds for. */
function kinds(
  one: MitigationReport,
  holds: (resource: ResourceReport) => boolean,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const resource of one.resources) {
    counts.set(resource.kind, (counts.get(resource.kind) ?? 0) + (holds(resource) ? 1 : 0))
  }
  return counts
}

/** 0 or 1 for each kind. Zeros are kept: an alert with `for` and a graph need a series that does not come and go. */
function* moved(one: MitigationReport, holds: (resource: ResourceReport) => boolean): Generator<Pair> {
  if (one.verdict !== 'enforced') return
  for (const [kind, count] of kinds(one, holds)) yield [`kind="${label(kind)}"`, count > 0 ? 1 : 0]
}

// A build that moved and a block that ran out are the repository being ahead, too: it says what holds from then on.
const AHEAD: ReadonlySet<Cause | undefined> = new Set<Cause>(['pending', 'upgrade', 'expired'])

/** Only what is held: 15 reasons at zero for each of 1 000 servers would say nothing, at 0.8 MB a scrape. */
function* held({ report }: Tally): Generator<Pair> {
  const counts = new Map<string, number>()
  for (const { reason } of report?.plan?.held ?? []) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  for (const [reason, count] of counts) yield [`reason="${reason}"`, count]
}

/** A fact that could not be read is `unknown`: an empty label would be no label at all. */
function* info({ report }: Tally): Generator<Pair> {
  if (report === null) return
  const { facts, lane } = report
  const [build, os] = [facts?.exchange ?? 'unknown', facts?.os ?? 'unknown']
  yield [`build="${label(build)}",lane="${label(lane ?? 'unknown')}",os="${label(os)}"`, 1]
}

const FAMILIES: readonly Family[] = [
  {
    name: 'stopgap_reconciles_total',
    type: 'counter',
    help: 'Passes over a server by how they ended.',
    series: (tally) => tally.passes(),
  },
  {
    name: 'stopgap_last_reconcile_timestamp_seconds',
    type: 'gauge',
    help: 'When a pass over the server last succeeded.',
    series: ({ lastSuccess }) => (lastSuccess === null ? [] : [['', lastSuccess / 1000]]),
  },
  gauge('stopgap_server_up', 'Whether the server was reached by the last pass.', (report) =>
    report.result === 'unreachable' ? 0 : 1,
  ),
  gauge(
    'stopgap_server_current',
    'Whether the server has converged with the revision in force.',
    (report, revision) =>
      report.revision === revision && (report.result === 'converged' || report.result === 'changed') ? 1 : 0,
  ),
  { name: 'stopgap_server_info', type: 'gauge', help: 'What the server is.', series: info },
  gauge('stopgap_server_enabled', 'Whether mitigations are switched on for the server.', (report) =>
    report.enabled ? 1 : 0,
  ),
  gauge('stopgap_server_setup', 'Whether Exchange Setup runs or was left incomplete.', ({ facts }) =>
    facts?.setup === 'running' || facts?.setup === 'incomplete' ? 1 : 0,
  ),
  perMitigation('stopgap_mitigation_info', 'What was decided and what is there.', (one) => [
    [`verdict="${one.verdict}",state="${one.state}"`, 1],
  ]),
  perMitigation(
    'stopgap_exposed',
    'Whether it applies, is not fixed and is not in effect, whatever the reason.',
    (one) => [['', one.exposed ? 1 : 0]],
  ),
  perMitigation('stopgap_drift', 'Whether the server has moved away from what is enforced.', (one) =>
    moved(one, (resource) => resource.state === 'drifted' || resource.due === 'drift'),
  ),
  perMitigation('stopgap_pending', 'Whether the repository is ahead of the server.', (one) =>
    moved(one, (resource) => resource.state === 'pending' || AHEAD.has(resource.due)),
  ),
  { name: 'stopgap_held', type: 'gauge', help: 'Changes that are not made, by reason.', series: held },
  {
    name: 'stopgap_changes_total',
    type: 'counter',
    help: 'Changes by what made them due and what became of them.',
    series: (tally) => tally.changes(),
  },
  perMitigation(
    'stopgap_fixed_but_present',
    'Whether it is fixed by the build and there all the same.',
    (one) => (one.verdict === 'fixed' ? [['', one.fixedButPresent ? 1 : 0]] : []),
  ),
  perMitigation(
    'stopgap_fights',
    'Resources that somebody keeps changing back: started again, or backed off.',
    (one) =>
      [...kinds(one, (resource) => resource.fighting === true)]
        .filter(([, count]) => count > 0)
        .map(([kind, count]) => [`kind="${label(kind)}"`, count] as const),
  ),
]
