import type { Block } from '../../model/catalogue.ts'
import { type Finding, finding } from './finding.ts'
import { about, type Subject } from './subject.ts'

const DAY = 86_400_000
/** A block that nobody ever looks at again is how a mitigation gets forgotten. */
const OLD_DAYS = 90

// What stands where a reason should: no letters at all, or a single short word.
const EMPTY_WORDS = /^(?:n\/a|[^\p{L}]*|[a-z-]{1,16})\.?$/iu

/** What a mitigation ought to say of itself. */
export function saidOfItself(subject: Subject): readonly Finding[] {
  const { mitigation, rules } = subject
  const findings: Finding[] = []
  if (rules.length > 0 && mitigation.tests.length === 0)
    findings.push(
      about(subject, 'no-test', rules[0]?.pointer ?? '/spec', {
        message: 'a rewrite rule without a test',
        why: 'Nobody knows whether it stops the attack, and whether it stops mail as well.',
        remedy: TESTS,
      }),
    )
  if (mitigation.references.length === 0)
    findings.push(
      about(subject, 'no-reference', '/spec', {
        message: 'no reference says where this comes from',
        why: 'Whoever has to decide in a year whether it is still needed has nothing to read.',
        remedy: 'references: [https://msrc.microsoft.com/update-guide/vulnerability/CVE-…]',
      }),
    )
  const { fixedIn } = mitigation
  if (fixedIn.is === 'permanent' && EMPTY_WORDS.test(fixedIn.text.trim()))
    findings.push(
      about(subject, 'no-fix-explained', '/spec/permanent', {
        message: `"${fixedIn.text}" does not say why no build ends it`,
        why: 'Without a fixedIn it stays on every server for ever.',
        remedy: 'Name the builds with the fix in fixedIn, or say in permanent why there will be none.',
      }),
    )
  return findings
}

const TESTS = `tests:
  - { name: the published attack, request: GET /…, expect: blocked }
  - { name: ordinary use, request: GET /owa/, expect: passed }`

/** When a block came, milliseconds since 1970; null: nobody knows. */
export type BlockTimes = ReadonlyMap<string, number | null>

/** Blocks that never end by themselves and have been there for long. */
export function oldBlocks(blocks: readonly Block[], times: BlockTimes, now: number): readonly Finding[] {
  return blocks.flatMap(({ name, origin, expires, owner }) => {
    if (expires !== undefined) return []
    const since = times.get(name) ?? null
    const remedy = `expires: "${new Date(now + OLD_DAYS * DAY).toISOString().slice(0, 10)}"`
    const why = `Nothing reminds ${owner} that servers go without the mitigation.`
    if (since === null)
      return [
        finding('block-age-unknown', {
          origin,
          object: name,
          message: 'a block that never expires, and how old it is cannot be told: it is in no commit',
          why,
          remedy,
        }),
      ]
    const days = Math.floor((now - since) / DAY)
    if (days <= OLD_DAYS) return []
    return [
      finding('block-old', {
        origin,
        object: name,
        message: `a block that never expires, and is ${days} days old`,
        why,
        remedy,
      }),
    ]
  })
}
