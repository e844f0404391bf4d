import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, type Tools } from './tools.ts'

/** What the launcher does for the others: there is none in a single executable. */
const ENTRY = `import { main } from './cli.ts'
const emit = process.emitWarning
process.emitWarning = (warning, ...rest) => {
  if (/SQLite|single executable/.test(String(warning))) return
  emit.call(process, warning, ...rest)
}
main(process.argv.slice(2))
`

/** Where a module would lie, if there were files: what it reads lies beside the executable, as it does in the package. */
const BANNER = `const stopgapFile = (path) => require('node:path').join(require('node:path').dirname(process.execPath), 'dist', path)`

/** One file of CommonJS, which is all that a single executable of Node 22 takes. Gives its path. */
export function bundle(root: string, scratch: string, { esbuild }: Tools): string {
  const source = join(scratch, 'reconciler')
  cpSync(join(root, 'reconciler'), source, { recursive: true })
  for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (path.endsWith('.ts')) rewrite(join(source, path), path)
  }
  writeFileSync(join(source, 'executable.ts'), ENTRY)
  const out = join(scratch, 'stopgap.cjs')
  const options = [
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--target=node22',
    '--charset=utf8',
    '--log-level=warning',
    // A module that still asked where it lies would get nothing for an answer.
    '--log-override:empty-import-meta=error',
    // Native parts that ssh2 does without where they are missing.
    '--external:cpu-features',
    '--external:*.node',
    `--banner:js=${BANNER}`,
    `--outfile=${out}`,
  ]
  run(esbuild, [join(source, 'executable.ts'), ...options], scratch, {
    NODE_PATH: join(root, 'node_modules'),
  })
  return out
}

/** CommonJS has no import.meta; each module is told its place. */
function rewrite(file: string, path: string): void {
  const before = readFileSync(file, 'utf8')
  const place = `stopgapFile(${JSON.stringify(path.replace(/\.ts$/, '.js'))})`
  const after = before
    // What is loaded by its name can be put in like everything else.
    .replaceAll('createRequire(import.meta.url)', 'require')
    .replaceAll('import.meta.url', `require('node:url').pathToFileURL(${place}).href`)
    .replaceAll('import.meta.dirname', `require('node:path').dirname(${place})`)
  if (after !== before) writeFileSync(file, after)
}
