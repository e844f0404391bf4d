import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { stopgap } from '../helpers/command-line.ts'
import { bytesOf, faultEstate } from '../helpers/fault-estate.ts'

/** Arguments after the common flags (or, where a list begins with `bare`, without them), and what is said. */
const WRONG: readonly (readonly [args: readonly string[], words: RegExp])[] = [
  [['bare', 'nonsense'], /unknown command 'nonsense'/],
  [['bare'], /Usage: stopgap/],
  [
    ['bare', 'plan'],
    /CONFIG_INVALID: .*stopgap\.yaml: there is no such file\n.*--source DIR-or-GIT-URL --server DIR/,
  ],
  [['bare', 'plan', '--config', 'none.yaml'], /none\.yaml: there is no such file/],
  [['bare', 'validate', 'none'], /none is not a folder/],
  [['bare', 'server', 'create'], /required option '--exchange <build>'/],
  [['bare', 'server', 'create', 'x', '--exchange', '15.1'], /"15\.1" is not a build/],
  [['bare', 'server', 'create', 'ex01', '--exchange', '15.1.2507.6'], /ex01 exists and is not empty/],
  [['plan', '--nonsense'], /unknown option '--nonsense'/],
  [['bare', 'plan', '--server'], /option '--server <dir>' argument missing/],
  [['plan', 'extra'], /too many arguments/],
  [['plan', '--server', 'ex01'], /two servers have the same name/],
  [['plan', '--only', 'nobody'], /no server is called nobody\n.*Configured: ex01/],
  [['plan', '--mitigation', 'nobody'], /no mitigation is called nobody\n.*Rules, Switches/],
  [
    ['apply', '--plan', 'zzz'],
    /PLAN_UNKNOWN: no server has a plan with the id zzz now\n.*Nothing was written/,
  ],
  [['apply', '--take-over', 'nobody'], /no server is called nobody/],
  [['allow', 'zzz'], /ID_UNKNOWN: no plan has the id zzz\n.*Nothing was written/],
  [['allow', '../../ex01'], /ID_UNKNOWN: no plan has the id \.\.\/\.\.\/ex01/],
  [['accept', 'zzz'], /zzz is no revision\n.*Nothing was accepted/],
  [['log', '--since', 'yesterday'], /yesterday is no length of time\n.*12h/],
  [['explain', 'nobody', 'Rules'], /no server is called nobody/],
  [['explain', 'ex01', 'nobody'], /nothing is known of a mitigation nobody/],
  [['run', '--listen', 'nonsense'], /nonsense is no address to listen on/],
  [['run', '--listen', '127.0.0.1:99999'], /127\.0\.0\.1:99999 is no address/],
]

test('wrong arguments are said in one message with exit code 3, and nothing is written', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const before = await bytesOf(estate.server('ex01'))
  for (const [args, words] of WRONG) {
    const line = args[0] === 'bare' ? args.slice(1) : [...args, ...estate.flags]
    const said = await stopgap(line, { cwd: estate.root })
    t.is(said.code, 3, `${args.join(' ')}: ${said.out}${said.err}`)
    t.regex(said.err, words)
    t.is(said.err.match(/^error/gm)?.length ?? 1, 1, said.err)
    t.is(said.out, '')
  }
  t.deepEqual(await bytesOf(estate.server('ex01')), before)
  t.deepEqual((await readdir(estate.root)).toSorted(), ['back', 'ex01', 'policy', 'state'])
})

test('a configuration that cannot be used is said with its place', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const file = join(estate.root, 'stopgap.yaml')
  const whole = 'source: { remotes: [policy] }\nservers: [{ name: ex01, embedded: ex01 }]\n'
  const cases: readonly (readonly [text: string | Uint8Array, words: RegExp])[] = [
    ['', /stopgap\.yaml:1:1: 'source' is missing/],
    ['source: [', /stopgap\.yaml:\d+:\d+: /],
    [`${whole}foo: 1\n`, /stopgap\.yaml:3:1: unknown key 'foo'/],
    [`${whole}listen: 1:x\n`, /1:x/],
    [`${whole}limits: { maxStops: many }\n`, /stopgap\.yaml:3:\d+: /],
    [Uint8Array.of(0xff, 0xfe, 0x61), /stopgap\.yaml: the file is UTF-16/],
    [`${whole}---\n${whole}`, /more than one document/],
  ]
  for (const [text, words] of cases) {
    await writeFile(file, text)
    const said = await stopgap(['apply'], { cwd: estate.root })
    t.is(said.code, 3, said.out + said.err)
    t.regex(said.err, words)
  }
  await rm(file)
  await mkdir(file)
  t.is((await stopgap(['apply'], { cwd: estate.root })).code, 3)
  t.deepEqual((await readdir(estate.root)).toSorted(), ['back', 'ex01', 'policy', 'stopgap.yaml'])
})

test('a port that somebody has is exit code 1, and the servers are left alone', async (t) => {
  t.timeout(180_000)
  const estate = await faultEstate(t)
  const before = await bytesOf(estate.server('ex01'))
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const said = await stopgap(['run', ...estate.flags, '--listen', `127.0.0.1:${port}`])
  t.is(said.code, 1)
  t.regex(
    said.err,
    /LISTEN_FAILED: cannot listen on 127\.0\.0\.1:\d+: address already in use\n.*Nothing was written\. Choose another address/,
  )
  t.deepEqual(await bytesOf(estate.server('ex01')), before)
})
