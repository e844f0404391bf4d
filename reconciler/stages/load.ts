import { StopgapError } from '../errors/error.ts'
import type { Catalogue, Diagnostic, Origin } from '../model/catalogue.ts'
import type { Kind } from '../model/resource.ts'
import type { Snapshot } from '../model/source.ts'
import { checkBuilds } from './load/builds.ts'
import type { PolicyObject } from './load/document.ts'
import { checkExpiry } from './load/expiry.ts'
import { readFiles } from './load/files.ts'
import { Findings } from './load/findings.ts'
import { indexNames, type Names } from './load/names.ts'
import { readObjects } from './load/objects.ts'
import { readBlock, readMitigation, readOrganization, readPolicy, readServer } from './load/read.ts'
import { checkResources } from './load/resources.ts'
import { checkSelectors } from './load/selectors.ts'

/** `now`: milliseconds since 1970, against which blocks have expired. */
export interface LoadContext {
  readonly now: number
  /** `later`: whoever asks judges patterns that are no regular expression by himself, and wants the catalogue all the same. */
  readonly patterns?: 'later'
}

/** All that there is to say about a snapshot. */
export interface Checked {
  /** Null when there is any fault. */
  readonly catalogue: Catalogue | null
  /** Faults and warnings in order of file, line and column. */
  readonly diagnostics: readonly Diagnostic[]
  /** Of Mitigation and Policy, those of which there is none although every document is an object of ours. */
  readonly missing: readonly string[]
  /** More than is read at all: the faults name the limits, and nothing else was looked at. */
  readonly oversized: boolean
  /** Where something of a mitigation stands, by JSON pointer into its document; what is not there has the place above it. */
  readonly where: (mitigation: string, pointer: string) => Origin | undefined
}

/**
 * The catalogue of one revision and the warnings about it. Throws a `StopgapError` when the revision cannot come into
 * force: POLICY_INVALID with all faults at once, POLICY_EMPTY or POLICY_OVERSIZED.
 */
export function load(
  snapshot: Snapshot,
  kinds: readonly Kind[],
  context: LoadContext,
): { readonly catalogue: Catalogue; readonly warnings: readonly Diagnostic[] } {
  const { revision } = snapshot
  const { catalogue, diagnostics, missing, oversized } = check(snapshot, kinds, context)
  if (catalogue !== null) return { catalogue, warnings: diagnostics }
  const faults = diagnostics.filter((one) => one.severity === 'error')
  if (oversized) throw new StopgapError('POLICY_OVERSIZED', { revision, faults })
  if (missing.length === faults.length) throw new StopgapError('POLICY_EMPTY', { revision, missing })
  throw new StopgapError('POLICY_INVALID', { revision, faults })
}

/** What `validate` shows: the same checks as `load`, without throwing. */
export function check(snapshot: Snapshot, kinds: readonly Kind[], context: LoadContext): Checked {
  const findings = new Findings()
  const files = readFiles(snapshot, findings)
  if (files.oversized)
    return {
      catalogue: null,
      diagnostics: findings.list(),
      missing: [],
      oversized: true,
      where: () => undefined,
    }
  const objects = readObjects(files.documents, findings)
  const names = indexNames(objects, files.unread, findings)
  // What could not be read, or is of a kind that nobody knows, may be what is missing.
  const all = files.unread.length === 0 && objects.length === files.documents.length
  const missing = all ? missingOf(objects, findings) : []
  checkSelectors(objects, names, findings)
  checkResources(objects, kinds, findings, context.patterns === 'later')
  for (const object of objects) {
    if (object.kind === 'Mitigation') checkBuilds(object, findings)
    if (object.kind === 'Block') checkExpiry(object, context.now, findings)
  }
  const catalogue = findings.hasErrors() ? null : build(snapshot, objects, names)
  const where: Checked['where'] = (mitigation, pointer) =>
    objects.find(({ kind, name }) => kind === 'Mitigation' && name === mitigation)?.at(pointer)
  return { catalogue, diagnostics: findings.list(), missing, oversized: false, where }
}

function missingOf(objects: readonly PolicyObject[], findings: Findings): readonly string[] {
  const missing = (['Mitigation', 'Policy'] as const).filter(
    (kind) => !objects.some((object) => object.kind === kind),
  )
  for (const kind of missing) {
    const file = kind === 'Mitigation' ? 'mitigations' : 'policies'
    const message = `there is no ${kind} at all, below mitigations/ or policies/. Look whether the folder is the right one.`
    findings.error({ file, line: 1, column: 1 }, message)
  }
  return missing
}

function build(snapshot: Snapshot, objects: readonly PolicyObject[], names: Names): Catalogue {
  const of = (kind: PolicyObject['kind']): readonly PolicyObject[] =>
    objects.filter((object) => object.kind === kind)
  const organization = of('Organization')[0]
  return {
    revision: snapshot.revision,
    time: snapshot.time,
    mitigations: of('Mitigation').map(readMitigation),
    policies: of('Policy').map((object) => readPolicy(object, names)),
    blocks: of('Block').map((object) => readBlock(object, names)),
    servers: of('Server').map(readServer),
    ...(organization === undefined ? {} : { organization: readOrganization(organization) }),
  }
}
