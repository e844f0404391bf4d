import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { kinds } from '../../reconciler/kinds/registry.ts'
import type { Target } from '../../reconciler/model/target.ts'
import { converge } from '../../reconciler/pipeline.ts'
import { load } from '../../reconciler/stages/load.ts'
import { verify } from '../../reconciler/stages/verify.ts'
import { openState } from '../../reconciler/state/folder.ts'
import { storesIn } from '../../reconciler/state/stores.ts'
import { embeddedTarget } from '../../reconciler/targets/embedded/target.ts'
import {
  bytesOf,
  faultEstate,
  POLICY,
  RECORD,
  SITE_FILE,
  SITE_RULE,
  TAKEN_BACK,
} from '../helpers/fault-estate.ts'
import { NOW, snapshotOf } from '../helpers/policy.ts'

const never = new AbortController().signal

/** The real target, and somebody who is at work in the moment between our look and our writing. */
function disturbed(target: Target, disturb: () => Promise<unknown>): Target {
  let done = false
  return {
    ...target,
    act: async (steps, then, signal) => {
      if (!done) await disturb()
      done = true
      return target.act(steps, then, signal)
    },
  }
}

async function line(t: ExecutionContext) {
  const estate = await faultEstate(t)
  const server = estate.server('ex01')
  const state = await openState(estate.state)
  const { stores, close } = storesIn(state, { actor: 'anna', now: () => NOW, exclusive: true })
  t.teardown(close)
  const pass = async (target: Target, files: Readonly<Record<string, string>>) => {
    const { catalogue } = load(verify(snapshotOf(files)), kinds, { now: NOW })
    const world = {
      catalogue,
      kinds,
      limits: { maxRemovals: 5, maxStops: 8, maxUnprotected: 2 },
      retireAfter: 0,
      now: { time: NOW, trusted: true },
      instance: stores.instance,
      unprotected: 0,
      only: null,
    }
    return (await converge(target, { world, stores }, never)).report
  }
  return { server, pass, target: embeddedTarget({ name: 'ex01', dir: server }) }
}

type Disturb = (path: string) => Promise<unknown>

/** Nothing of what somebody did in that moment is lost, and the next pass is made on top of it. */
const moved = test.macro(async (t, disturb: Disturb) => {
  const { server, pass, target } = await line(t)
  const path = join(server, SITE_FILE)
  const report = await pass(
    disturbed(target, () => disturb(path)),
    POLICY,
  )
  t.is(report.result, 'conflict')
  const site = report.outcome?.find(({ key }) => key === SITE_RULE)
  t.is(site?.result, 'failed')
  t.regex(site?.error ?? '', /web\.config/)
  const theirs = await readFile(path).catch(() => null)
  const next = await pass(target, POLICY)
  t.true(['changed', 'converged'].includes(next.result), JSON.stringify(next.outcome))
  const back = await pass(target, TAKEN_BACK)
  t.is(back.result, 'changed')
  t.deepEqual(await readFile(path).catch(() => null), theirs, 'what they left is there, to the byte')
})

test('a web.config that changes between look and write', moved, async (path) =>
  writeFile(
    path,
    (await readFile(path, 'utf8')).replace('</configuration>', '  <!-- theirs -->\r\n</configuration>'),
  ),
)
test('a web.config that vanishes between look and write', moved, (path) => rm(path))

test('a web.config that appears between look and write is not overwritten', async (t) => {
  const { server, pass, target } = await line(t)
  const path = join(server, SITE_FILE)
  await rm(path)
  const text = '<?xml version="1.0"?>\n<configuration>\n</configuration>\n'
  const report = await pass(
    disturbed(target, () => writeFile(path, text)),
    POLICY,
  )
  t.is(report.result, 'conflict')
  t.is(await readFile(path, 'utf8'), text)
  t.is((await pass(target, POLICY)).result, 'changed')
  t.is((await pass(target, TAKEN_BACK)).result, 'changed')
  t.is(await readFile(path, 'utf8'), text)
})

test('a folder that takes the place of a web.config between look and write stays', async (t) => {
  const { server, pass, target } = await line(t)
  const path = join(server, SITE_FILE)
  const text = await readFile(path)
  const report = await pass(
    disturbed(target, async () => {
      await rm(path)
      await mkdir(path)
    }),
    POLICY,
  )
  t.is(report.result, 'failed')
  t.regex(report.outcome?.find(({ key }) => key === SITE_RULE)?.error ?? '', /is not a file/)
  await rm(path, { recursive: true })
  await writeFile(path, text)
  t.is((await pass(target, POLICY)).result, 'changed')
})

test('a server that vanishes between look and write is unreachable, and goes on when it is there again', async (t) => {
  const { server, pass, target } = await line(t)
  const json = join(server, 'server.json')
  const text = await readFile(json)
  const before = await bytesOf(server, [RECORD])
  const error = await t.throwsAsync(
    pass(
      disturbed(target, () => rm(json)),
      POLICY,
    ),
  )
  t.like(error, { code: 'SERVER_MISSING' })
  await writeFile(json, text)
  t.deepEqual(await bytesOf(server, [RECORD]), before, 'nothing was written')
  t.is((await pass(target, POLICY)).result, 'changed')
  t.is((await pass(target, TAKEN_BACK)).result, 'changed')
  t.deepEqual(await bytesOf(server, [RECORD]), before)
})

test('a record that somebody writes between look and write is not overwritten, and nothing else is written', async (t) => {
  const { server, pass, target } = await line(t)
  const before = await bytesOf(server, [RECORD])
  const record = JSON.stringify({ version: 1, server: 'ex01', instance: 'another', owned: {}, made: {} })
  const report = await pass(
    disturbed(target, async () => {
      await mkdir(dirname(join(server, RECORD)), { recursive: true })
      await writeFile(join(server, RECORD), record)
    }),
    POLICY,
  )
  t.is(report.result, 'conflict')
  t.deepEqual(await bytesOf(server, [RECORD]), before)
  t.is(await readFile(join(server, RECORD), 'utf8'), record)
  const next = await pass(target, POLICY)
  t.is(next.result, 'held')
  t.true(next.plan?.held.every(({ reason }) => reason === 'other-owner'))
  t.deepEqual(await bytesOf(server, [RECORD]), before)
})
