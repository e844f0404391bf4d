import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { cli, type Running, startCli, until } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { rawGet, rawHttp } from '../helpers/raw-http.ts'

const ROOT = 'C/inetpub/wwwroot/web.config'
const ATTACK = '/autodiscover/autodiscover.json?@evil.example/PowerShell/'

interface Served {
  readonly dir: string
  readonly url: string
  readonly running: Running
}

async function served(t: ExecutionContext, ...flags: string[]): Promise<Served> {
  const folder = await temporaryFolder(t)
  const dir = join(folder, 'ex01')
  const made = await cli(folder, 'server', 'create', dir, '--exchange', '15.2.1118.7', ...flags)
  t.is(made.code, 0, made.stderr)
  const running = startCli(t, folder, 'server', 'serve', dir, '--listen', '127.0.0.1:0')
  const url = await until('it answers', () => running.stderr.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0], {
    seen: () => running.stderr,
  })
  return { dir, url, running }
}

/** Puts markup into `system.webServer` of the site's root. */
async function configure(dir: string, markup: string): Promise<void> {
  const text = `<?xml version="1.0"?>\n<configuration><system.webServer>${markup}</system.webServer></configuration>\n`
  await writeFile(join(dir, ROOT), text)
}

const rule = (inner: string) =>
  `<rewrite><rules><rule name="r" stopProcessing="true"><match url=".*" />${inner}</rule></rules></rewrite>`

const statusLine = (text: string) => text.split('\r\n')[0]

test('rules act over real sockets, and a change of the files acts at the next request', async (t) => {
  const { dir, url } = await served(t)
  t.regex(await rawGet(url, ATTACK), /^HTTP\/1\.1 [24]0[01] /)
  await configure(dir, rule('<action type="AbortRequest" />'))
  t.is(await rawGet(url, ATTACK), '', 'the connection is closed without a word')
  await configure(
    dir,
    rule(
      '<action type="CustomResponse" statusCode="403" subStatusCode="7" statusReason="Not here" statusDescription="&lt;b&gt;" />',
    ),
  )
  const refused = await rawGet(url, '/owa/')
  t.is(statusLine(refused), 'HTTP/1.1 403 Not here')
  t.regex(refused, /403\.7/)
  t.true(refused.includes('&lt;b&gt;'), 'what a rule says is text, not markup')
  await configure(
    dir,
    rule('<action type="Redirect" url="https://mail.contoso.example/{R:0}" redirectType="Found" />'),
  )
  const moved = await rawGet(url, '/owa/auth?x=1')
  t.is(statusLine(moved), 'HTTP/1.1 302 Redirect', 'as IIS words it')
  t.regex(moved, /\r\nLocation: https:\/\/mail\.contoso\.example\/owa\/auth\?x=1\r\n/)
  await configure(dir, rule('<action type="Rewrite" url="owa/other" />'))
  t.regex(await rawGet(url, '/owa/one', 'Authorization: Basic eDp5'), /GET \/owa\/other/)
  await configure(dir, rule('<action type="Rewrite" url="http://elsewhere.example/x" />'))
  const elsewhere = await rawGet(url, '/owa/one')
  t.is(statusLine(elsewhere), 'HTTP/1.1 404 Not Found')
  t.regex(elsewhere, /404\.4/)
  const set = '<serverVariables><set name="HTTP_X_FOO" value="1" /></serverVariables><action type="None" />'
  await configure(dir, rule(set).replace('".*"', '"^owa/one"'))
  const forbidden = await rawGet(url, '/owa/one')
  t.is(statusLine(forbidden), 'HTTP/1.1 500 URL Rewrite Module Error.')
  t.regex(forbidden, /500\.50[\s\S]*HTTP_X_FOO&quot; is not allowed to be set/)
  t.notRegex(await rawGet(url, '/owa/two'), /500/, 'only requests that the rule acts on')
})

