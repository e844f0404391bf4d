import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { catalogue } from '../reconciler/errors/catalogue.ts'
import { StopgapError } from '../reconciler/errors/error.ts'
import { VERSION } from '../reconciler/version.ts'
import {
  type CodeFile,
  codeFile,
  isFunction,
  isNode,
  lineOf,
  linesOf,
  type Node,
  ROOT,
  readCode,
  walk,
} from './helpers/code.ts'
import { globalUses } from './helpers/globals.ts'

// Each wall is a function from code to its breaches, so that it can be shown to catch one.
type Wall = (files: readonly CodeFile[]) => readonly string[]

const code = readCode()

/** From the ground up: a folder or a file at the top imports only from below its own storey. */
const STOREYS = [
  ['model', 'errors'],
  ['util', 'formats'],
  ['iis', 'rewrite', 'policy', 'proof'],
  ['kinds', 'targets', 'sources', 'state', 'reporters', 'http'],
  ['stages'],
  ['pipeline', 'renew', 'worker', 'loop'],
  ['compose', 'config', 'servers', 'reach', 'commands', 'cli', 'version'],
]

/** Within a storey, only these. The upper two storeys are one piece each: what runs, and what is asked for. */
const NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  errors: ['model'],
  proof: ['iis', 'rewrite', 'policy'],
  pipeline: STOREYS[5]!,
  renew: STOREYS[5]!,
  worker: STOREYS[5]!,
  loop: STOREYS[5]!,
  config: STOREYS[6]!,
  reach: STOREYS[6]!,
  compose: STOREYS[6]!,
  commands: STOREYS[6]!,
  cli: STOREYS[6]!,
}

const PACKAGES: Readonly<Record<string, string>> = {
  '@eslint-community/regexpp': 'rewrite/pattern.ts',
  ajv: 'formats/schema.ts',
  chokidar: 'util/watch.ts',
  commander: 'cli.ts',
  diff: 'reporters/text/patch.ts',
  'js-yaml': 'formats/yaml.ts',
  'p-retry': 'util/retry.ts',
  'prom-client': 'reporters/metrics.ts',
  recheck: 'proof/lint/backtracking.ts',
  saxes: 'iis/wellformed.ts',
  'simple-git': 'sources/git.ts',
  ssh2: 'targets/windows/ssh.ts',
}

const PURE = /^(model|iis|rewrite|policy|kinds)\/|^stages\/(resolve|observe|diff|plan)(\.ts$|\/)/
const WORLDLY = /^(cli|compose)\.ts$|^util\/clock\.ts$|^reporters\//

/** The folder below `reconciler/`, or the file there without its ending. */
function part(path: string): string {
  return path.split('/')[0]!.replace(/\.ts$/, '')
}

function storey(path: string): number {
  return STOREYS.findIndex((parts) => parts.includes(part(path)))
}

function perImport(judge: (file: CodeFile, one: CodeFile['imports'][number]) => string | null): Wall {
  return (files) =>
    files.flatMap((file) =>
      file.imports.flatMap((one) => {
        const why = judge(file, one)
        return why === null ? [] : [`${file.path}:${one.line}: ${why}`]
      }),
    )
}

function perNode(judge: (node: Node, parent: Node | null) => string | null): Wall {
  return (files) =>
    files.flatMap((file) => {
      const found: string[] = []
      walk(file.tree, (node, parent) => {
        const why = judge(node, parent)
        if (why !== null) found.push(`${file.path}:${lineOf(node)}: ${why}`)
      })
      return found
    })
}

const onlyDownwards = perImport((file, { file: to, from }) => {
  if (to === null || part(to) === part(file.path)) return null
  if (to.startsWith('..')) return `imports ${from}, outside of reconciler/`
  if (storey(to) < storey(file.path) || NEIGHBOURS[part(file.path)]?.includes(part(to))) return null
  return `imports ${to}, which is not below it`
})

const stagesKnowInterfaces = perImport((file, { file: to }) =>
  to !== null && part(file.path) === 'stages' && part(to) !== 'stages' && storey(to) > 2
    ? `imports ${to}: stages know it by its interface in model/`
    : null,
)

