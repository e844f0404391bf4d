import { spawnSync } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { addressIn, type Running, startCli, until } from '../helpers/cli.ts'
import { policyFiles, ROOT, type Workplace, workplace } from '../helpers/workplace.ts'

const GUARD = `apiVersion: stopgap/v1
kind: Mitigation
metadata: { name: Guard }
spec:
  title: Keeps M1 from being the last protection.
  severity: low
  permanent: For tests no build has the fix.
  resources: [{ kind: service, name: MSExchangePop3, startType: Disabled, status: Stopped }]
---
apiVersion: stopgap/v1
kind: Block
metadata: { name: later }
spec:
  servers: { names: [ex02] }
  mitigations: [Guard]
  reason: POP3 is in use there.
  owner: team@contoso.example
  expires: "2099-12-31"
---
apiVersion: stopgap/v1
kind: Server
metadata: { name: ex02 }
spec: {}
---
apiVersion: stopgap/v1
kind: Policy
metadata: { name: guard }
spec: { mitigations: [Guard] , mode: enforce }
`

class Daemon {
  readonly running: Running
  readonly #address: string

  constructor(running: Running, address: string) {
    this.running = running
    this.#address = address
  }

  /** A connection that the server just closes for idleness is tried again; so is nothing else. */
  async metrics(): Promise<string> {
    const ask = () => fetch(`${this.#address}/metrics`)
    const response = await ask().catch(ask)
    return response.text()
  }

  /** Waits until these lines are among the metrics. */
  async shows(...lines: readonly string[]): Promise<void> {
    let missing: readonly string[] = lines
    const look = async () => {
      const all = new Set((await this.metrics()).split('\n'))
      missing = lines.filter((line) => !all.has(line))
      return missing.length === 0
    }
    await until('the metrics say so', look, { seen: () => `missing: ${missing.join('\n')}` })
  }

  /** Waits until no series begins so any more. */
  async lacks(start: string): Promise<void> {
    const look = async () => !(await this.metrics()).includes(`\n${start}`)
    await until(`${start} is gone`, look)
  }
}

async function daemon(t: ExecutionContext, place: Workplace): Promise<Daemon> {
  const running = startCli(t, place.folder, 'run', '--listen', '127.0.0.1:0')
  const address = await addressIn(place.state, () => running.stderr)
  await until('it is ready', async () => (await fetch(`${address}/readyz`)).ok, {
    seen: () => running.stderr,
  })
  return new Daemon(running, address)
}

const revision = (state: string, oid: string) =>
  `stopgap_revision_info{state="${state}",revision="main@sha1:${oid}"} 1`

