import { attribute, type Element } from './document.ts'

/** Whether an attribute says true; absent or anything else is `fallback` and false. */
export function isTrue(element: Element, name: string, fallback = false): boolean {
  const text = attribute(element, name)
  return text === undefined ? fallback : text.trim().toLowerCase() === 'true'
}

/** The first child element of this name. */
export function childNamed(element: Element, name: string): Element | undefined {
  return element.children.find((child) => child.name === name)
}

/**
 * All elements at a path of names below an element, such as `system.webServer/rewrite/rules`. Section groups may
 * stand several times side by side, so there can be several even in a file that IIS takes.
 */
export function elementsAt(element: Element, path: string): readonly Element[] {
  const found: Element[] = []
  descend(element, path.split('/'), 0, found)
  return found
}

// Asked for every layer of every path when a change is judged, so it makes no lists on the way.
function descend(element: Element, names: readonly string[], depth: number, found: Element[]): void {
  for (const child of element.children) {
    if (child.name !== names[depth]) continue
    if (depth === names.length - 1) found.push(child)
    else descend(child, names, depth + 1, found)
  }
}
