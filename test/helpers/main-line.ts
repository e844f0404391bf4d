import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Target } from '../../reconciler/model/target.ts'
import { digestOfJson } from '../../reconciler/util/digest.ts'
import { ROOT } from './embedded-server.ts'
import {
  changesOf,
  enforcing,
  type Files,
  type Line,
  line,
  mitigationText,
  outcomesOf,
  policyText,
  services,
  statesOf,
} from './line.ts'

/** Rules, a module, services, a pool: one of everything that takes a way of its own. */
export const ALL: Files = {
  ...enforcing('PING1', 'M1', 'M2', 'TokenCacheModule'),
  'mitigations/UM.yaml': mitigationText('UM', services('MSExchangeUMCR', 'MSExchangeUM')),
  'mitigations/ECP.yaml': mitigationText(
    'ECP',
    '    - { kind: app-pool, name: MSExchangeECPAppPool, autoStart: false, state: Stopped }',
  ),
  'policies/all.yaml': policyText(
    'all',
    '{ mitigations: [PING1, M1, M2, TokenCacheModule, UM, ECP], mode: enforce }',
  ),
}

/** The rule of M1 switched off, as a hand would. */
export function disabled(text: string): string {
  return text.replace('<rule name="Stopgap', '<rule enabled="false" name="Stopgap')
}

/** A line over a folder that has reached the state that these files ask for. */
export async function converged(t: ExecutionContext, files: Files): Promise<Line> {
  const one = await line(t)
  one.commit(files)
  await one.pass()
  return one
}

/** What a server is in the end: the bytes of its files, but for server.json what it says, however that is written. */
async function stateOf(one: Line): Promise<{ readonly [path: string]: string }> {
  const said: unknown = JSON.parse(await readFile(join(one.dir, 'server.json'), 'utf8'))
  return { ...(await one.files()), '/server.json': digestOfJson(said) }
}

/** Everything is put, held against drift and taken back through this target exactly as on an embedded server. */
export async function mainLine(t: ExecutionContext, reach: (dir: string) => Target): Promise<void> {
  const one = await line(t)
  one.target = reach(one.dir)
  t.teardown(() => one.target.close())
  const before = await stateOf(one)
  one.commit(ALL)
  const planned = (await one.plan()).report
  t.deepEqual(await stateOf(one), before, 'a plan writes nothing')
  const first = await one.pass()
  t.is(first.result, 'changed')
  t.deepEqual(Object.keys(changesOf(first)), Object.keys(changesOf(planned)))
  t.is(Object.keys(changesOf(first)).length, 6)
  t.deepEqual([...new Set(Object.values(outcomesOf(first)))], ['applied'])
  t.deepEqual([...new Set(Object.values(statesOf(first)))], ['in-sync'])
  const good = await stateOf(one)
  t.deepEqual(good, await stateOf(await converged(t, ALL)))
  t.is((await one.pass()).result, 'converged')

  await one.edit(ROOT, disabled)
  t.is(statesOf((await one.plan()).report)['M1'], 'drifted')
  t.is((await one.pass()).result, 'changed')
  t.deepEqual(await stateOf(one), good)

  one.commit({ ...ALL, 'policies/all.yaml': policyText('all', '{ mitigations: [PING1], mode: enforce }') })
  const held = (await one.pass()).plan
  await one.allow(held?.id ?? '')
  await one.pass()
  t.deepEqual(await stateOf(one), before, 'every byte is back')
}