test('what a rule says that HTTP cannot carry ends nothing', async (t) => {
  const { dir, url } = await served(t)
  await configure(dir, rule('<action type="CustomResponse" statusCode="50" statusReason="a b" />'))
  t.is(statusLine(await rawGet(url, '/owa/')), 'HTTP/1.1 500 a b')
  const said = '<action type="CustomResponse" statusCode="403" statusReason="{UrlDecode:{QUERY_STRING}}" />'
  await configure(dir, rule(said))
  const split = await rawGet(url, '/owa/?a%0d%0aX-Evil:%20b')
  t.is(statusLine(split), 'HTTP/1.1 403 a  X-Evil: b')
  t.notRegex(split, /\r\nX-Evil/)
})

test('headers that no server counts on end nothing, whoever sends them', async (t) => {
  const { dir, url } = await served(t)
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const odd = await rawGet(url, '/owa/healthcheck.htm', ...names.map((name) => `${name}: 1`))
  t.is(statusLine(odd), 'HTTP/1.1 200 OK')
  for (const name of ['Trailer', 'Transfer_Encoding', 'Content_Length', 'Connection']) {
    const match = `<match serverVariable="RESPONSE_${name}" pattern=".*" /><action type="Rewrite" value="chunked" />`
    await configure(dir, `<rewrite><outboundRules><rule name="o">${match}</rule></outboundRules></rewrite>`)
    const sent = await rawGet(url, '/owa/healthcheck.htm')
    t.is(statusLine(sent), 'HTTP/1.1 200 OK', name)
    t.regex(sent, /\r\nContent-Length: 15\r\n/, name)
  }
})

test('who asks whether to send a body is cut off without a word, too', async (t) => {
  const { dir, url } = await served(t)
  await configure(dir, rule('<action type="AbortRequest" />'))
  const asked = 'POST /owa/ HTTP/1.1\nHost: a\nExpect: 100-continue\nContent-Length: 5'
  t.is(await rawHttp(url, asked), '')
})

test('the service that Microsoft has leaves M1 behind: it cuts the attack', async (t) => {
  const { url } = await served(t, '--with', 'eems-m1')
  t.is(await rawGet(url, ATTACK), '')
  t.is(await rawGet(url, ATTACK.replace('PowerShell', '%50ower%53hell')), '')
  t.not(await rawGet(url, '/autodiscover/autodiscover.xml'), '')
})

test('outbound rules change what goes back', async (t) => {
  const { dir, url } = await served(t)
  await configure(
    dir,
    '<rewrite><outboundRules><rule name="o"><match serverVariable="RESPONSE_X_Seen" pattern=".*" /><action type="Rewrite" value="by {HTTP_HOST}" /></rule></outboundRules></rewrite>',
  )
  t.regex(await rawGet(url, '/owa/healthcheck.htm'), /\r\nX-Seen: by mail\.contoso\.example\r\n/i)
})

test('a configuration that IIS cannot read is 500.19, with file and place; mended, it answers again', async (t) => {
  const { dir, url } = await served(t)
  const before = await readFile(join(dir, ROOT), 'utf8')
  await writeFile(join(dir, ROOT), before.replace('<configuration>', '<configuration><nonsense'))
  const broken = await rawGet(url, '/owa/')
  t.is(statusLine(broken), 'HTTP/1.1 500 Internal Server Error')
  t.regex(broken, /500\.19/)
  t.regex(broken, /C:\\inetpub\\wwwroot\\web\.config:\d+:\d+/)
  await writeFile(join(dir, ROOT), before)
  t.notRegex(await rawGet(url, '/owa/'), /500/)
})

test('a stopped pool is 503, and only for its applications', async (t) => {
  const { dir, url } = await served(t)
  const file = join(dir, 'server.json')
  const server = JSON.parse(await readFile(file, 'utf8')) as {
    appPools: { [name: string]: { state: string } }
  }
  server.appPools['MSExchangeECPAppPool'] = { state: 'Stopped' }
  await writeFile(file, JSON.stringify(server))
  t.is(statusLine(await rawGet(url, '/ecp/')), 'HTTP/1.1 503 Service Unavailable')
  t.not(statusLine(await rawGet(url, '/owa/')), 'HTTP/1.1 503 Service Unavailable')
  await writeFile(file, '{')
  t.is(statusLine(await rawGet(url, '/owa/')), 'HTTP/1.1 503 Service Unavailable')
})

