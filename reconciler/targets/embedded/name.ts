import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** What an embedded server calls itself; the name of its folder where it does not say so, or cannot be read yet. */
export function embeddedName(dir: string): string {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(dir, 'server.json'), 'utf8').replace(/^\ufeff/, ''))
    const name = parsed !== null && typeof parsed === 'object' && 'name' in parsed ? parsed.name : undefined
    if (typeof name === 'string' && name !== '') return name
  } catch {
    // Whatever is wrong with it is told by the first look.
  }
  return basename(resolve(dir))
}
