import type { FileChange } from '../model/plan.ts'
import type { Part } from '../model/resource.ts'
import type { ServiceSettings, Step } from '../model/target.ts'
import type { See } from '../model/thing.ts'

/** One compare-and-swap per thing that differs at the end, in the fixed order; nothing where bytes are equal. */
export function stepsOf(parts: ReadonlyMap<string, Part>, see: See): readonly Step[] {
  const steps = [...parts.values()].flatMap((part) => stepOf(part, see) ?? [])
  return steps
    .map((step, index) => ({ step, index }))
    .sort((a, b) => rank(a.step) - rank(b.step) || byPath(a.step, b.step) || a.index - b.index)
    .map(({ step }) => step)
}

/** The files that steps change, with what they held. */
export function filesOf(steps: readonly Step[], see: See): readonly FileChange[] {
  return steps.flatMap((step) => {
    if (step.thing !== 'file') return []
    const seen = see('file', step.name)
    const before = seen.is === 'here' ? seen.value : null
    return [{ file: step.name, before, after: step.become === 'absent' ? null : step.become }]
  })
}

function stepOf(part: Part, see: See): Step | null {
  switch (part.thing) {
    case 'file':
      return fileStep(part, see)
    case 'service': {
      const seen = see('service', part.name)
      if (seen.is !== 'here') return null
      const become: ServiceSettings = {
        ...(differs(part.become.startType, seen.value.startType) ? { startType: part.become.startType } : {}),
        ...(differs(part.become.status, seen.value.status) ? { status: part.become.status } : {}),
      }
      return Object.keys(become).length === 0 ? null : { ...part, expect: seen.digest, become }
    }
    case 'pool': {
      const seen = see('pool', part.name)
      if (seen.is !== 'here' || seen.value.state === part.become.state) return null
      return { ...part, expect: seen.digest }
    }
  }
}

function differs<T>(wanted: T | undefined, seen: unknown): wanted is T {
  return wanted !== undefined && wanted !== seen
}

function fileStep(part: Extract<Part, { thing: 'file' }>, see: See): Step | null {
  const seen = see('file', part.name)
  if (seen.is === 'unknown') return null
  if (seen.is === 'absent') return part.become === 'absent' ? null : { ...part, expect: 'absent' }
  if (part.become !== 'absent' && equalBytes(part.become, seen.value)) return null
  return { ...part, expect: seen.digest }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, index) => byte === b[index]))
}

/**
 * Services that stop, applicationHost.config, other files, pools, services that start: so that nothing runs on a
 * configuration that is only half there.
 */
function rank(step: Step): number {
  switch (step.thing) {
    case 'service':
      return step.become.status === 'Stopped' || step.become.startType === 'Disabled' ? 0 : 4
    case 'file':
      return step.name.toLowerCase().endsWith('\\applicationhost.config') ? 1 : 2
    case 'pool':
      return 3
  }
}

function byPath(a: Step, b: Step): number {
  if (a.thing !== 'file' || b.thing !== 'file') return 0
  return a.name.toLowerCase() < b.name.toLowerCase()
    ? -1
    : a.name.toLowerCase() > b.name.toLowerCase()
      ? 1
      : 0
}
