import type { Mitigation, Origin } from '../../model/catalogue.ts'
import { type Finding, finding, type LintCode } from './finding.ts'
import { type WrittenRule, writtenRules } from './written.ts'

/** A mitigation that is being judged. */
export interface Subject {
  readonly mitigation: Mitigation
  readonly rules: readonly WrittenRule[]
  /** Where something of it stands, by JSON pointer into its document. */
  readonly at: (pointer: string) => Origin
}

/** `where` is that of the checked snapshot the mitigation comes from. */
export function subjectOf(
  mitigation: Mitigation,
  where: (mitigation: string, pointer: string) => Origin | undefined,
): Subject {
  return {
    mitigation,
    rules: writtenRules(mitigation),
    at: (pointer) => where(mitigation.name, pointer) ?? mitigation.origin,
  }
}

/** What a finding says beside its code and place: what, why, and what to do where that is known. */
export interface Said {
  readonly message: string
  readonly why: string
  readonly remedy?: string
}

/** A finding about one place of a mitigation. */
export function about(
  { mitigation, at }: Subject,
  code: LintCode,
  pointer: string,
  { message, why, remedy }: Said,
): Finding {
  return finding(code, {
    origin: at(pointer),
    object: mitigation.name,
    message,
    why,
    ...(remedy === undefined ? {} : { remedy }),
  })
}
