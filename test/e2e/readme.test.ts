import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readConfig } from '../../reconciler/config.ts'
import { LAUNCHER, paste, startCli, until } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { gitEnv } from '../helpers/git.ts'

const ROOT = join(import.meta.dirname, '../..')
const text = await readFile(join(ROOT, 'README.md'), 'utf8')

/** Exit codes of lines that do not end with 0: plan has work then, and audited changes are held. */
const CODES: Readonly<Record<string, number>> = {
  'npx stopgap plan': 2,
  'npx stopgap apply': 4,
}

/** The lines of the block of commands below this heading. */
function commands(heading: string): readonly string[] {
  const section = text.split(/^## /m).find((one) => one.startsWith(heading)) ?? ''
  return (/```sh\n([\s\S]*?)```/.exec(section)?.at(1) ?? '').trim().split('\n')
}

test('the way to a real repository works as it is written, line by line', async (t) => {
  const folder = await temporaryFolder(t)
  for (const name of ['mitigations', 'policies', 'stopgap.sample.yaml'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true })
  const identity = Object.entries(gitEnv).filter(([name]) => /^GIT_(AUTHOR|COMMITTER)/.test(name))
  const exported = identity.map(([name, value]) => `export ${name}='${value}'\n`).join('')
  const lines = commands('Point it at a real repository')
  t.is(lines.at(-1), 'npx stopgap run')
  for (const line of lines.slice(0, -1)) {
    const ended = await paste(folder, exported + line.replace('npx stopgap', `node '${LAUNCHER}'`))
    const wanted = CODES[line] ?? 0
    t.is(ended.code, wanted, `${line}\n${ended.stdout}${ended.stderr}`)
  }
  const daemon = startCli(t, folder, 'run', '--listen', '127.0.0.1:0')
  const passes = () => daemon.stderr.match(/pass ended: \w+","server":"ex0[12]"/g)?.length === 2
  await until('it looks after both', passes, { seen: () => daemon.stderr })
  t.is((await daemon.interrupt()).code, 0)
})

test('what it links to is there', async (t) => {
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '')
  t.true(links.length > 3)
  for (const link of links) await t.notThrowsAsync(readFile(join(ROOT, link)), link)
})

test('the sample configuration is valid and says the defaults', async (t) => {
  const world = {
    cwd: ROOT,
    read: (path: string) => readFile(path),
    resolve: (...parts: readonly string[]) => parts.at(-1) ?? '',
    dirname: () => ROOT,
  }
  const sample = await readConfig({ config: join(ROOT, 'stopgap.sample.yaml') }, world)
  const bare = await readConfig({ source: sample.source.remotes[0], server: ['./servers/ex01'] }, world)
  t.deepEqual({ ...sample, servers: [], retireAfter: 0, file: null }, { ...bare, servers: [] })
  t.is(sample.retireAfter, 24 * 3_600_000)
})