test('each situation shows in its metrics, and what is gone takes its series along', async (t) => {
  const place = await workplace(t)
  await place.commit({ 'mitigations/Guard.yaml': GUARD })
  const one = await daemon(t, place)

  await one.shows(
    'stopgap_exposed{server="ex01",mitigation="M1"} 0',
    'stopgap_exposed{server="ex02",mitigation="Guard"} 1',
    'stopgap_mitigation_info{server="ex02",mitigation="Guard",verdict="blocked",state="absent"} 1',
    'stopgap_catalogue_info{mitigation="Guard",severity="low"} 1',
    `stopgap_block_expires_timestamp_seconds{block="later"} ${Date.UTC(2100, 0, 1) / 1000}`,
    'stopgap_changes_total{server="ex01",cause="pending",result="applied"} 2',
    'stopgap_changes_total{server="ex01",cause="expired",result="not-attempted"} 0',
    'stopgap_reconciles_total{server="ex01",result="unreachable"} 0',
    'stopgap_server_current{server="ex01"} 1',
    'stopgap_server_setup{server="ex01"} 0',
  )

  // A hand takes the rule out of the file.
  const site = join(place.folder, 'servers', 'ex01', ROOT)
  const text = (await place.read('ex01')).toString()
  await writeFile(site, text.replace(/<rule name="Stopgap M1[\s\S]*?<\/rule>/, ''))
  await one.shows('stopgap_changes_total{server="ex01",cause="drift",result="applied"} 1')

  // Without M1's policy its rules go, but not from the server of which it is the last protection. It guards until then.
  await place.commit({ 'policies/baseline.yaml': `# nothing here\n` })
  await one.shows(
    'stopgap_held{server="ex02",reason="unprotects"} 1',
    'stopgap_server_current{server="ex02"} 0',
    'stopgap_mitigation_info{server="ex02",mitigation="M1",verdict="not-selected",state="held"} 1',
    'stopgap_exposed{server="ex02",mitigation="M1"} 0',
    'stopgap_exposed{server="ex01",mitigation="M1"} 1',
    'stopgap_server_current{server="ex01"} 1',
  )

  await place.commit({ ...policyFiles(), 'mitigations/Guard.yaml': `# nothing here\n` })
  await one.lacks('stopgap_block_expires_timestamp_seconds{')
  await one.lacks('stopgap_catalogue_info{mitigation="Guard"')
  await one.lacks('stopgap_held{')
  await one.lacks('stopgap_exposed{server="ex01",mitigation="Guard"}')

  await rename(join(place.folder, 'servers', 'ex02'), join(place.folder, 'servers', 'away'))
  await one.shows(
    'stopgap_server_up{server="ex02"} 0',
    'stopgap_server_current{server="ex02"} 0',
    'stopgap_server_up{server="ex01"} 1',
  )
  await rename(join(place.folder, 'servers', 'away'), join(place.folder, 'servers', 'ex02'))
  await one.shows('stopgap_server_up{server="ex02"} 1')
  t.is((await one.running.interrupt()).code, 0)
})

test('a refused revision is seen with its own time, and can be accepted beside the daemon', async (t) => {
  const place = await workplace(t, ['ex01'])
  const first = await place.git('rev-parse', 'HEAD')
  const time = Number(await place.git('log', '-1', '--format=%ct'))
  // Commit times are whole seconds, and these two have to differ.
  await until('the clock has moved on', () => Date.now() / 1000 > time + 1.5)
  const second = await place.commit({ 'README.md': 'more\n' })
  const later = Number(await place.git('log', '-1', '--format=%ct'))
  const one = await daemon(t, place)
  await one.shows(
    revision('applied', second),
    revision('seen', second),
    'stopgap_source_rejected{reason="rewound"} 0',
    'stopgap_source_rejected_total{reason="rewound"} 0',
    'stopgap_source_fetch_failures_total{reason="host-key"} 0',
  )
  await place.git('reset', '--quiet', '--hard', first)
  const refused = [
    revision('applied', second),
    revision('seen', first),
    `stopgap_revision_timestamp_seconds{state="applied"} ${later}`,
    `stopgap_revision_timestamp_seconds{state="seen"} ${time}`,
    'stopgap_source_rejected{reason="rewound"} 1',
    'stopgap_source_rejected_total{reason="rewound"} 1',
  ]
  await one.shows(...refused)
  const fetches = async () => Number(/^stopgap_source_fetches_total (\d+)$/m.exec(await one.metrics())?.[1])
  const looked = await fetches()
  await until('it was looked at twice more', async () => (await fetches()) >= looked + 2)
  await one.shows(...refused)

  t.is((await place.run('accept', `main@sha1:${first}`)).code, 0)
  await one.shows(
    revision('applied', first),
    'stopgap_source_rejected{reason="rewound"} 0',
    'stopgap_source_rejected_total{reason="rewound"} 1',
  )
  t.is((await one.running.interrupt()).code, 0)
})

const promtool = spawnSync('promtool', ['--version']).status === 0
const whereThereIsOne = promtool ? test : test.skip

whereThereIsOne(`promtool has nothing to say${promtool ? '' : ' (there is no promtool)'}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  const one = await daemon(t, place)
  const metrics = await one.metrics()
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' })
  t.is(stderr, '')
  t.is(status, 0)
  t.is((await one.running.interrupt()).code, 0)
})