const pureKnowsNoNode = perImport((file, { from }) =>
  PURE.test(file.path) && from.startsWith('node:') ? `imports ${from}` : null,
)

const onePackageOneFile = perImport((file, { file: to, from }) => {
  if (to !== null || from.startsWith('node:')) return null
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
  return PACKAGES[name] === file.path
    ? null
    : `imports ${name}, which belongs to ${PACKAGES[name] ?? 'nobody'}`
})

const worldAtTheEdge: Wall = (files) =>
  files
    .filter(({ path }) => !WORLDLY.test(path))
    .flatMap(({ path, tree, imports }) => [
      ...globalUses(tree).map(({ name, line }) => `${path}:${line}: uses ${name}`),
      ...imports
        .filter(({ from }) => from === 'node:process' || from === 'node:console')
        .map(({ from, line }) => `${path}:${line}: imports ${from}`),
    ])

const noMutualFolders: Wall = (files) => {
  const ties = new Set<string>()
  for (const { path, imports } of files) {
    for (const { file } of imports)
      if (file !== null && part(file) !== part(path)) ties.add(`${part(path)} ${part(file)}`)
  }
  return [...ties].filter((tie) => ties.has(tie.split(' ').reverse().join(' ')))
}

const everyFileHasAStorey: Wall = (files) =>
  files.filter(({ path }) => storey(path) < 0).map(({ path }) => `${path}: stands on no storey`)

const shortFiles: Wall = (files) =>
  files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    return lines > 300 ? [`${path}: ${lines} lines`] : []
  })

const shortFunctions = perNode((node) =>
  isFunction(node) && linesOf(node) > 60 ? `a function of ${linesOf(node)} lines` : null,
)

const fewParameters = perNode((node) => {
  if (!isFunction(node) && !/^TS(Method|FunctionType|DeclareFunction|CallSignature)/.test(node.type))
    return null
  const count = ((node['params'] ?? node['parameters'] ?? []) as unknown[]).length
  return count > 4 ? `${count} parameters` : null
})

const BANNED: Readonly<Record<string, string>> = {
  TSEnumDeclaration: 'an enum',
  TSModuleDeclaration: 'a namespace',
  TSAnyKeyword: 'any',
  TSParameterProperty: 'a parameter property',
  TSExportAssignment: 'export =',
  ExportDefaultDeclaration: 'a default export',
  Decorator: 'a decorator',
}

const erasableAndTyped = perNode((node) => BANNED[node.type] ?? null)

const importsNameTheirFile = perImport((_, { from }) =>
  from.startsWith('.') && !/\.(ts|json)$/.test(from) ? `imports ${from} without its ending` : null,
)

// Data never becomes code, and nothing that people write is a program for us.
const noEval = perNode((node) => {
  const callee = node['callee']
  const name = isNode(callee) && callee.type === 'Identifier' ? callee['name'] : null
  return name === 'eval' || name === 'Function' ? `calls ${name}` : null
})