test('authentication is asked for where the settings ask for it, and health-check pages ask nobody', async (t) => {
  const { url } = await served(t)
  const asked = await rawGet(url, '/ecp/')
  t.is(statusLine(asked), 'HTTP/1.1 401 Unauthorized')
  t.regex(asked, /\r\nWWW-Authenticate: Basic realm="server"\r\n/)
  t.is(statusLine(await rawGet(url, '/ecp/', 'Authorization: Basic eDp5')), 'HTTP/1.1 200 OK')
  const health = await rawGet(url, '/ecp/healthcheck.htm')
  t.is(statusLine(health), 'HTTP/1.1 200 OK')
  t.true(health.endsWith('200 OK<br/>EX01'))
})

test('there is an access log, and no request can write a line of it', async (t) => {
  const { url, running } = await served(t)
  await rawGet(url, '/owa/?a=b', 'User-Agent: curl 8 \u00e9 \t%0A')
  await rawHttp(url, 'HEAD /ecp/x HTTP/1.1\nHost: a\nConnection: close')
  await until('both are logged', () => / HEAD \/ecp\/x - 127\.0\.0\.1 - \d+ \d+$/m.test(running.stdout), {
    seen: () => running.stdout,
  })
  t.regex(running.stdout, /^#Fields: date time cs-method/)
  t.regex(
    running.stdout,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GET \/owa\/ a=b 127\.0\.0\.1 curl\+8\+\S+%0A \d+ \d+$/m,
  )
  t.is((await running.interrupt()).code, 0)
})

test('it answers this machine only', async (t) => {
  const folder = await temporaryFolder(t)
  await cli(folder, 'server', 'create', 'ex01', '--exchange', '15.2.1118.7')
  const { code, stderr } = await cli(folder, 'server', 'serve', 'ex01', '--listen', '0.0.0.0:0')
  t.is(code, 3)
  t.regex(stderr, /no address of this machine's own/)
  const nowhere = await cli(folder, 'server', 'serve', 'nobody', '--listen', '127.0.0.1:0')
  t.not(nowhere.code, 0)
  t.notRegex(nowhere.stderr, /BUG/)
})

test('a connection is kept, whatever body came on it, until a rule cuts it', async (t) => {
  const { dir, url } = await served(t)
  await configure(
    dir,
    rule(`<conditions><add input="{URL}" pattern="evil" /></conditions><action type="AbortRequest" />`),
  )
  const health = 'GET /owa/healthcheck.htm HTTP/1.1\nHost: a\n\n'
  const posted = `POST /EWS/healthcheck.htm HTTP/1.1\nHost: a\nContent-Length: 9\n\nGET /evil`
  const seen = await rawHttp(url, `${health}${posted}${health}GET /evil HTTP/1.1\nHost: a`)
  t.is(seen.match(/HTTP\/1\.1 200 OK/g)?.length, 3)
  t.notRegex(seen, /Connection: close/i)
})

test('what cannot be read at all is answered, so that it does not look like a rule that aborts', async (t) => {
  const { url } = await served(t)
  t.is(
    statusLine(await rawHttp(url, 'RPC_IN_DATA /rpc/rpcproxy.dll HTTP/1.1\nHost: a')),
    'HTTP/1.1 501 Not Implemented',
  )
  t.is(statusLine(await rawHttp(url, 'GET / HTTP/9\nHost: a')), 'HTTP/1.1 400 Bad Request')
  t.is(statusLine(await rawHttp(url, 'CONNECT a:443 HTTP/1.1\nHost: a')), 'HTTP/1.1 400 Bad Request')
})
