import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { workplace } from '../helpers/workplace.ts'

const BAD = 'apiVersion: stopgap/v1\nkind: Bogus\nmetadata: { name: x }\n'

test('a source that failed is 1 although the last good revision was converged', async (t) => {
  const place = await workplace(t, ['ex01'])
  t.is((await place.run('apply', '--yes')).code, 0)
  await rename(place.repository, `${place.repository}.away`)
  for (const command of ['plan', 'apply', 'status']) t.is((await place.run(command)).code, 1, command)
  await rename(`${place.repository}.away`, place.repository)
  t.is((await place.run('apply')).code, 0)
  t.is((await place.run('status')).code, 0)
})

test('a refused revision is 3 although the last good one was converged, and is in the journal', async (t) => {
  const place = await workplace(t, ['ex01'])
  t.is((await place.run('apply', '--yes')).code, 0)
  const good = await place.git('rev-parse', 'HEAD')
  const bad = await place.commit({ 'policies/bad.yaml': BAD, 'policies/worse.yaml': 'x: 1\n' })
  const applied = await place.run('apply', '--json')
  t.is(applied.code, 3)
  t.is(JSON.parse(applied.stdout).revision, `main@sha1:${good}`)
  for (const command of ['plan', 'status']) {
    const { code, stdout, stderr } = await place.run(command)
    t.is(code, 3, command)
    for (const fault of ['bad.yaml:2:7', 'worse.yaml:1:1'])
      t.true(`${stdout}${stderr}`.includes(`policies/${fault}: error: `), `${command} names ${fault}`)
  }
  await place.run('apply')
  const { stdout } = await place.run('log', '--json')
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const told = lines.filter(({ is }) => is === 'revision' || is === 'refused')
  t.like(told[0], { is: 'revision', from: null, revision: `main@sha1:${good}` })
  t.like(told[1], { is: 'refused', revision: `main@sha1:${bad}` })
  t.is(told.length, 2, 'a refusal is written down once')
})

test('a server that was not reached is so in status too, with what was known of it', async (t) => {
  const place = await workplace(t)
  t.is((await place.run('apply', '--yes')).code, 0)
  const server = join(place.folder, 'servers', 'ex02')
  await rename(server, `${server}.away`)
  t.is((await place.run('apply')).code, 4, 'done in part')
  const status = await place.run('status', '--json')
  t.is(status.code, 4)
  const [one, two] = JSON.parse(status.stdout).servers
  t.is(one.result, 'converged')
  t.like(two, { result: 'unreachable', error: { code: 'SERVER_MISSING' } })
  t.like(two.mitigations[0], { name: 'M1', state: 'in-sync' })
  t.is((await place.run('status', '--only', 'ex02')).code, 1, 'none of those asked for')
  await rename(`${server}.away`, server)
  t.is((await place.run('apply')).code, 0)
  t.is((await place.run('status')).code, 0)
})

test('a rewound revision is accepted by its name or its hash, and nothing else is', async (t) => {
  const place = await workplace(t, ['ex01'])
  const first = await place.git('rev-parse', 'HEAD')
  await place.commit({ 'README.md': 'more\n' })
  t.is((await place.run('apply', '--yes')).code, 0)
  await place.git('reset', '--quiet', '--hard', first)
  t.is((await place.run('plan')).code, 3)
  const whole = await place.run('accept', first, '--json')
  t.deepEqual(JSON.parse(whole.stdout), { accepted: `main@sha1:${first}` }, 'a plan wrote nothing down')
  await rm(join(place.folder, 'state', 'accepted'), { recursive: true })
  t.is((await place.run('apply')).code, 3)
  const wrong = await place.run('accept', 'HEAD')
  t.is(wrong.code, 3)
  t.regex(wrong.stderr, new RegExp(`such as main@sha1:${first}`))
  const accepted = await place.run('accept', first.slice(0, 10), '--json')
  t.deepEqual(JSON.parse(accepted.stdout), { accepted: `main@sha1:${first}` })
  t.is((await place.run('apply')).code, 0)
})
