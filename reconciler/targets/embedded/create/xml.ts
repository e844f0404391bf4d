/** An element with its attributes in order and its children; a string among the children is a comment. */
export interface Element {
  readonly name: string
  readonly attributes: Attributes
  readonly children: readonly (Element | string)[]
}

/** Values as they mean; they are escaped when written. Undefined ones are left out. */
export type Attributes = { readonly [name: string]: string | boolean | number | undefined }

export interface Style {
  /** One level of indentation. */
  readonly unit: string
  readonly bom: boolean
}

/** IIS writes its own file with four blanks; Exchange ships its files with two and a byte order mark. */
export const IIS_STYLE: Style = { unit: '    ', bom: false }
export const EXCHANGE_STYLE: Style = { unit: '  ', bom: true }

/** An element with its attributes and what stands in it. */
export function element(
  name: string,
  attributes: Attributes = {},
  ...children: (Element | string)[]
): Element {
  return { name, attributes, children }
}

/** A collection of which only the name of one attribute differs, such as `<remove name="..." />`. */
export function list(name: string, attribute: string, values: readonly string[]): Element[] {
  return values.map((value) => element(name, { [attribute]: value }))
}

/** The whole file, with Windows line ends. */
export function render(root: Element, style: Style): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', ...linesOf(root, '', style.unit), '']
  return (style.bom ? '\uFEFF' : '') + lines.join('\r\n')
}

function linesOf(node: Element | string, indent: string, unit: string): string[] {
  if (typeof node === 'string') return [`${indent}<!-- ${node} -->`]
  const opening = indent + startOf(node)
  if (node.children.length === 0) return [`${opening} />`]
  const inner = node.children.flatMap((child) => linesOf(child, indent + unit, unit))
  return [`${opening}>`, ...inner, `${indent}</${node.name}>`]
}

function startOf({ name, attributes }: Element): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return `<${name}${written.join('')}`
}

function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;')
    .replaceAll('\n', '&#xA;')
}
