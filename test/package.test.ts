import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { VERSION } from '../reconciler/version.ts'
import { contentsOf, noRegistry, packed, ran } from './helpers/package.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'stopgap-package-'))
const HOME = join(FOLDER, 'user')
const INSTALLED = join(HOME, 'node_modules/stopgap')
const away = noRegistry()

/** What needs an installed package. */
const installedTest = away === null ? test.serial : test.serial.skip
const why = away === null ? '' : ` (skipped: ${away})`

let tarball = ''

test.before('pack', (t) => {
  t.timeout(240_000)
  tarball = packed(FOLDER)
  if (away !== null) return
  mkdirSync(HOME)
  const done = ran(HOME, 'npm', ['install', tarball, '--no-audit', '--no-fund'])
  t.is(done.status, 0, done.stderr)
})

test.after.always('remove it', () => rmSync(FOLDER, { recursive: true, force: true }))

function stopgap(...args: readonly string[]) {
  return ran(HOME, 'npx', ['--no-install', 'stopgap', ...args])
}

test.serial('the package holds what a user needs and nothing else', (t) => {
  const paths = contentsOf(tarball)
  const outside = paths.filter(
    (path) =>
      !/^(bin\/stopgap\.js|dist\/.+\.(js|json)|dist\/targets\/windows\/agent\.ps1|(mitigations|policies|traffic)\/.+\.yaml|docs\/.+\.md)$/.test(
        path,
      ) && !/^(charts\/.+|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(path),
  )
  t.deepEqual(outside, [])
  for (const path of [
    'dist/cli.js',
    'dist/targets/windows/agent.ps1',
    'dist/formats/schema/policy.schema.json',
    'dist/targets/windows/agent.ps1',
    'LICENSE',
    'mitigations/M1.yaml',
    'traffic/owa.yaml',
  ]) {
    t.true(paths.includes(path), path)
  }
})

installedTest(`only what is used at run time is installed${why}`, (t) => {
  t.is(stopgap('--version').stdout.trim(), VERSION)
  for (const name of ['node', 'typescript', 'ava'])
    t.false(existsSync(join(HOME, 'node_modules', name)), name)
})

installedTest(`the packaged policy is valid${why}`, (t) => {
  const done = stopgap('validate', INSTALLED)
  t.is(done.status, 0, done.stdout + done.stderr)
})

installedTest(`an installed Stopgap converges a server${why}`, (t) => {
  for (const part of ['mitigations', 'policies'])
    cpSync(join(INSTALLED, part), join(HOME, 'policy', part), { recursive: true })
  // A policy in audit holds its changes, and so the code would be 4.
  rmSync(join(HOME, 'policy/policies/hardening.yaml'))
  const created = stopgap('server', 'create', 'ex01', '--exchange', '15.1.2507.6')
  t.is(created.status, 0, created.stderr)
  const common = ['--source', 'policy', '--server', 'ex01', '--state', 'state']
  const plan = stopgap('plan', ...common, '--json')
  t.is(plan.status, 2, plan.stdout + plan.stderr)
  const [server] = JSON.parse(plan.stdout).servers
  t.true(server.plan.changes.length > 0)
  const applied = stopgap('apply', ...common, '--yes')
  t.is(applied.status, 0, applied.stdout + applied.stderr)
  const config = readFileSync(join(HOME, 'ex01/C/inetpub/wwwroot/web.config'), 'utf8')
  t.true(config.includes('Stopgap M1'))
  t.is(stopgap('plan', ...common).status, 0)
  t.is(stopgap('status', ...common).status, 0)
})

installedTest(`schemas can be imported, the inside cannot${why}`, (t) => {
  const require = createRequire(join(HOME, 'index.js'))
  t.is(require('stopgap/schema/policy.schema.json').type, 'object')
  t.is(require('stopgap/package.json').version, VERSION)
  t.throws(() => require('stopgap/dist/cli.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
})

const old = oldNode()
const oldTest = old !== null && away === null ? test.serial : test.serial.skip
const noOld = old === null ? ' (skipped: no Node before 22.20 on this machine)' : why

oldTest(`with a Node that is too old it says which one it needs${noOld}`, (t) => {
  const done = ran(HOME, old ?? '', [join(INSTALLED, 'bin/stopgap.js'), 'plan'])
  t.is(done.status, 3)
  t.regex(done.stderr, /^stopgap needs Node 22\.20 or later; this is \d+\.\d+\.\d+\n$/)
  t.is(done.stdout, '')
})

/** The machine's own Node, where that is a Node that Stopgap does not run on. */
function oldNode(): string | null {
  for (const program of [process.env['npm_node_execpath'], '/usr/bin/node', '/usr/local/bin/node']) {
    if (program === undefined || !existsSync(program)) continue
    const version = /^v(\d+)\.(\d+)/.exec(ran(tmpdir(), program, ['--version']).stdout)
    if (
      version !== null &&
      (Number(version[1]) < 22 || (Number(version[1]) === 22 && Number(version[2]) < 20))
    )
      return program
  }
  return null
}
