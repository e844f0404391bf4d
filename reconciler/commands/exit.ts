import { StopgapError } from '../errors/error.ts'
import type { ServerReport } from '../model/report.ts'
import type { Renewed } from '../renew.ts'

/** Of several exit codes the one that counts, as docs/commands.md has it. */
export function worstOf(codes: readonly number[]): number {
  return [70, 3, 1, 4, 2].find((code) => codes.includes(code)) ?? 0
}

/** What the source adds: it failed (1), or its newest revision is refused (3). */
export function sourceCode({ error }: Pick<Renewed, 'error'>): number {
  if (error === null) return 0
  return error instanceof StopgapError ? error.exit : 3
}

/** `plan`: there is work or something is held (2), or it could not be worked out. */
export function planCode(reports: readonly ServerReport[]): number {
  const work = reports.map(({ plan }) => ((plan?.changes.length ?? 0) + (plan?.held.length ?? 0) > 0 ? 2 : 0))
  return worstOf([...work, ...failureCodes(reports)])
}

/** `apply`: done (0), done in part (4), or nothing could be done (1). */
export function applyCode(reports: readonly ServerReport[]): number {
  const held = reports.map(({ plan }) => ((plan?.held.length ?? 0) > 0 ? 4 : 0))
  return worstOf([...held, ...failureCodes(reports)])
}

/** `status`: as the last passes ended. */
export function statusCode(reports: readonly ServerReport[]): number {
  return worstOf([...reports.map(({ result }) => (result === 'held' ? 4 : 0)), ...failureCodes(reports)])
}

/** The environment failed where no server went well; where some did, it was done in part. */
function failureCodes(reports: readonly ServerReport[]): readonly number[] {
  const broken = reports.filter(isBroken)
  const partly = reports.some(({ result }) => result === 'failed') ? [4] : []
  if (broken.length === 0) return partly
  const bugs = broken.some(({ error }) => error?.code === 'BUG') ? [70] : []
  return [...bugs, broken.length === reports.length ? 1 : 4, ...partly]
}

function isBroken({ result, error, outcome }: ServerReport): boolean {
  if (error !== undefined || result === 'unreachable' || result === 'conflict') return true
  return (outcome ?? []).some((one) => one.result === 'failed' || one.result === 'unverified')
}
