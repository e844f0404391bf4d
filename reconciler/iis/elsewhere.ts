import { attribute, type Element } from './document.ts'
import type { Layer } from './layers.ts'
import { standing } from './standing.ts'

/**
 * Why nobody can say what an element holds: it, or a section around it, has its content in another file (`configSource`),
 * which is not read. Null: all of it is here. A section taken for empty would get a rule of ours inside, and IIS takes
 * no section that has both.
 */
export function elsewhere(element: Element, { text, file }: Layer): string | null {
  for (let at: Element | null = element; at !== null; at = at.parent) {
    const source = attribute(at, 'configSource')
    if (source === undefined) continue
    const { line, column } = standing(text.document, at)
    return `${file}:${line}:${column}: <${at.name}> is in another file (configSource="${source}"), which is not read`
  }
  return null
}
