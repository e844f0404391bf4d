import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { cli, LAUNCHER, Running, startCli, until } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

test.serial('a folder that is no demo is refused and stays as it is', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'stopgap-demo', 'policy'), { recursive: true })
  await writeFile(join(folder, 'stopgap-demo', 'policy', 'thesis.txt'), 'years of work')
  const { code, stderr } = await cli(folder, 'demo')
  t.is(code, 3)
  t.regex(stderr, /is there, and it is no demo\n +Nothing was changed\. Name a folder/)
  t.is(await readFile(join(folder, 'stopgap-demo', 'policy', 'thesis.txt'), 'utf8'), 'years of work')
})

test.serial('what somebody else put into the folder of a demo stays when it is made anew', async (t) => {
  const folder = await temporaryFolder(t)
  for (const round of [1, 2]) {
    const demo = startCli(t, folder, 'demo', '--dir', 'here', '--listen', '127.0.0.1:0')
    await until(`round ${round} stays up`, () => demo.stdout.includes('Ctrl-C ends it'), {
      seen: () => demo.stderr,
    })
    t.is((await demo.interrupt()).code, 0)
    if (round === 1) await writeFile(join(folder, 'here', 'notes.txt'), 'mine')
  }
  t.is(await readFile(join(folder, 'here', 'notes.txt'), 'utf8'), 'mine')
})

test.serial('where the usual port is taken, another one does', async (t) => {
  const taken = createServer()
  // Somebody else on this machine may have it already: that is just as well.
  await new Promise<void>((resolve) => {
    taken.once('error', () => resolve())
    taken.listen(9464, '127.0.0.1', () => resolve())
  })
  t.teardown(() => void taken.close())
  const folder = await temporaryFolder(t)
  const demo = startCli(t, folder, 'demo')
  await until('it stays up', () => demo.stdout.includes('Ctrl-C ends it'), { seen: () => demo.stderr })
  t.regex(demo.stdout, /127\.0\.0\.1:9464 is taken, so the page gets a free port/)
  const address = demo.stdout.match(/(http:\/\/127\.0\.0\.1:\d+)\/metrics/)?.at(1)
  t.is((await fetch(`${address}/readyz`)).status, 200)
  t.is((await demo.interrupt()).code, 0)
})

test.serial('Ctrl-C while it is being made ends it just as well', async (t) => {
  const folder = await temporaryFolder(t)
  const demo = startCli(t, folder, 'demo', '--listen', '127.0.0.1:0')
  await until('it has begun', () => demo.stdout.includes('Stopgap, a demo'), { seen: () => demo.stderr })
  const { code, milliseconds, stderr } = await demo.interrupt()
  t.is(code, 0)
  t.true(milliseconds < 2_000, `${milliseconds} ms`)
  t.notRegex(stderr, /error/)
})

test.serial('without git, or where nothing can be written, it says so and is no bug', async (t) => {
  const folder = await temporaryFolder(t)
  const demo = [LAUNCHER, 'demo', '--listen', '127.0.0.1:0']
  const bare = await new Running(process.execPath, demo, folder, { PATH: folder }).ended
  t.is(bare.code, 1)
  t.regex(bare.stderr, /DEMO_GIT_FAILED: the demo cannot make its repository, git init: spawn git ENOENT\n/)
  await writeFile(join(folder, 'file'), '')
  const inFile = await cli(folder, 'demo', '--dir', 'file')
  t.is(inFile.code, 3)
  t.regex(inFile.stderr, /file is a file\n +Name a folder/)
  const long = await cli(folder, 'demo', '--dir', 'x'.repeat(300))
  t.is(long.code, 1)
  t.regex(long.stderr, /DISK_FAILED: .*x could not be read or written: name too long/)
})

const script = existsSync('/usr/bin/script')
const onTerminal = script ? test.serial : test.serial.skip

onTerminal(
  `on a terminal there are colours, and one Ctrl-C is enough${script ? '' : ' (no script command here)'}`,
  async (t) => {
    const folder = await temporaryFolder(t)
    // As npm start has it: a parent in the same process group that hands the signal on as well.
    // Without exec a shell that stays in between (dash does) takes the Ctrl-C as its own, and its exit code is told.
    const command = `exec "${process.execPath}" "${join(import.meta.dirname, '../../bin/stopgap.js')}" demo --listen 127.0.0.1:0`
    const terminal = new Running('script', ['-qec', command, '/dev/null'], folder, { NO_COLOR: undefined })
    t.teardown(() => void terminal.child.kill('SIGKILL'))
    await until('it stays up', () => terminal.stdout.includes('Ctrl-C ends it'), {
      seen: () => terminal.stdout + terminal.stderr,
    })
    t.true(terminal.stdout.includes('\u001b[32min-sync'))
    terminal.child.stdin.write('\u0003\u0003')
    t.is((await terminal.ended).code, 0)
  },
)
