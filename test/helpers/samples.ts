import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Real configuration files lie beside the project when there are any; they are not part of it. */
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared', 'iis-config')

export const NO_SAMPLES = 'no folder ../shared/iis-config with real configuration files'

export interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The real configuration files, the refused ones among them; empty when the folder is not there. */
export function samples(): readonly Sample[] {
  if (!existsSync(FOLDER)) return []
  return readdirSync(FOLDER)
    .filter((name) => /\.(config|xdt)$/.test(name))
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(FOLDER, name))) }))
}
