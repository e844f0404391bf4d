import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from '@babel/parser'

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Any node of the syntax tree, as much of it as is asked about. */
export interface Node {
  readonly type: string
  readonly loc?: { readonly start: { readonly line: number }; readonly end: { readonly line: number } }
  readonly [field: string]: unknown
}

export interface Import {
  /** As it is written. */
  readonly from: string
  /** Relative to `reconciler/` where it leads to one of our files; else null. */
  readonly file: string | null
  readonly line: number
}

/** One file of the code. `path` is relative to `reconciler/`, with slashes. */
export interface CodeFile {
  readonly path: string
  readonly text: string
  readonly tree: Node
  readonly imports: readonly Import[]
}

/** Every TypeScript file below `reconciler/`, parsed. */
export function readCode(): readonly CodeFile[] {
  const folder = join(ROOT, 'reconciler')
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
    .map((path) => codeFile(path, readFileSync(join(folder, path), 'utf8')))
}

/** One file from its text: for what the walls must catch. */
export function codeFile(path: string, text: string): CodeFile {
  const tree = parse(text, { sourceType: 'module', plugins: ['typescript'] }) as unknown as Node
  return { path, text, tree, imports: importsOf(path, tree) }
}

function importsOf(path: string, tree: Node): readonly Import[] {
  const found: Import[] = []
  walk(tree, (node) => {
    // Static, re-exported, dynamic, and `import('x').T` in a type: all of them tie two files together.
    const from = literal(node['source']) ?? (node.type === 'TSImportType' ? literal(node['argument']) : null)
    if (from === null || !/^(Import|Export|TSImport)/.test(node.type)) return
    const ours = from.startsWith('.') ? posix.normalize(posix.join(dirname(path), from)) : null
    found.push({ from, file: ours, line: lineOf(node) })
  })
  return found
}

function literal(node: unknown): string | null {
  if (!isNode(node)) return null
  if (node.type === 'TSLiteralType') return literal(node['literal'])
  return typeof node['value'] === 'string' ? node['value'] : null
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** The nodes directly below. */
export function children(node: Node): readonly Node[] {
  return Object.entries(node)
    .filter(([field]) => field !== 'loc' && !/Comments$|^comments$|^errors$|^tokens$/.test(field))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
}

/** Every node, parents first. */
export function walk(
  node: Node,
  visit: (node: Node, parent: Node | null) => void,
  parent: Node | null = null,
): void {
  visit(node, parent)
  for (const child of children(node)) walk(child, visit, node)
}

export function lineOf(node: Node): number {
  return node.loc?.start.line ?? 0
}

/** Lines from the first to the last, both counted. */
export function linesOf(node: Node): number {
  return (node.loc?.end.line ?? 0) - lineOf(node) + 1
}

export function isFunction(node: Node): boolean {
  return /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ObjectMethod|ClassMethod|ClassPrivateMethod)$/.test(
    node.type,
  )
}
