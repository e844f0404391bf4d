import { attribute, childrenNamed, type Element } from './document.ts'

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
  return path
    .split('/')
    .reduce<readonly Element[]>(
      (found, name) => found.flatMap((each) => childrenNamed(each, name)),
      [element],
    )
}
