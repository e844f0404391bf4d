import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Catalogue } from '../../reconciler/model/catalogue.ts'
import type { Snapshot, SnapshotEntry } from '../../reconciler/model/source.ts'
import { load } from '../../reconciler/stages/load.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The policy files that this project ships, as they are on disk. */
export function shippedSnapshot(): Snapshot {
  const files = ['mitigations', 'policies'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name): [string, SnapshotEntry] => [
      `${folder}/${name}`,
      { is: 'file', bytes: readFileSync(join(ROOT, folder, name)) },
    ]),
  )
  return { revision: 'dir@sha256:shipped', time: 0, files: new Map(files) }
}

/** The shipped catalogue, as of 1 November 2026. */
export function shipped(): Catalogue {
  return load(shippedSnapshot(), kinds, { now: Date.UTC(2026, 10, 1) }).catalogue
}
