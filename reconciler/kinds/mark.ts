import { attribute, type Element } from '../iis/document.ts'

const PREFIX = 'Stopgap '

/** The name of an element of ours on the server: `Stopgap M1 PowerShell - inbound`. */
export function markedName(mitigation: string, name: string): string {
  return `${PREFIX}${mitigation} ${name}`
}

/** What a marked name says; null for a name that does not carry our mark. Names of mitigations have no blanks. */
export function unmarked(marked: string): { readonly mitigation: string; readonly name: string } | null {
  if (!sameName(marked.slice(0, PREFIX.length), PREFIX)) return null
  const [mitigation = '', ...words] = marked.slice(PREFIX.length).split(' ')
  return mitigation === '' || words.length === 0 ? null : { mitigation, name: words.join(' ') }
}

/** Whether an element is ours under that specified name, whichever mitigation it was made for. */
export function isOurs(element: Element, name: string): boolean {
  const mark = unmarked(nameOf(element))
  return mark !== null && sameName(mark.name, name)
}

/** URL Rewrite compares names of rules without case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** The name of a rule or preCondition as it is written; empty when it has none. */
export function nameOf(element: Element): string {
  return attribute(element, 'name') ?? ''
}

/** Whether an element has that name. */
export function hasName(element: Element, name: string): boolean {
  return sameName(nameOf(element), name)
}
