import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { ROOT, workplace } from '../helpers/workplace.ts'

const RECORD = 'C/ProgramData/Stopgap/record.json'

test('a server of another instance is said to be so, held, and taken over by name; the journal knows from whom', async (t) => {
  const place = await workplace(t, ['ex01'])
  t.is((await place.run('apply', '--yes')).code, 0)
  const { instance } = JSON.parse((await place.read('ex01', RECORD)).toString())
  const other = ['--state', './other', '--json']
  const idle = await place.run('apply', ...other)
  t.is(idle.code, 0, 'there is nothing to write')
  t.regex(JSON.parse(idle.stdout).servers[0].warnings[0], /another Stopgap instance/)

  const site = join(place.folder, 'servers', 'ex01', ROOT)
  const text = (await place.read('ex01')).toString()
  await writeFile(site, text.replace(/<rule name="Stopgap M1[\s\S]*?<\/rule>/, ''))
  const held = await place.run('apply', ...other)
  t.is(held.code, 4)
  t.is(JSON.parse(held.stdout).servers[0].plan.held[0].reason, 'other-owner')
  t.is((await place.run('apply', ...other, '--take-over', 'EX01')).code, 0)
  t.not(JSON.parse((await place.read('ex01', RECORD)).toString()).instance, instance)
  const lines = (await place.run('log', ...other)).stdout.trim().split('\n')
  const entry = lines.map((line) => JSON.parse(line)).find(({ is }) => is === 'take-over')
  t.like(entry, { server: 'ex01', from: instance })
})

test('the state folder is for its user alone, and every line of the journal says when, what, why and who', async (t) => {
  const place = await workplace(t, ['ex01'])
  t.is((await place.run('apply', '--yes')).code, 0)
  t.is((await stat(place.state)).mode & 0o777, 0o700)
  const text = await readFile(join(place.state, 'journal.ndjson'), 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.deepEqual(
    lines.map(({ is }) => is),
    ['revision', 'plan', 'change'],
  )
  for (const { at, revision, actor } of lines) {
    t.regex(at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    t.regex(revision, /^main@sha1:[0-9a-f]{40}$/)
    t.regex(actor, /./)
  }
  t.like(lines[2], { server: 'ex01', cause: 'pending', result: 'applied', mitigations: ['M1'] })
  t.regex(lines[2].reason, /policy baseline selects it/)
  const copies = await readdir(join(place.state, 'servers', 'ex01'))
  t.true(copies.includes('record.json'), 'a copy of the record, for status')
})
