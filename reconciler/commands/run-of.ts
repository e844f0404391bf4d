import { asStopgapError } from '../errors/error.ts'
import { decode } from '../iis/encoding.ts'
import type { Emit } from '../model/event.ts'
import type { FileChange, Plan } from '../model/plan.ts'
import type { ServerReport } from '../model/report.ts'
import type { Run } from '../model/status.ts'
import type { Target } from '../model/target.ts'
import type { Passed } from '../pipeline/pass.ts'
import { runId } from '../reporters/json.ts'
import { makePatch } from '../reporters/text/patch.ts'
import type { World } from '../stages/assess.ts'
import { Limiter } from '../util/limit.ts'

const SERVERS_AT_ONCE = 8

/** One pass over each server, side by side. A server that fails is reported so; the others go on. */
export async function overServers(
  targets: readonly Target[],
  world: World,
  pass: (target: Target, place: Limiter) => Promise<Passed>,
): Promise<readonly ServerReport[]> {
  const limiter = new Limiter(SERVERS_AT_ONCE)
  return Promise.all(
    targets.map((target) =>
      limiter.run(async () => {
        try {
          const { report, plan } = await pass(target, limiter)
          return withDiffs(report, plan)
        } catch (thrown) {
          return brokenReport(target.name, world, thrown)
        }
      }),
    ),
  )
}

/** The reports of one run under its id. */
export function runOf(revision: string, servers: readonly ServerReport[]): Run {
  return { revision, id: runId(servers), servers }
}

/** For commands that tell what happened in the end. */
export const unheard: Emit = () => undefined

function brokenReport(server: string, { catalogue, now }: World, thrown: unknown): ServerReport {
  const { code, message, hint } = asStopgapError(thrown)
  return {
    server,
    revision: catalogue.revision,
    at: now.time,
    result: 'unreachable',
    error: { code, message, hint },
    enabled: true,
    warnings: [],
    mitigations: [],
  }
}

function withDiffs(report: ServerReport, plan: Plan): ServerReport {
  if (report.plan === undefined) return report
  const diffs = plan.files.map((change) => ({ file: change.file, patch: patchOf(change) }))
  return { ...report, plan: { ...report.plan, diffs } }
}

function patchOf({ file, before, after }: FileChange): string {
  return makePatch(file, before === null ? null : textOf(before), after === null ? null : textOf(after))
}

/** Files that are no text to us are never planned; should one come by all the same, its diff says nothing. */
function textOf(bytes: Uint8Array): string {
  const decoded = decode(bytes)
  return decoded.is === 'text' ? decoded.text : ''
}