/** Name, wall, and code that it must catch: [path, text, ...]. */
const WALLS: readonly (readonly [string, Wall, readonly (readonly [string, string])[]])[] = [
  ['every file stands on a storey', everyFileHasAStorey, [['stuff/a.ts', '']]],
  [
    'imports lead downwards, never to a neighbour; those of types count',
    onlyDownwards,
    [
      ['iis/a.ts', "import type { A } from '../policy/b.ts'"],
      ['util/a.ts', "export * from '../stages/b.ts'"],
      ['sources/a.ts', "type A = import('../targets/embedded/b.ts').B"],
      ['loop.ts', "const a = await import('./compose.ts')"],
    ],
  ],
  [
    'stages know kinds, targets, sources and stores by their interfaces',
    stagesKnowInterfaces,
    [['stages/a.ts', "import { kinds } from '../kinds/registry.ts'"]],
  ],
  [
    'the pure middle imports nothing of Node',
    pureKnowsNoNode,
    [
      ['kinds/service/a.ts', "import { join } from 'node:path'"],
      ['stages/plan.ts', "import 'node:fs'"],
    ],
  ],
  [
    'each package is imported by one file',
    onePackageOneFile,
    [
      ['sources/a.ts', "import { simpleGit } from 'simple-git'"],
      ['util/a.ts', "import x from '@some/thing/part'"],
    ],
  ],
  [
    'process, console and the wall clock are used at the edge only',
    worldAtTheEdge,
    [
      ['util/a.ts', 'export const a = process.env'],
      ['util/b.ts', "import process from 'node:process'"],
      ['stages/a.ts', 'const f = (a: number) => console.log(a)'],
      ['stages/b.ts', 'const now = Date.now()'],
      ['stages/c.ts', 'const now = new Date()'],
    ],
  ],
  [
    'no two folders import each other',
    noMutualFolders,
    [
      ['commands/a.ts', "import '../compose.ts'"],
      ['compose.ts', "import './commands/a.ts'"],
    ],
  ],
  ['no file is longer than 300 lines', shortFiles, [['util/a.ts', '// a\n'.repeat(301)]]],
  [
    'no function is longer than 60 lines',
    shortFunctions,
    [['util/a.ts', `function a() {\n${'  b()\n'.repeat(59)}}`]],
  ],
  [
    'no function has more than four parameters',
    fewParameters,
    [
      ['util/a.ts', 'class A { b(c: 1, d: 1, e: 1, f: 1, g: 1) {} }'],
      ['util/b.ts', 'interface A { b(c: 1, d: 1, e: 1, f: 1, g: 1): void }'],
    ],
  ],
  [
    'syntax that types can be stripped from, no any, no default export',
    erasableAndTyped,
    [
      ['util/a.ts', 'enum A { b }'],
      ['util/b.ts', 'namespace A {}'],
      ['util/c.ts', 'const a: any = 1'],
      ['util/d.ts', 'export default 1'],
      ['util/e.ts', 'class A { constructor(private b: 1) {} }'],
    ],
  ],
  ['imports name their file with its ending', importsNameTheirFile, [['util/a.ts', "import './b.js'"]]],
  ['data never becomes code', noEval, [['util/a.ts', "new Function('a')"]]],
]

for (const [name, wall, breaches] of WALLS) {
  test(name, (t) => {
    const files = breaches.map(([path, text]) => codeFile(path, text))
    const caught = wall(files).map((breach) => breach.split(/[: ]/)[0])
    for (const { path } of files)
      t.true(caught.includes(path) || caught.includes(part(path)), `misses ${path}`)
    t.deepEqual(wall(code), [])
  })
}

test('what only looks like a global is none', (t) => {
  const text = `
    import type { Console } from './c.ts'
    export function f(console: Console, at: number) { console.out(at); return { process: 1 }.process + +new Date(at) }
    export interface A { readonly process: number; readonly kill: typeof process }
    // Date.now() and process.env in a comment
    export const words = 'process.env console.log'
  `
  t.deepEqual(globalUses(codeFile('util/a.ts', text).tree), [])
  t.true(code.length > 200)
})

test('every package that is imported is a dependency, and the other way round', (t) => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  t.deepEqual(Object.keys(dependencies).sort(), Object.keys(PACKAGES).sort())
})

test('every dependency has an exact version', (t) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides']) {
    for (const [name, version] of Object.entries(manifest[field] ?? {})) {
      t.regex(String(version), /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${field}: ${name}`)
    }
  }
})

test('the version is the one of package.json', (t) => {
  t.is(VERSION, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version)
})

test('the key of an error is its code, and docs/errors.md has a section for each', (t) => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  const sections = [...page.matchAll(/^### (\S+)$/gm)].map(([, code]) => code!)
  t.deepEqual(sections.toSorted(), Object.keys(catalogue).sort())
  for (const [key, sort] of Object.entries(catalogue)) {
    t.regex(key, /^[A-Z]+(_[A-Z]+)*$/)
    const section = page.split(`\n### ${key}\n`)[1]!.split(/\n##+ /)[0]!
    // The page must not say other than the code does.
    t.true(section.includes(`exit code ${sort.exit}`), `${key}: exit code ${sort.exit}`)
    t.true(section.includes(`\`${sort.disposition}\``), `${key}: ${sort.disposition}`)
  }
  const error = new StopgapError('PLAN_UNKNOWN', { id: 'x' })
  t.is(error.code, 'PLAN_UNKNOWN')
})
