import { existsSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { LAUNCHER, Running, until } from '../helpers/cli.ts'
import { type Workplace, workplace } from '../helpers/workplace.ts'

const SCRIPT = '/usr/bin/script'
const there = existsSync(SCRIPT)
const onTerminal = there ? test.serial : test.serial.skip
const reason = there ? '' : ' (skipped: there is no script command to make a terminal with)'

/** Runs a command on a terminal of its own. */
function terminal(
  t: ExecutionContext,
  place: Workplace,
  command: string,
  env: NodeJS.ProcessEnv = {},
): Running {
  // Without exec a shell that stays in between (dash does) takes the Ctrl-C as its own, and its exit code is told.
  const line = `exec "${process.execPath}" "${LAUNCHER}" ${command}`
  const running = new Running(SCRIPT, ['-qec', line, '/dev/null'], place.folder, {
    NO_COLOR: undefined,
    ...env,
  })
  t.teardown(() => void running.child.kill('SIGKILL'))
  return running
}

async function asked(running: Running): Promise<void> {
  await until('it asks', () => running.stdout.includes('Write these changes? [y/N]'), {
    seen: () => running.stdout,
  })
}

onTerminal(`apply shows the plan and asks; anything but yes writes nothing${reason}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  const original = await place.read('ex01')
  // The last is Ctrl-D, the end of the input.
  for (const answer of ['n\n', '\n', 'perhaps\n', '\u0004']) {
    const running = terminal(t, place, 'apply')
    await asked(running)
    t.true(running.stdout.includes('\u001b['), 'in colours')
    running.child.stdin.write(answer)
    const { code, stdout } = await running.ended
    t.is(code, 0)
    t.regex(stdout, /Nothing was written\./)
  }
  t.true(original.equals(await place.read('ex01')))
  const running = terminal(t, place, 'apply')
  await asked(running)
  running.child.stdin.write('y\n')
  const { code, stdout } = await running.ended
  t.is(code, 0)
  t.regex(stdout, /1 change applied/)
  t.regex((await place.read('ex01')).toString(), /Stopgap M1/)
})

onTerminal(`Ctrl-C at the question writes nothing${reason}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  const original = await place.read('ex01')
  const running = terminal(t, place, 'apply')
  await asked(running)
  running.child.stdin.write('\u0003')
  const { code } = await running.ended
  t.is(code, 130)
  t.true(original.equals(await place.read('ex01')))
})

onTerminal(`NO_COLOR is heeded on a terminal too${reason}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  const { code, stdout } = await terminal(t, place, 'plan', { NO_COLOR: '1' }).ended
  t.is(code, 2)
  t.false(stdout.includes('\u001b['))
  t.regex(stdout, /1 change on 1 server/)
})

onTerminal(`run tells in words on a terminal${reason}`, async (t) => {
  const place = await workplace(t, ['ex01'])
  const running = terminal(t, place, 'run')
  await until('it has applied', () => running.stdout.includes('applied: put rewrite-rule'), {
    seen: () => running.stdout,
  })
  t.notRegex(running.stdout, /\{"time"/)
  running.child.stdin.write('\u0003')
  t.is((await running.ended).code, 0)
})
