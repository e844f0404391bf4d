import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readConfig } from '../reconciler/config.ts'
import { parseYaml } from '../reconciler/formats/yaml.ts'
import { Metrics } from '../reconciler/reporters/metrics.ts'
import { VERSION } from '../reconciler/version.ts'
import { ROOT } from './helpers/code.ts'
import { temporaryFolder } from './helpers/folder.ts'

const CHARTS = join(ROOT, 'charts')
const PROMETHEUS = join(CHARTS, 'prometheus')

function works(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0
}

const hasPromtool = works('promtool', '--version')
const promtoolTest = hasPromtool ? test : test.skip
const noPromtool = hasPromtool ? '' : ' (skipped: no promtool here)'
const hasHelm = works('helm', 'version')
const helmTest = hasHelm ? test : test.skip
const noHelm = hasHelm ? '' : ' (skipped: no helm here)'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary?: string; readonly description?: string }
}

// Our own reader has no block scalars to fear here: what it refuses has no place in these files either.
function yaml(file: string): unknown {
  const { documents, faults } = parseYaml(readFileSync(join(CHARTS, file), 'utf8'))
  if (faults.length > 0) throw new Error(`${file}: ${faults[0]?.message}`)
  return documents[0]?.value
}

function rules(): readonly Rule[] {
  const { groups } = yaml('prometheus/rules.yaml') as { groups: readonly { rules: readonly Rule[] }[] }
  return groups.flatMap((group) => group.rules)
}

/** Every expression of the dashboard, with what Grafana would put in for its variables. */
function expressions(): readonly string[] {
  const found: string[] = []
  const dashboard = JSON.parse(readFileSync(join(CHARTS, 'grafana/stopgap.json'), 'utf8'), (key, value) => {
    if (key === 'expr')
      found.push(
        String(value)
          .replace(/\$__\w*interval/g, '5m')
          .replace(/\$\w+/g, '.*'),
      )
    return value
  })
  if (dashboard.uid !== 'stopgap') throw new Error('this is another dashboard')
  return found
}

/** The families that `/metrics` has, and what Prometheus makes of a histogram. */
async function families(): Promise<ReadonlySet<string>> {
  const text = await new Metrics(VERSION).text()
  const names = new Set<string>()
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    names.add(name)
    if (type === 'histogram') for (const end of ['_bucket', '_sum', '_count']) names.add(name + end)
  }
  return names
}

function metricsIn(expression: string): readonly string[] {
  return expression.replace(/"[^"]*"/g, '').match(/\b(?:stopgap|process|nodejs)_\w+/g) ?? []
}

test('alerts and dashboard ask only for metrics that there are', async (t) => {
  const known = await families()
  t.true(known.has('stopgap_exposed') && known.has('stopgap_reconcile_duration_seconds_bucket'))
  const all = [...rules().map(({ expr }) => expr), ...expressions()]
  t.true(all.length > 40)
  for (const expression of all) {
    t.true(metricsIn(expression).length > 0, expression)
    for (const name of metricsIn(expression)) t.true(known.has(name), `${name} in ${expression}`)
  }
})

test('every alert says how much it matters, what is wrong and what to do, and has a test', (t) => {
  const tests = readFileSync(join(PROMETHEUS, 'rules.test.yaml'), 'utf8')
  for (const { alert, labels, annotations } of rules()) {
    t.regex(labels.severity, /^(critical|warning|info)$/, alert)
    t.true((annotations.summary ?? '').length > 10 && (annotations.description ?? '').length > 30, alert)
    t.true(
      tests.includes(`alertname="${alert}"`) || tests.includes(`alertname: ${alert}`),
      `${alert} has no test`,
    )
  }
})

promtoolTest(`promtool accepts the rules, and they fire when they should${noPromtool}`, (t) => {
  t.timeout(60_000)
  for (const args of [
    ['check', 'rules', 'rules.yaml'],
    ['test', 'rules', 'rules.test.yaml'],
  ]) {
    const done = spawnSync('promtool', args, { cwd: PROMETHEUS, encoding: 'utf8' })
    t.is(done.status, 0, done.stdout + done.stderr)
  }
})

