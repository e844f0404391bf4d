import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { GROUPS } from '../reconciler/commands/table/table.ts'
import { kinds } from '../reconciler/kinds/registry.ts'
import { ALLOWABLE } from '../reconciler/model/advice.ts'
import { STATES } from '../reconciler/model/plan.ts'
import { HELD_REASONS } from '../reconciler/model/resource.ts'
import { VERDICTS } from '../reconciler/model/verdict.ts'
import { Metrics } from '../reconciler/reporters/metrics.ts'
import { cli } from './helpers/cli.ts'
import { ROOT } from './helpers/code.ts'
import { temporaryFolder } from './helpers/folder.ts'

const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** First words of the rows of tables below a heading, without backticks. */
function rows(path: string, heading: string): readonly string[] {
  const section = page(path).split(`${heading}\n`)[1]?.split(/^#+ /m)[0] ?? ''
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, first]) => first ?? '')
}

/** As headings become anchors on git servers. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')
}

test('the page of commands has every command and every flag of the help, and no others', async (t) => {
  const folder = await temporaryFolder(t)
  const help = async (...words: readonly string[]) => (await cli(folder, ...words, '--help')).stdout
  const listed = (text: string) =>
    [...(text.split('Commands:\n')[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name ?? '')
  const top = listed(await help()).filter((name) => name !== 'help')
  const all = top.filter((name) => !Object.hasOwn(GROUPS, name))
  for (const group of Object.keys(GROUPS)) {
    const below = listed(await help(group)).filter((name) => name !== 'help')
    all.push(...below.map((name) => `${group} ${name}`))
  }
  const named = rows('docs/commands.md', '# The command line').map((row) => row.replace(/ [A-Z[].*/, ''))
  t.deepEqual(named.toSorted(), all.toSorted())
  const text = page('docs/commands.md')
  for (const name of all) {
    const flags = [...(await help(...name.split(' '))).matchAll(/ (--[a-z-]+)/g)].map(
      ([, flag]) => flag ?? '',
    )
    for (const flag of flags.filter((one) => one !== '--help' && one !== '--version'))
      t.true(text.includes(`\`${flag}`), `${name} ${flag}`)
  }
})

test('every reason to hold a change is explained, and those that allow releases say so', (t) => {
  const path = 'docs/commands.md'
  t.deepEqual(rows(path, '## What a plan holds, and what to do').toSorted(), [...HELD_REASONS].toSorted())
  for (const reason of HELD_REASONS) {
    const row = page(path)
      .split('\n')
      .find((line) => line.startsWith(`| \`${reason}\` |`))
    t.is(row?.includes('by `allow`'), ALLOWABLE.has(reason), reason)
  }
})

test('the language has every verdict in order, every state, worst first, and every kind', (t) => {
  const path = 'docs/policy-language.md'
  t.deepEqual(rows(path, '## What becomes of it: the verdict'), [...VERDICTS])
  t.deepEqual(rows('docs/glossary.md', '## The verdicts, in their order'), [...VERDICTS])
  t.deepEqual(rows(path, '### The state of a resource'), [...STATES])
  for (const { name } of kinds)
    t.true(page(path).includes(`[${name}](../reconciler/kinds/${name}/README.md)`), name)
})

test('the page of the daemon has every metric, and no others', async (t) => {
  const there = [...(await new Metrics('1').text()).matchAll(/^# HELP (stopgap_\w+)/gm)].map(
    ([, name]) => name,
  )
  const named = [...page('docs/daemon.md').matchAll(/`(stopgap_\w+)/g)].map(([, name]) => name)
  t.deepEqual(named.toSorted(), there.toSorted())
})

test('every link within the documentation leads somewhere', (t) => {
  const pages = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]
  for (const kind of kinds) pages.push(`reconciler/kinds/${kind.name}/README.md`)
  for (const from of pages) {
    for (const [, to = ''] of page(from).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(to)) continue
      const [path = '', at] = to.split('#')
      const file = path === '' ? from : join(dirname(from), path)
      t.true(existsSync(join(ROOT, file)), `${from}: ${to}`)
      if (at === undefined) continue
      const headings = [...page(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading ?? ''))
      t.true(headings.includes(at), `${from}: ${to}`)
    }
  }
})
