import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { install, planTime } from './cold-start.ts'
import { editTimes, largeConfiguration } from './configuration-text.ts'
import { convergence } from './convergence.ts'
import { type Estate, makeEstate } from './estate.ts'
import { evaluatorSpeed } from './evaluator.ts'
import { floors } from './floors.ts'
import { median } from './measure.ts'
import { xmlstarletTime } from './other-tools.ts'
import { passCosts } from './passes.ts'
import { residence } from './resident.ts'
import { sshSpeed } from './ssh.ts'
import { type Figure, tableOf } from './table.ts'

// `npm run bench`: every figure that the project promises, measured on this machine, in some minutes.

const RUNS = 5
/** What every server of an estate has, unless growth is what is shown. */
const MITIGATIONS = 30

const root = mkdtempSync(join(tmpdir(), 'stopgap-bench-'))

/** An estate with the shipped mitigations and as many more as are missing, in a folder of its own. */
function estateOf(name: string, servers: number): Promise<Estate> {
  return makeEstate(join(root, name), { servers, mitigations: MITIGATIONS, shipped: true })
}

function print(title: string, figures: readonly Figure[]): void {
  process.stdout.write(`\n${title}\n${tableOf(figures)}\n`)
}

function printMachine(): void {
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' }).trim().replace('git version', 'git')
  const load = loadavg().map((one) => one.toFixed(1))
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  process.stdout.write(
    `${cpus().length} x ${model}, ${(totalmem() / 1e9).toFixed(0)} GB, ${process.platform} ${process.arch}\n` +
      `node ${process.versions.node}, ${git}; load ${load.join(' ')}; medians of ${RUNS} runs\n`,
  )
}

async function starts(estate: Estate): Promise<void> {
  const floor = await floors(estate, RUNS)
  const { built, sources } = install(join(root, 'installed'))
  print('plan from a cold start, one server, 30 mitigations', [
    { what: 'node -e 0', value: floor.node, unit: 'ms' },
    { what: 'git ls-remote of the same repository', value: floor.git, unit: 'ms' },
    { what: 'plan, built', value: await planTime(built, estate, RUNS), unit: 'ms', target: 400 },
    {
      what: 'plan, straight from the sources',
      value: await planTime(sources, estate, RUNS),
      unit: 'ms',
      target: 800,
    },
  ])
  const { quiet, full } = await passCosts(estate, 4 * RUNS)
  print('a pass over one server, 30 mitigations, within the daemon', [
    { what: 'reading and hashing all its files', value: floor.files, unit: 'ms' },
    { what: 'nothing moved', value: quiet.wall, unit: 'ms', target: 20, remark: cpu(quiet) },
    { what: 'evaluated anew, nothing to change', value: full.wall, unit: 'ms', remark: cpu(full) },
  ])
}

function cpu({ cpu: milliseconds }: { readonly cpu: number }): string {
  return `${milliseconds.toFixed(1)} ms of processor time`
}

async function configurationText(): Promise<void> {
  const figures: Figure[] = []
  for (const [locations, megabytes] of [
    [11_500, 1.25],
    [23_000, 2.5],
    [46_000, 5],
  ] as const) {
    const text = largeConfiguration(locations)
    const whole = median(Array.from({ length: RUNS }, () => editTimes(text).whole))
    const last = megabytes === 5
    figures.push({
      what: `${megabytes} MB: read, edited, checked`,
      value: whole,
      unit: 'ms',
      ...(last ? { target: 1_000 } : {}),
    })
    if (!last) continue
    const other = await xmlstarletTime(text, RUNS)
    if (other !== null) figures.push({ what: `${megabytes} MB: xmlstarlet ed`, value: other, unit: 'ms' })
  }
  print('one edit of a configuration file', figures)
}

function evaluator(): void {
  const { rules, requests, ...speed } = evaluatorSpeed(RUNS)
  const remark = `${requests} different requests, each under a time limit`
  print(`evaluations of ${rules} shipped rules`, [
    { what: 'requests', value: speed.inbound, unit: '/s', target: 10_000, remark },
    { what: 'responses, headers only', value: speed.outbound, unit: '/s', target: 10_000 },
    { what: 'responses, and 100 links of each page', value: speed.body, unit: '/s' },
  ])
}

async function growth(): Promise<void> {
  const figures: Figure[] = []
  for (const servers of [10, 100, 1_000]) {
    const estate = servers === 1_000 ? thousand : await estateOf(`servers-${servers}`, servers)
    const { quiet } = await passCosts(await estate, RUNS)
    figures.push({
      what: `${servers} servers, 30 mitigations, nothing moved`,
      value: quiet.wall,
      unit: 'ms',
      remark: `${(quiet.wall / servers).toFixed(2)} ms a server, ${cpu(quiet)}`,
    })
  }
  for (const mitigations of [10, 100, 1_000]) {
    const size = { servers: 1, mitigations, shipped: false }
    const { full } = await passCosts(await makeEstate(join(root, `mitigations-${mitigations}`), size), RUNS)
    figures.push({
      what: `1 server, ${mitigations} mitigations, evaluated anew`,
      value: full.wall,
      unit: 'ms',
      remark: `${(full.wall / mitigations).toFixed(2)} ms a mitigation, ${cpu(full)}`,
    })
  }
  print('how the cost of a sweep grows', figures)
}

const thousand = await estateOf('servers-1000', 1_000)

async function daemon(): Promise<void> {
  const { ready, memory, scrape, size } = await residence(thousand, RUNS)
  print('1 000 servers, 30 mitigations, in one process started by bin/stopgap.js', [
    { what: 'from its start to a pass over each server', value: ready / 1000, unit: 's', remark: 'one run' },
    ...(memory === null
      ? []
      : [{ what: 'resident memory at its highest', value: memory, unit: 'MB', target: 400 } as const]),
    { what: 'a scrape', value: scrape, unit: 'ms', target: 1_000 },
    { what: 'size of a scrape', value: size, unit: 'MB', target: 15 },
  ])
}

async function commits(): Promise<void> {
  const one = await convergence(await estateOf('commit-1', 1), RUNS)
  const hundred = await convergence(await estateOf('commit-100', 100), RUNS)
  print('from a commit in a watched repository until all servers have converged', [
    { what: '1 server', value: one, unit: 'ms', target: 1_000 },
    { what: '100 servers', value: hundred / 1000, unit: 's', target: 10 },
  ])
}

async function overSsh(): Promise<void> {
  const speed = await sshSpeed(root)
  if (speed === null) return
  print('a Windows server by SSH: a real sshd on loopback, a stand-in for PowerShell', [
    { what: 'connecting, and a first look at 20 files', value: speed.first, unit: 'ms', remark: 'one run' },
    { what: 'a look at 20 files that did not change', value: speed.again, unit: 'ms', target: 60 },
    { what: 'the same without SSH', value: speed.without, unit: 'ms' },
  ])
}

try {
  printMachine()
  await starts(await estateOf('one', 1))
  await commits()
  await overSsh()
  await configurationText()
  evaluator()
  await daemon()
  await growth()
} finally {
  rmSync(root, { recursive: true, force: true })
}
