import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { cli, startCli } from '../helpers/cli.ts'
import { ROOT } from '../helpers/code.ts'
import { embeddedServer, onDisk, ROOT as ROOT_WEB } from '../helpers/embedded-server.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const ATTACK = '/autodiscover/autodiscover.json?@evil/PowerShell'

test('a mitigation on an Exchange server in memory: which rule matched, and what happens', async (t) => {
  const { code, stdout, stderr } = await cli(ROOT, 'request', 'GET', ATTACK, '--mitigation', 'm1')
  t.deepEqual([code, stderr], [0, ''])
  t.regex(stdout, /^GET https:\/\/localhost\/autodiscover/)
  t.regex(stdout, /Stopgap M1 \S.* distributed +yes/)
  t.regex(stdout, /The connection is cut\./)
  t.regex(stdout, /IIS itself was not asked/)
})

test('where there is no mitigations folder the shipped catalogue is asked', async (t) => {
  const folder = await temporaryFolder(t)
  const shipped = await cli(folder, 'request', 'GET', ATTACK, '--mitigation', 'M1', '--json')
  t.is(shipped.code, 0, shipped.stderr)
  const report = JSON.parse(shipped.stdout)
  t.like(report, {
    request: { method: 'GET', url: ATTACK, https: true },
    differs: 'nothing',
    raw: { is: 'abort' },
    held: [],
  })
  await mkdir(join(folder, 'mitigations'))
  const own = await cli(folder, 'request', 'GET', ATTACK, '--mitigation', 'M1')
  t.is(own.code, 3)
  t.regex(own.stderr, /no Mitigation/)
  const other = await cli(folder, 'request', 'GET', ATTACK, '--mitigation', 'M1', '--source', ROOT)
  t.is(other.code, 0, other.stderr)
})

test('a header may have any name, and come several times', async (t) => {
  const headers = ['__proto__: a', 'constructor: b', 'constructor: c'].flatMap((one) => ['-H', one])
  const { code, stdout, stderr } = await cli(
    ROOT,
    'request',
    'GET',
    '/owa/',
    '--mitigation',
    'M2',
    ...headers,
    '--json',
  )
  t.is(code, 0, stderr)
  const sent = Object.entries(JSON.parse(stdout).request.headers)
  t.deepEqual(sent, [
    ['__proto__', 'a'],
    ['constructor', ['b', 'c']],
  ])
})

test('an outbound mitigation shows what becomes of a page', async (t) => {
  const { code, stdout } = await cli(ROOT, 'request', 'GET', '/owa/', '--mitigation', 'M2')
  t.is(code, 0)
  t.regex(stdout, /It passes\./)
  t.regex(stdout, /Stopgap M2 .* outbound +yes/)
  t.regex(stdout, /Content-Security-Policy: .*script-src-attr 'none'/i)
  t.regex(stdout, /answered 401/)
})

test('the real rules of an embedded server', async (t) => {
  const dir = await embeddedServer(t, { with: ['eems-m1', 'foreign-rules'] })
  const ask = (...rest: string[]) => cli(ROOT, 'request', ...rest, '--server', dir)
  t.regex((await ask('GET', ATTACK)).stdout, /EEMS M1\.1 PowerShell - inbound +distributed +yes/)
  const redirect = await ask('GET', 'http://mail.contoso.example/owa/?a', '--json')
  t.like(JSON.parse(redirect.stdout), {
    server: 'the server ex01 as it is',
    raw: { is: 'redirect', status: 301, location: 'https://mail.contoso.example/owa/?a' },
  })
  const agent = await ask(
    'GET',
    '/owa/',
    '-H',
    'User-Agent: masscan/1.0',
    '-H',
    'Cookie: a=b',
    '-H',
    'Cookie: c=d',
  )
  t.regex(agent.stdout, /Known scanners +global +yes/)
  await writeFile(
    onDisk(dir, ROOT_WEB),
    '<configuration><system.webServer><nothing /></system.webServer></configuration>',
  )
  const broken = await ask('GET', '/owa/')
  t.is(broken.code, 0)
  t.regex(broken.stdout, /500\.19: C:\\inetpub\\wwwroot\\web\.config:1:34: .*missing a section declaration/)
})

