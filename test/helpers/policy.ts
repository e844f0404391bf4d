import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Kind } from '../../reconciler/model/resource.ts'
import type { Snapshot, SnapshotEntry } from '../../reconciler/model/source.ts'
import type { Checked } from '../../reconciler/stages/load.ts'
import { check } from '../../reconciler/stages/load.ts'

/** 1 November 2026. */
export const NOW = Date.UTC(2026, 10, 1)

/** A snapshot of texts, bytes or other entries, by path. */
export function snapshotOf(files: {
  readonly [path: string]: string | Uint8Array | SnapshotEntry
}): Snapshot {
  const entries = Object.entries(files).map(([path, content]): [string, SnapshotEntry] => {
    if (typeof content === 'string') return [path, { is: 'file', bytes: new TextEncoder().encode(content) }]
    return [path, content instanceof Uint8Array ? { is: 'file', bytes: content } : content]
  })
  return { revision: 'dir@sha256:test', time: NOW, files: new Map(entries) }
}

/** What makes a snapshot complete: a mitigation, a server and a policy without a fault. */
export const SOUND = {
  'mitigations/sound.yaml': mitigation('Sound'),
  'policies/sound.yaml':
    "apiVersion: stopgap/v1\nkind: Policy\nmetadata: { name: sound }\nspec: { mitigations: ['*'], mode: enforce }\n",
} as const

/** A mitigation that pings, with more lines of `spec` (indented by two blanks). */
export function mitigation(name: string, spec = '', resources = '    - kind: ping'): string {
  const fix = /^ {2}(?:fixedIn|permanent):/m.test(spec) ? '' : '  permanent: nothing fixes it\n'
  return `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: ${name} }
spec:
  title: A title
  severity: low
  resources:
${resources}
${spec}${fix}`
}

/** Checks texts together with what makes a snapshot complete. */
export function checkFiles(files: Parameters<typeof snapshotOf>[0], known: readonly Kind[] = kinds): Checked {
  return check(snapshotOf({ ...SOUND, ...files }), known, { now: NOW })
}

/** Diagnostics as `file:line:column severity: message`, warnings marked. */
export function linesOf({ diagnostics }: Checked): readonly string[] {
  return diagnostics.map(
    ({ file, line, column, severity, message }) =>
      `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`,
  )
}
