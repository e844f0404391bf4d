import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The servers of the demo: two that lack fixes, one that has them all. */
export const SERVERS = [
  { name: 'ex01', exchange: '15.1.2507.6' },
  { name: 'ex02', exchange: '15.2.1118.7' },
  { name: 'ex03', exchange: '15.2.2562.45' },
] as const

/** One of them by name. */
export type ServerName = (typeof SERVERS)[number]['name']

/** Where everything of the demo is; absolute paths. */
export interface Place {
  readonly dir: string
  /** Says that the folder is ours and may be made anew. */
  readonly mark: string
  readonly config: string
  readonly repository: string
  readonly servers: string
  /** The servers as they were made, for comparing. */
  readonly originals: string
  /** Files to be put into the repository by hand. */
  readonly pieces: string
  readonly state: string
}

/** Where everything lies below a folder. */
export function placeOf(dir: string): Place {
  const at = (name: string) => join(dir, name)
  return {
    dir,
    mark: at('.stopgap-demo'),
    config: at('stopgap.yaml'),
    repository: at('policy'),
    servers: at('servers'),
    originals: at('originals'),
    pieces: at('pieces'),
    state: at('state'),
  }
}

// From here to the root it is as far in `reconciler/` as in the `dist/` that is published.
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** A file or folder that is shipped with Stopgap. */
export function shipped(...names: readonly string[]): string {
  return join(ROOT, ...names)
}

/** A path as somebody in `cwd` would write it: short where it lies below, else whole. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(resolve(cwd), path)
  const outside = short === '' || isAbsolute(short) || short === '..' || short.startsWith(`..${sep}`)
  return outside ? path : short
}
