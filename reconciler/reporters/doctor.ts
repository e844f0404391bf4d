import type { Examination, Finding } from '../model/finding.ts'
import { mask } from '../util/mask.ts'
import type { JsonObject } from './json.ts'

/** What `doctor --json` prints: what was examined, in the order of the text, and how it ended. */
export function doctorJson(examinations: readonly Examination[], exit: number): JsonObject {
  return {
    exit,
    examinations: examinations.map(({ of, name, findings }) => ({
      of,
      name: mask(name),
      findings: findings.map(findingOf),
    })),
  }
}

function findingOf(finding: Finding): JsonObject {
  const { is, check, what } = finding
  return { is, check, what: mask(what), ...(is === 'ok' ? {} : { remedy: mask(finding.remedy) }) }
}
