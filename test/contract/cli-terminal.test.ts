import { spawn, spawnSync } from 'node:child_process'
import test from 'ava'
import { LAUNCHER } from '../helpers/cli.ts'
import { ROOT } from '../helpers/code.ts'
import { workplace } from '../helpers/workplace.ts'

const hasScript = spawnSync('script', ['--version']).status === 0
const onTerminals = hasScript ? test : test.skip
const unless = hasScript ? '' : ' (there is no script(1) to make a terminal with)'

/** What a person sees who types this on a terminal, and answers its question so. */
async function typed(
  cwd: string,
  args: string,
  { answer = '', env = {} }: { answer?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ readonly text: string; readonly code: number | null }> {
  const { NO_COLOR: _, ...rest } = process.env
  const command = `'${process.execPath}' '${LAUNCHER}' ${args}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd, env: { ...rest, ...env } })
  let text = ''
  let asked = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (asked || !text.includes('[y/N]')) return
    asked = true
    child.stdin.write(`${answer}\n`)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { text, code }
}

onTerminals(`colours on a terminal, none in a pipe or where NO_COLOR says so${unless}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  t.true((await typed(place.folder, 'plan')).text.includes('\u001b['))
  t.false((await typed(place.folder, 'plan', { env: { NO_COLOR: '1' } })).text.includes('\u001b['))
  t.false((await place.run('plan')).stdout.includes('\u001b['))
})

onTerminals(
  `sentences of lint and test fit a terminal, what is to be pasted is left whole${unless}`,
  async (t) => {
    for (const args of ['lint --mitigation M1', 'test --mitigation M1']) {
      const { text } = await typed(ROOT, args, { env: { NO_COLOR: '1' } })
      const long = text.split('\r\n').filter((line) => line.startsWith('  ') && line.length > 80)
      t.deepEqual(
        long.filter((line) => !/^ +(?:- name|request): /.test(line)),
        [],
        args,
      )
    }
  },
)

onTerminals(`apply shows the plan and asks; only yes is yes${unless}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  const before = await place.read('ex01')
  const no = await typed(place.folder, 'apply', { answer: 'n' })
  t.regex(no.text, /Stopgap M1 PowerShell - inbound/)
  t.regex(no.text, /Nothing was written/)
  t.true(before.equals(await place.read('ex01')))
  const yes = await typed(place.folder, 'apply', { answer: 'y' })
  t.is(yes.code, 0)
  t.regex(yes.text, /1 change applied/)
  t.false(before.equals(await place.read('ex01')))
})

test('help for each command and for nothing that is not built', async (t) => {
  const run = (...args: string[]) => spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8' })
  const whole = run('--help')
  t.is(whole.status, 0)
  t.is(whole.stderr, '')
  for (const name of ['override', 'release', 'fix']) {
    t.false(whole.stdout.includes(`\n  ${name}`))
    const help = run(name, '--help')
    t.is(help.status, 3, name)
    t.is(help.stdout, '')
  }
  for (const name of [
    'validate',
    'plan',
    'apply',
    'run',
    'allow',
    'accept',
    'status',
    'explain',
    'log',
    'demo',
  ]) {
    const help = run(name, '--help')
    t.is(help.status, 0, name)
    t.true(help.stdout.startsWith(`Usage: stopgap ${name}`), name)
  }
  t.true(run('server', 'create', '--help').stdout.includes('--without <part>'))
})
