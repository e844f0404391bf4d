import { children, isFunction, isNode, lineOf, type Node } from './code.ts'

/** A use of something that is there without being imported. */
export interface GlobalUse {
  readonly name: string
  readonly line: number
}

const NAMES: ReadonlySet<string> = new Set(['process', 'console', 'globalThis'])

/**
 * Uses of `process`, `console`, `globalThis` and the wall clock (`Date.now()`, `new Date()` and `Date()` without an
 * argument). Only identifiers that no scope binds count: a parameter called console is no console.
 */
export function globalUses(tree: Node): readonly GlobalUse[] {
  const uses: GlobalUse[] = []
  visit(tree, new Set(), uses)
  return uses
}

function visit(node: Node, bound: ReadonlySet<string>, uses: GlobalUse[]): void {
  // Types are not there at run time: `NodeJS.Process` reads nothing.
  if (/^TS(Type|Interface)/.test(node.type)) return
  const here = new Set([...bound, ...boundBy(node)])
  if (node.type === 'Identifier' && NAMES.has(node['name'] as string) && !here.has(node['name'] as string)) {
    uses.push({ name: node['name'] as string, line: lineOf(node) })
  }
  if (readsClock(node) && !here.has('Date')) uses.push({ name: 'the wall clock', line: lineOf(node) })
  for (const child of children(node)) if (!isPlainName(node, child)) visit(child, here, uses)
}

/** `a.process` and `{ process: 1 }` only look like a use. A short property (`{ process }`) is one. */
function isPlainName(parent: Node, child: Node): boolean {
  if (parent['computed'] === true || parent['shorthand'] === true) return false
  return parent['property'] === child || (parent['key'] === child && child.type === 'Identifier')
}

function readsClock(node: Node): boolean {
  const callee = node['callee']
  if (!isNode(callee)) return false
  if (callee.type === 'Identifier') {
    const bare = callee['name'] === 'Date' && (node['arguments'] as unknown[]).length === 0
    return bare && (node.type === 'NewExpression' || node.type === 'CallExpression')
  }
  const [object, property] = [callee['object'], callee['property']]
  return isNode(object) && object['name'] === 'Date' && isNode(property) && property['name'] === 'now'
}

/** The names that hold inside this node: parameters, and what a block or the file declares. */
function boundBy(node: Node): readonly string[] {
  if (isFunction(node)) return (node['params'] as Node[]).flatMap(namesIn)
  if (node.type !== 'Program' && node.type !== 'BlockStatement') return []
  return (node['body'] as Node[]).flatMap((statement) => {
    const inner = isNode(statement['declaration']) ? statement['declaration'] : statement
    if (inner.type === 'VariableDeclaration') {
      return (inner['declarations'] as Node[]).flatMap((one) => namesIn(one['id'] as Node))
    }
    // An import of node:process binds the name, and is caught as an import.
    return inner.type === 'FunctionDeclaration' ? namesIn(inner['id'] as Node) : []
  })
}

function namesIn(pattern: Node): readonly string[] {
  if (pattern.type === 'Identifier') return [pattern['name'] as string]
  if (pattern.type === 'ObjectProperty') return namesIn(pattern['value'] as Node)
  if (pattern.type === 'AssignmentPattern') return namesIn(pattern['left'] as Node)
  return /Pattern$|^RestElement$/.test(pattern.type) ? children(pattern).flatMap(namesIn) : []
}
