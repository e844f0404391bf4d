import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ordinaryTraffic } from '../../reconciler/commands/traffic.ts'
import { ROOT } from '../helpers/code.ts'

const traffic = await ordinaryTraffic(AbortSignal.timeout(30_000))
const files = readdirSync(join(ROOT, 'traffic'))

test('there is enough of it, of every protocol', (t) => {
  t.true(traffic.length >= 330, String(traffic.length))
  const protocols = [...new Set(traffic.map(({ protocol }) => protocol))]
  t.deepEqual(protocols, [
    'activesync',
    'autodiscover-json',
    'autodiscover-xml',
    'ecp',
    'ews',
    'health',
    'hybrid',
    'mapi-http',
    'oab',
    'owa-light',
    'owa',
    'powershell',
    'probes',
    'published-calendars',
    'rest',
    'rpc-http',
  ])
  for (const protocol of protocols)
    t.true(traffic.filter((one) => one.protocol === protocol).length >= 10, protocol)
})

test('a file is named after its protocol, and nothing else lies there', (t) => {
  t.deepEqual(
    [...new Set(traffic.map(({ protocol, origin }) => `${origin.file} ${protocol}`))].sort(),
    files.map((name) => `traffic/${name} ${name.replace(/\.yaml$/, '')}`).sort(),
  )
})

test('no two requests differ in a number only', (t) => {
  const seen = new Map<string, string>()
  for (const { name, request } of traffic) {
    const shape = JSON.stringify(request).replaceAll(/\d+/g, '0')
    t.is(seen.get(shape), undefined, name)
    seen.set(shape, name)
  }
})

test('names of people, hosts and addresses are those that documentation may use', (t) => {
  const host =
    /^((?:[a-z0-9-]+\.)*(?:contoso|fabrikam)\.example|localhost|127\.0\.0\.1|192\.0\.2\.\d+|198\.51\.100\.\d+)$/
  for (const { name, request } of traffic) t.regex(request.host, host, name)
  const text = files.map((file) => readFileSync(join(ROOT, 'traffic', file), 'utf8')).join('\n')
  // What stands in an agent's own name or in the schema of a message is no host of ours.
  const mail = [...text.matchAll(/(?:@|%40)([\w.-]+\.[a-z]{2,})\b/gi)].map(([, domain]) => domain!)
  t.true(mail.length > 100)
  for (const domain of mail) t.regex(domain.toLowerCase(), /\.example$/)
})

test('every group of traffic has requests with and without a session, of several clients and methods', (t) => {
  const methods = new Set(traffic.map(({ request }) => request.method))
  for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'RPC_IN_DATA', 'RPC_OUT_DATA', 'PROPFIND'])
    t.true(methods.has(method), method)
  const agents = new Set(traffic.map(({ request }) => request.headers['User-Agent']))
  t.true(agents.size > 60, String(agents.size))
  t.true(traffic.some(({ request }) => String(request.headers['Cookie']).length > 400))
  t.true(traffic.some(({ request }) => /X-BEResource=[\w.]+~\d+/.test(String(request.headers['Cookie']))))
})
