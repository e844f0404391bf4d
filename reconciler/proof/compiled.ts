import type { Fault } from '../iis/check.ts'
import type { Element } from '../iis/document.ts'
import type { Layer } from '../iis/layers.ts'
import { compile, type RuleSet } from '../rewrite/compile.ts'
import { effective, ruleCount } from './effective.ts'

/** The rules of one level, ready to be asked. */
export type Compiled =
  | { readonly is: 'rules'; readonly rules: RuleSet; readonly count: number }
  | { readonly is: 'refused'; readonly fault: Fault }
  | { readonly is: 'unknown'; readonly why: string }

const numbers = new WeakMap<Element, number>()
let last = 0

/** Elements of one document are one object as long as its bytes are, so a number of their own tells them apart. */
function numberOf(element: Element): number {
  const before = numbers.get(element)
  if (before !== undefined) return before
  last += 1
  numbers.set(element, last)
  return last
}

// Servers that differ in one file share the levels that do not read it. What the deepest file says goes with that file: a
// stream of many configurations must not fill the memory.
const known = new WeakMap<Element, Map<string, Compiled>>()

/** The rules that act at a path, compiled once for equal layers. */
export function compiled(layers: readonly Layer[], path: string): Compiled {
  const deepest = layers.at(-1)?.element
  if (deepest === undefined) return make(layers, path)
  const sets = known.get(deepest) ?? new Map<string, Compiled>()
  known.set(deepest, sets)
  const key = layers.map((layer) => `${numberOf(layer.element)} ${layer.path}`).join('\n')
  const before = sets.get(key)
  if (before !== undefined) return before
  const made = make(layers, path)
  sets.set(key, made)
  return made
}

function make(layers: readonly Layer[], path: string): Compiled {
  const found = effective(layers, path)
  if (found.is !== 'rules') return found
  const { source } = found
  return { is: 'rules', rules: compile(source), count: ruleCount(source) }
}
