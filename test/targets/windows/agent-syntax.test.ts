import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import test from 'ava'
import { Language, type Node, Parser } from 'web-tree-sitter'

// A grammar by others, not Microsoft's parser: that it takes the program is a hint, no proof.
const GRAMMAR = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')
const ROOT = join(import.meta.dirname, '..', '..', '..')

let parser: Parser

test.before('load the grammar', async () => {
  await Parser.init()
  parser = new Parser()
  parser.setLanguage(await Language.load(GRAMMAR))
})

function faults(text: string): readonly string[] {
  const tree = parser.parse(text)
  return tree === null ? ['nothing was parsed'] : within(tree.rootNode)
}

function within(node: Node): readonly string[] {
  const { row, column } = node.startPosition
  const own = node.isError || node.isMissing ? [`${row + 1}:${column + 1} ${node.text.slice(0, 60)}`] : []
  return [...own, ...node.children.flatMap((child) => (child?.hasError ? within(child) : []))]
}

for (const file of ['reconciler/targets/windows/agent.ps1', 'test/targets/windows/embedded-platform.ps1']) {
  test(`${file} is PowerShell to a parser`, (t) => {
    t.deepEqual(faults(readFileSync(join(ROOT, file), 'utf8')), [])
  })
}

test('the parser sees what is broken', (t) => {
  for (const text of ['function f { if ($a { 1 }', '$x = @(1,2', 'Get-Item "a'])
    t.true(faults(text).length > 0, text)
})
