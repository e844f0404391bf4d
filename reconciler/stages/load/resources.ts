import { didYouMean } from '../../formats/nearest.ts'
import { schemaFaults } from '../../formats/schema.ts'
import { quoted } from '../../formats/words.ts'
import type { Origin } from '../../model/catalogue.ts'
import { isObject } from '../../model/object.ts'
import type { Fields, Json, Kind } from '../../model/resource.ts'
import { canonicalJson } from '../../util/digest.ts'
import { isText, type PolicyObject } from './document.ts'
import type { Findings } from './findings.ts'
import { checkLists } from './lists.ts'
import { placeOf } from './names.ts'
import { checkPatterns } from './patterns.ts'

/**
 * Checks each entry by its kind, and that no two entries of one revision want different things of one resource.
 * `patternsLater`: what is wrong with the patterns of a rule itself is judged elsewhere.
 */
export function checkResources(
  objects: readonly PolicyObject[],
  kinds: readonly Kind[],
  findings: Findings,
  patternsLater = false,
): void {
  const claims = new Map<string, Claim>()
  for (const object of objects) {
    if (object.kind !== 'Mitigation') continue
    for (const [index, entry] of object.items('spec', 'resources').entries()) {
      const at = `/spec/resources/${index}`
      const kind = kindOf(object, entry, at, { kinds, findings })
      if (kind === undefined || !isSound(object, entry, at, { kind, findings, patternsLater })) continue
      for (const claim of claimsOf(object, entry, at, kind)) settle(claims, claim, findings)
    }
  }
}

/** Undefined when there is none; an entry without `kind` at all was told by the schema. */
function kindOf(
  object: PolicyObject,
  entry: Json,
  at: string,
  { kinds, findings }: { readonly kinds: readonly Kind[]; readonly findings: Findings },
): Kind | undefined {
  const name = isObject(entry) ? entry['kind'] : undefined
  if (!isText(name)) return undefined
  const kind = kinds.find((one) => one.name === name)
  if (kind !== undefined) return kind
  const known = kinds.map((one) => one.name)
  const guess = didYouMean(name, known)
  const message = `the kind ${quoted(name)} is unknown${guess === '' ? `. It is one of ${known.join(', ')}.` : guess}`
  findings.error(object.at(`${at}/kind`), message)
  return undefined
}

/** Lengths, then schema and patterns, then the kind's own cross-checks, each only on what has passed the ones before. */
function isSound(
  object: PolicyObject,
  entry: Json,
  at: string,
  {
    kind,
    findings,
    patternsLater,
  }: { readonly kind: Kind; readonly findings: Findings; readonly patternsLater: boolean },
): boolean {
  const byLength = checkLists(entry)
  for (const fault of byLength) findings.error(object.at(`${at}${fault.pointer}`), fault.message)
  if (byLength.length > 0) return false
  const bySchema = schemaFaults(kind.schema, entry)
  for (const fault of bySchema) findings.error(object.at(`${at}${fault.pointer}`, fault.on), fault.message)
  const byPattern = checkPatterns(entry)
  const told = byPattern.filter(({ pointer }) => !patternsLater || pointer.startsWith('/equivalents/'))
  for (const fault of told) findings.error(object.at(`${at}${fault.pointer}`), fault.message)
  if (bySchema.length > 0) return false
  const seen = new Set(byPattern.map((fault) => fault.pointer))
  // A kind may try its patterns itself; one sentence about one pattern is enough.
  const byKind = kind
    .faults(entry, object.get('spec', 'optIn') === true)
    .filter((fault) => !seen.has(fault.pointer))
  for (const fault of byKind) findings.error(object.at(`${at}${fault.pointer}`), fault.message)
  return byPattern.length + byKind.length === 0
}

/** That one entry wants something of one resource. */
interface Claim {
  readonly kind: Kind
  readonly spec: Json
  readonly object: PolicyObject
  readonly key: string
  readonly want: Fields
  readonly origin: Origin
  /** Elements carry our mark and have one owner; values can have several. */
  readonly marked: boolean
}

/** One entry can stand for many resources (a list of `at`); a conflict is about one of them. */
function claimsOf(object: PolicyObject, entry: Json, at: string, kind: Kind): readonly Claim[] {
  return kind.split(entry).map((spec) => {
    const { key, want } = kind.resource(spec, object.name ?? '')
    return { kind, spec, object, key, want, origin: object.at(at), marked: kind.ours !== undefined }
  })
}

/** Keys are compared without case, as Windows compares the names in them. */
function settle(claims: Map<string, Claim>, claim: Claim, findings: Findings): void {
  const key = claim.key.toLowerCase()
  const first = claims.get(key)
  if (first === undefined) {
    claims.set(key, claim)
    return
  }
  const fault = conflict(first, claim)
  if (fault !== null) findings.error(claim.origin, fault)
  else claims.set(key, { ...first, ...together(first, claim) })
}

/** Why two claims on one resource cannot both hold; null when they can. */
function conflict(first: Claim, claim: Claim): string | null {
  const resource = quoted(claim.key)
  const { file, line, column } = first.origin
  const there = `${file}:${line}:${column}`
  if (first.object === claim.object)
    return `lists ${resource} a second time; first in line ${line}. Remove one.`
  const other = `the mitigation ${quoted(first.object.name)} (${placeOf(first.object)})`
  if (claim.marked)
    return `${resource} is also the name of a rule of ${other}, at ${there}. Choose another name.`
  if (agree(first, claim)) return null
  return `wants ${brief(claim.want)} of ${resource}, but ${other} wants ${brief(first.want)} at ${there}. Make them agree.`
}

/** Each may name fields that the other leaves alone, as long as what comes of both makes sense. */
function agree(first: Claim, claim: Claim): boolean {
  if (canonicalJson(first.want) === canonicalJson(claim.want)) return true
  const { spec, want } = together(first, claim)
  const keeps = ({ want: one }: Claim) =>
    Object.keys(one).every(
      (field) => canonicalJson(one[field] ?? null) === canonicalJson(want[field] ?? null),
    )
  return keeps(first) && keeps(claim) && claim.kind.faults(spec, true).length === 0
}

function together(first: Claim, claim: Claim): Pick<Claim, 'spec' | 'want'> {
  const { kind } = claim
  if (kind.join === undefined) return first
  const spec = kind.join([first.spec, claim.spec])
  return { spec, want: kind.resource(spec, claim.object.name ?? '').want }
}

function brief(want: Fields): string {
  const text = canonicalJson(want)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
