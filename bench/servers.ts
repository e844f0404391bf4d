import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createServer } from '../reconciler/targets/embedded/create/create.ts'

const BUILD = '15.2.1118.7'
const RECORD = ['C', 'ProgramData', 'Stopgap', 'record.json'] as const

/** Name of the server with this number. */
export function serverName(index: number): string {
  return `ex${String(index).padStart(4, '0')}`
}

/** Makes the embedded server that others are copied from. */
export async function createModel(dir: string, name: string): Promise<void> {
  await createServer({ dir, name, exchange: BUILD })
}

/**
 * Copies a server under another name and gives its folder. Files are shared by hard links: whoever writes replaces
 * a file by a rename and leaves the others as they are.
 */
export function cloneServer(model: string, dir: string, name: string): string {
  mkdirSync(dir)
  rename(join(model, 'server.json'), join(dir, 'server.json'), { name })
  linkTree(join(model, 'C'), join(dir, 'C'))
  const record = join(...RECORD)
  if (existsSync(join(model, record))) {
    unlinkSync(join(dir, record))
    rename(join(model, record), join(dir, record), { server: name })
  }
  return dir
}

function rename(from: string, to: string, named: { readonly [field: string]: string }): void {
  const said = JSON.parse(readFileSync(from, 'utf8')) as Record<string, unknown>
  writeFileSync(to, `${JSON.stringify({ ...said, ...named }, null, 2)}\n`)
}

/** Every file below a folder; what a look at a server can need at most. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function linkTree(from: string, to: string): void {
  mkdirSync(to)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) linkTree(source, target)
    else linkSync(source, target)
  }
}
