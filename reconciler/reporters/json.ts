import type { Facts } from '../model/facts.ts'
import type { Change, Held } from '../model/plan.ts'
import type { MitigationReport, Outcome, ServerReport } from '../model/report.ts'
import type { Run, SourceStatus, Status } from '../model/status.ts'
import { digestOfJson } from '../util/digest.ts'
import { mask } from '../util/mask.ts'

/** A JSON object; which one is said by `formats/schema/output.schema.json`. */
export type JsonObject = { readonly [name: string]: unknown }

/** The id of a whole run: a digest of the ids of its plans. Servers without a plan have no part in it. */
export function runId(servers: readonly Pick<ServerReport, 'server' | 'plan'>[]): string {
  // By code unit, not by language: the id is the same on every machine.
  const ids = servers.filter((one) => one.plan !== undefined).map((one) => [one.server, one.plan?.id ?? ''])
  return digestOfJson(ids.sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0))).slice(
    'sha256:'.length,
    19,
  )
}

/** What `plan --json` prints. */
export function planJson(run: Run): JsonObject {
  return {
    revision: run.revision,
    id: run.id,
    servers: run.servers.map((report) => ({ ...serverJson(report), plan: planOf(report) })),
  }
}

/** What `apply --json` prints: the plans, and what became of each change. */
export function applyJson(run: Run): JsonObject {
  return {
    revision: run.revision,
    id: run.id,
    servers: run.servers.map((report) => ({
      ...serverJson(report),
      plan: planOf(report),
      outcome: (report.outcome ?? []).map(outcomeOf),
    })),
  }
}

/** What `status --json` and `/status` print: servers as in a plan, without plans, and the source's state. */
export function statusJson(status: Status): JsonObject {
  return {
    at: time(status.at),
    revision: status.revision,
    revisionTime: status.source.committed === null ? null : time(status.source.committed),
    id: runId(status.servers),
    source: sourceOf(status.source),
    waiting: status.waiting,
    servers: status.servers.map((report) => ({
      ...serverJson(report),
      ...(report.outcome === undefined ? {} : { outcome: report.outcome.map(outcomeOf) }),
    })),
  }
}

function serverJson(report: ServerReport): JsonObject {
  const { facts, error } = report
  return {
    server: report.server,
    revision: report.revision,
    at: time(report.at),
    result: report.result,
    enabled: report.enabled,
    ...(error === undefined ? {} : { error: masked(error) }),
    facts: facts === undefined ? null : factsOf(facts),
    warnings: report.warnings.map((warning) => mask(warning)),
    mitigations: report.mitigations.map(mitigationOf),
  }
}

function factsOf(facts: Facts): JsonObject {
  // The variables serve to resolve paths and say nothing about what the server is.
  const { environment: _, ...rest } = facts
  return rest
}

/** Named one by one: what a report gains later must not become part of the contract by itself. */
function mitigationOf(one: MitigationReport): JsonObject {
  return {
    name: one.name,
    severity: one.severity,
    verdict: one.verdict,
    mode: one.mode,
    reason: mask(one.reason),
    origin: { file: one.origin.file, line: one.origin.line },
    state: one.state,
    exposed: one.exposed,
    resources: one.resources.map(({ key, state, owned, reason }) => ({
      key,
      state,
      owned,
      ...(reason === undefined ? {} : { reason: mask(reason) }),
    })),
  }
}

/** Null, not empty: an empty plan says that nothing is to be done, which nobody knows of a server nobody reached. */
function planOf(report: ServerReport): JsonObject | null {
  const { plan } = report
  if (plan === undefined) return null
  return {
    id: plan.id,
    changes: plan.changes.map(changeOf),
    held: plan.held.map(heldOf),
    diffs: plan.diffs.map(({ file, patch }) => ({ file, patch })),
  }
}

function changeOf(change: Change): JsonObject {
  const { verb, key, cause, before, after, impact, mitigations, id } = change
  const { stops, restarts } = impact
  return { id, verb, key, cause, mitigations, before, after, impact: { stops, restarts } }
}

function heldOf(held: Held): JsonObject {
  return { ...changeOf(held), reason: held.reason, detail: mask(held.detail) }
}

function outcomeOf({ key, verb, cause, result, error }: Outcome): JsonObject {
  return { key, verb, cause, result, ...(error === undefined ? {} : { error: mask(error) }) }
}

function sourceOf(source: SourceStatus): JsonObject {
  const { failing, rejected } = source
  return {
    name: mask(source.name),
    signature: source.signature,
    seen: source.seen,
    lastFetch: source.lastFetch === null ? null : time(source.lastFetch),
    lastFailure:
      failing === null
        ? null
        : {
            at: time(failing.at),
            since: time(failing.since),
            times: failing.times,
            reason: failing.reason,
            ...masked(failing.trouble),
          },
    rejected:
      rejected === null
        ? null
        : {
            revision: rejected.revision,
            at: rejected.at === null ? null : time(rejected.at),
            reason: rejected.reason,
            ...masked(rejected.trouble),
            faults: rejected.faults,
          },
  }
}

/** Messages quote what git and servers say, and those quote URLs and headers. */
function masked(trouble: {
  readonly code: string
  readonly message: string
  readonly hint: string
}): JsonObject {
  return { code: trouble.code, message: mask(trouble.message), hint: mask(trouble.hint) }
}

/** RFC 3339 in UTC, always with milliseconds, so that texts compare as times do. */
function time(at: number): string {
  return new Date(at).toISOString()
}