test('a file as the web.config of a path', async (t) => {
  const file = join(await temporaryFolder(t), 'new.config')
  const rule =
    '<rule name="own"><match url="^(x)y" /><conditions><add input="{REQUEST_URI}" pattern="%2e" /></conditions><action type="CustomResponse" statusCode="410" /></rule>'
  await writeFile(
    file,
    `<configuration><system.webServer><rewrite><rules>${rule}</rules></rewrite></system.webServer></configuration>`,
  )
  const ask = (url: string, ...rest: string[]) =>
    cli(ROOT, 'request', 'POST', url, '--config', file, '--at', 'Default Web Site/EWS', ...rest)
  const both = await ask('/EWS/xy%2e?a')
  t.is(both.code, 0, both.stderr)
  t.regex(both.stdout, /not settled how IIS reads this path, and it matters: one reading lets through/)
  t.regex(both.stdout, /\{R:1\}=x/)
  t.regex(both.stdout, /It is answered 410/)
  t.regex(both.stdout, /It passes\./)
  t.regex((await ask('/ecp/xy?%2e')).stdout, /No rule acts there\.\nIt passes\./)
  const wrong = await cli(ROOT, 'request', 'GET', '/', '--config', file, '--at', 'Default Web Sit/EWS')
  t.is(wrong.code, 3)
  t.regex(wrong.stderr, /there is no site Default Web Sit\n.*Sites: Default Web Site, Exchange Back End/)
  const missing = await cli(ROOT, 'request', 'GET', '/', '--config', `${file}.not`)
  t.is(missing.code, 3)
  t.regex(missing.stderr, /cannot be read: no such file or directory/)
})

const wrong: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /a request is a method and a URL/],
  [['GET'], /a request is a method and a URL/],
  [['GET', '/'], /nothing says which configuration/],
  [['GET', 'owa', '--mitigation', 'M1'], /neither a path/],
  [['GET', '/', '--mitigation', 'M99'], /no mitigation is called M99\n.*There are: .*M1/],
  [['GET', '/', '--mitigation', 'M1', '-H', 'nonsense'], /is not a header/],
  [['GET', '/', '--at', 'Default Web Site', '--mitigation', 'M1'], /there is no --config/],
  [['GET', '/', '--batch'], /--batch takes everything from its lines/],
  [['--batch', '--mitigation', 'M1'], /--batch takes everything from its lines/],
]
for (const [args, why] of wrong) {
  test(`wrong input: request ${args.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await cli(ROOT, 'request', ...args)
    t.deepEqual([code, stdout], [3, ''])
    t.regex(stderr, why)
  })
}

test('a server that is not there is the environment', async (t) => {
  const { code, stderr } = await cli(
    ROOT,
    'request',
    'GET',
    '/',
    '--server',
    join(await temporaryFolder(t), 'none'),
  )
  t.is(code, 1)
  t.regex(stderr, /SERVER_/)
})

const line = (id: number, url: string) =>
  JSON.stringify({
    id,
    rewriteXml:
      '<rewrite><rules><rule name="a"><match url="bad" /><action type="AbortRequest" /></rule></rules></rewrite>',
    request: { method: 'GET', url },
  })

test('--batch answers each line before the next one comes', async (t) => {
  const running = startCli(t, ROOT, 'request', '--batch')
  const answered = async (count: number) => {
    while (running.stdout.split('\n').length <= count)
      await new Promise((resolve) => running.child.stdout.once('data', resolve))
  }
  running.child.stdin.write(`${line(1, '/bad')}\n`)
  await answered(1)
  running.child.stdin.write(`not json\r\n\r\n${line(2, '/good')}`)
  await answered(2)
  running.child.stdin.end()
  const { code, stdout } = await running.ended
  t.is(code, 3)
  const answers = stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each))
  t.deepEqual(
    answers.map(({ id, outcome }) => [id, outcome]),
    [
      [1, 'abort'],
      [null, undefined],
      [2, 'pass'],
    ],
  )
})

test('--batch answers thousands of lines in their order', async (t) => {
  const running = startCli(t, ROOT, 'request', '--batch')
  const count = 5_000
  running.child.stdin.end(
    Array.from({ length: count }, (_, at) => line(at, at % 2 ? '/bad' : '/ok')).join('\n'),
  )
  const { code, stdout } = await running.ended
  t.is(code, 0)
  const answers = stdout
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each))
  t.is(answers.length, count)
  t.true(answers.every(({ id, outcome }, at) => id === at && outcome === (at % 2 ? 'abort' : 'pass')))
})

test('--batch ends at Ctrl-C while it waits for a line', async (t) => {
  const running = startCli(t, ROOT, 'request', '--batch')
  running.child.stdin.write(`${line(1, '/bad')}\n`)
  await new Promise((resolve) => running.child.stdout.once('data', resolve))
  const { code, stdout, stderr } = await running.interrupt()
  t.deepEqual([code, stdout.trim().split('\n').length, stderr], [130, 1, ''])
})

test('--batch without a line says nothing', async (t) => {
  const running = startCli(t, ROOT, 'request', '--batch')
  running.child.stdin.end()
  const { code, stdout, stderr } = await running.ended
  t.deepEqual([code, stdout, stderr], [0, '', ''])
})