promtoolTest(`every expression of the dashboard is PromQL${noPromtool}`, async (t) => {
  const file = join(await temporaryFolder(t), 'rules.yaml')
  const recorded = (list: readonly string[]) => ({
    groups: [{ name: 'dashboard', rules: list.map((expr, index) => ({ record: `panel:${index}`, expr })) }],
  })
  const check = (list: readonly string[]) => {
    writeFileSync(file, JSON.stringify(recorded(list)))
    return spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })
  }
  const done = check(expressions())
  t.is(done.status, 0, done.stdout + done.stderr)
  t.not(check(['sum(stopgap_exposed']).status, 0)
})

test('panels of the dashboard have names of their own and do not overlap', (t) => {
  const { panels } = JSON.parse(readFileSync(join(CHARTS, 'grafana/stopgap.json'), 'utf8'))
  const cells = new Set<string>()
  for (const { title, gridPos: at } of panels) {
    for (let x = at.x; x < at.x + at.w; x++) {
      for (let y = at.y; y < at.y + at.h; y++) {
        t.false(cells.has(`${x} ${y}`), `${title} lies on another`)
        cells.add(`${x} ${y}`)
      }
    }
    t.true(at.x + at.w <= 24, title)
  }
  for (const field of ['id', 'title']) {
    t.is(new Set(panels.map((panel: Record<string, unknown>) => panel[field])).size, panels.length, field)
  }
})

test('the chart has the version of Stopgap', (t) => {
  const chart = yaml('stopgap/Chart.yaml') as { version: string; appVersion: string }
  t.deepEqual([chart.version, chart.appVersion], [VERSION, VERSION])
})

test('every value that a template asks for has a default, and every default is asked for', (t) => {
  const values = yaml('stopgap/values.yaml') as Record<string, unknown>
  const folder = join(CHARTS, 'stopgap/templates')
  const text = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')
  const asked = [...new Set(text.match(/(?<=\.Values\.)[\w.]+/g) ?? [])]
  for (const path of asked) {
    let value: unknown = values
    for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
    t.not(value, undefined, path)
  }
  for (const name of Object.keys(values))
    t.true(
      asked.some((path) => path.split('.')[0] === name),
      name,
    )
})

test('the configuration that the chart comes with is one that Stopgap reads', async (t) => {
  const { config } = yaml('stopgap/values.yaml') as { config: Record<string, unknown> }
  const read = await readConfig(
    { config: 'stopgap.yaml' },
    {
      cwd: '/etc/stopgap',
      read: async () => Buffer.from(JSON.stringify({ ...config, state: 'state', listen: '0.0.0.0:9464' })),
      resolve: (...parts) => parts.at(-1)!,
      dirname: () => '/etc/stopgap',
    },
  )
  t.is(read.retireAfter, 86_400_000)
  t.deepEqual(read.listen, { host: '0.0.0.0', port: 9464 })
})

helmTest(`helm accepts the chart with everything switched on, and with nothing${noHelm}`, (t) => {
  const on = ['serviceMonitor.enabled=true', 'networkPolicy.enabled=true', 'git.existingSecret=git'].join(',')
  const lint = spawnSync('helm', ['lint', '--strict', 'stopgap'], { cwd: CHARTS, encoding: 'utf8' })
  t.is(lint.status, 0, lint.stdout + lint.stderr)
  const kinds = (set: string) => {
    const done = spawnSync('helm', ['template', 'r', 'stopgap', '--set', set], {
      cwd: CHARTS,
      encoding: 'utf8',
    })
    t.is(done.status, 0, done.stderr)
    return [...done.stdout.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind).sort()
  }
  t.deepEqual(kinds(on), [
    'ConfigMap',
    'Deployment',
    'NetworkPolicy',
    'PersistentVolumeClaim',
    'Service',
    'ServiceMonitor',
  ])
  t.deepEqual(kinds('persistence.enabled=false'), ['ConfigMap', 'Deployment', 'Service'])
})
