import test from 'ava'
import type { See } from '../../reconciler/model/thing.ts'
import { addressed } from '../../reconciler/proof/address.ts'
import { type Answer, isStopped, statusOf } from '../../reconciler/proof/answer.ts'
import { over } from '../../reconciler/proof/overlay.ts'
import { webServer } from '../../reconciler/proof/web-server.ts'
import type { Headers } from '../../reconciler/rewrite/exchange.ts'
import { serverInMemory } from '../../reconciler/targets/embedded/create/memory.ts'
import { type Extra, profileOf } from '../../reconciler/targets/embedded/create/profile.ts'
import { HOST, ROOT_WEB, rule, rules, webConfig } from '../helpers/iis-machine.ts'
import { NO_SAMPLES, samples } from '../helpers/samples.ts'

function exchange(...extras: readonly Extra[]): See {
  return serverInMemory(profileOf({ name: 'ex01', exchange: '15.2.1118.7', with: extras }))
}

function text(see: See, file: string): string {
  const seen = see('file', file)
  if (seen.is !== 'here') throw new Error(`${file} is ${seen.is}`)
  return new TextDecoder().decode(seen.value)
}

/** The server with one file edited, or as given. */
function edited(see: See, file: string, edit: string | ((before: string) => string)): See {
  const after = typeof edit === 'string' ? edit : edit(text(see, file))
  if (typeof edit !== 'string' && after === text(see, file)) throw new Error('the edit changes nothing')
  return over(see, file, new TextEncoder().encode(after))
}

function ask(written: string, headers: Headers = {}) {
  const [method = '', url = ''] = written.split(' ')
  const found = addressed({ method, url, headers })
  if (found.is === 'fault') throw new Error(found.why)
  return found
}

function answer(see: See, written: string, headers: Headers = {}): Answer {
  const { request, site } = ask(written, headers)
  return webServer(see).answer(request, { reading: 'raw', site })
}

const routes: readonly (readonly [string, string | null])[] = [
  ['GET /', 'Default Web Site'],
  ['GET /nothing/there', 'Default Web Site'],
  ['GET /OWA/Auth/logon.aspx?x=/ecp', 'Default Web Site/owa/auth'],
  ['GET /OWA/Calendar/a@b/c.html', 'Default Web Site/owa/Calendar'],
  ['GET /owax/', 'Default Web Site'],
  ['GET /ecp/../EWS/./exchange.asmx', 'Default Web Site/EWS'],
  ['GET /%45WS/', 'Default Web Site/EWS'],
  ['GET /owa%2fauth/x', 'Default Web Site/owa/auth'],
  [
    'GET /Microsoft-Server-ActiveSync/Proxy/default.eas',
    'Default Web Site/Microsoft-Server-ActiveSync/Proxy',
  ],
  ['GET https://ex01:444/ecp/', 'Exchange Back End/ecp'],
  ['GET http://ex01/owa/', 'Default Web Site/owa'],
  ['GET http://ex01:81/mapi/emsmdb/', 'Exchange Back End/mapi/emsmdb'],
  ['GET http://intranet.contoso.example:8080/', 'Contoso Intranet'],
  ['GET http://other.contoso.example:8080/', null],
  ['GET https://ex01:9999/', null],
  ['GET http://ex01:443/', null],
]

for (const [written, level] of routes) {
  test(`${written} arrives at ${level ?? 'nobody'}`, (t) => {
    const found = answer(exchange('second-site'), written)
    t.is(found.served?.level ?? null, level)
    t.is(found.is, level === null ? 'refused' : 'pass')
    if (level === null) t.is(statusOf(found), 400)
  })
}

test('a Host header with a port chooses the site of a path', (t) => {
  t.is(answer(exchange(), 'GET /owa/', { host: 'ex01:444' }).served?.site, 'Exchange Back End')
  t.is(answer(exchange(), 'GET /owa/', { host: 'ex01' }).served?.site, 'Default Web Site')
})

test('what HTTP.sys cannot read never comes to a rule', (t) => {
  const see = edited(exchange(), ROOT_WEB, webConfig(rules(rule('all'))))
  for (const url of ['/a%0ab', '/a%00', '/%zz']) t.is(answer(see, `GET ${url}`).is, 'refused', url)
  t.is(answer(see, 'GET /a?%0a%00%zz').is, 'abort')
})

test('names that no folder has are answered by the folder above', (t) => {
  for (const name of ['aux', 'con.txt', 'a:b', 'a~1', 'PROGRA~1', 'a.', '*', 'x'.repeat(300)])
    t.is(answer(exchange(), `GET /owa/${name}/b`).served?.level, 'Default Web Site/owa', name)
  t.is(answer(exchange(), `GET /owa${'/a'.repeat(5000)}`).served?.level, 'Default Web Site/owa')
})

test('a rule sees where a path would lie, also one that no folder can have', (t) => {
  const file =
    '<rule name="f"><match url=".*" /><conditions><add input="{REQUEST_FILENAME}" pattern="^(.*)$" /></conditions><action type="None" /></rule>'
  const see = edited(exchange(), ROOT_WEB, webConfig(rules(file)))
  for (const name of ['a.txt', 'a%25b%25/c', 'a:b/c', 'x~1/y', 'b'.repeat(90)]) {
    const found = answer(see, `GET /owa/${name}`)
    const path = name.replaceAll('%25', '%').replaceAll('/', '\\')
    t.is(
      found.trace[0]?.captures['C:1'],
      `C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\${path}`,
    )
  }
})

test('rules of the site meet requests of its applications, in their order', (t) => {
  const see = exchange('eems-m1', 'foreign-rules')
  const attack = answer(see, 'GET /autodiscover/autodiscover.json?@evil/Power%53hell')
  t.is(attack.is, 'abort')
  t.deepEqual(
    attack.trace.map(({ name, matched }) => [name, matched]),
    [
      ['Known scanners', false],
      ['EEMS M1.1 PowerShell - inbound', true],
    ],
  )
  t.true(isStopped(attack))
  t.is(statusOf(attack), null)
  t.like(answer(see, 'GET /'), { is: 'redirect', status: 302, location: '/owa/' })
  t.like(answer(see, 'GET http://ex01/owa/x?y=1', { Host: 'mail' }), {
    is: 'redirect',
    location: 'https://mail/owa/x?y=1',
  })
  t.like(answer(see, 'GET /ecp/x'), { is: 'response', status: 403, reason: 'Forbidden' })
  t.is(answer(see, 'GET /owa/x', { 'User-Agent': 'zgrab/1' }).is, 'abort')
  t.is(answer(see, 'GET https://ex01:444/owa/', { 'User-Agent': 'zgrab/1' }).is, 'abort')
})

test('variables from outside win', (t) => {
  const { request } = ask('GET /ecp/x')
  const server = webServer(exchange('foreign-rules'))
  t.is(server.answer(request, { reading: 'raw', variables: { remote_addr: '10.1.2.3' } }).is, 'pass')
  t.is(server.answer(request, { reading: 'raw', variables: { REMOTE_ADDR: '192.0.2.1' } }).is, 'response')
})

test('a global rule that moves a request brings it to the rules of its new place', (t) => {
  const move = '<rule name="move"><match url="^old/(.*)" /><action type="Rewrite" url="/owa/{R:1}" /></rule>'
  const globalRules = `<system.webServer><rewrite><globalRules>${move}</globalRules></rewrite></system.webServer>`
  const host = edited(exchange(), HOST, (before) =>
    before.replace('</configuration>', `${globalRules}</configuration>`),
  )
  const ecp = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy\\owa\\web.config'
  const see = edited(host, ecp, (before) =>
    before.replace('</configuration>', `${rules(rule('owa only'))}</configuration>`),
  )
  const moved = answer(see, 'GET /old/x')
  t.is(moved.is, 'abort')
  t.is(moved.served?.level, 'Default Web Site/owa')
  t.deepEqual(
    moved.trace.map(({ name }) => name),
    ['move', 'owa only'],
  )
  t.is(answer(see, 'GET /new/x').is, 'pass')
})

test('a request that is moved to a stopped application is answered 503', (t) => {
  const move = '<rule name="move"><match url="^old/(.*)" /><action type="Rewrite" url="/ecp/{R:1}" /></rule>'
  const globalRules = `<system.webServer><rewrite><globalRules>${move}</globalRules></rewrite></system.webServer>`
  const host = edited(exchange(), HOST, (before) =>
    before.replace('</configuration>', `${globalRules}</configuration>`),
  )
  t.like(answer(withPool(host, 'MSExchangeECPAppPool'), 'GET /old/x'), { is: 'stopped', what: 'pool' })
})

function withPool(see: See, stopped: string): See {
  return ((thing, name) =>
    thing === 'pool' && name === stopped
      ? { is: 'here', digest: 'sha256:x', value: { state: 'Stopped' } }
      : see(thing, name)) as See
}

test('a stopped pool, a stopped site and a server that cannot read its configuration answer 503', (t) => {
  const see = withPool(exchange(), 'MSExchangeECPAppPool')
  t.like(answer(see, 'GET /ecp/x'), { is: 'stopped', status: 503, what: 'pool' })
  t.is(answer(see, 'GET /owa/x').is, 'pass')
  const still = edited(exchange(), HOST, (before) =>
    before.replace(
      'name="Default Web Site" id="1"',
      'name="Default Web Site" id="1" serverAutoStart="false"',
    ),
  )
  t.like(answer(still, 'GET /owa/'), { is: 'stopped', what: 'site' })
  t.is(answer(still, 'GET https://ex01:444/owa/').is, 'pass')
  const broken = edited(exchange(), HOST, (before) => before.replace('</configuration>', ''))
  t.like(answer(broken, 'GET /owa/'), { is: 'stopped', what: 'server' })
  const wrong = edited(exchange(), HOST, (before) => before.replace('id="1"', 'id="one"'))
  t.like(answer(wrong, 'GET /owa/'), { is: 'stopped', what: 'server' })
})

test('what nobody has looked at is unknown, and not a pass', (t) => {
  const see = exchange()
  const blind: See = ((thing, name) =>
    thing === 'file' && name === ROOT_WEB
      ? { is: 'unknown', why: 'not looked at yet' }
      : see(thing, name)) as See
  t.is(answer(blind, 'GET /owa/').is, 'unknown')
  const noPool: See = ((thing, name) =>
    thing === 'pool' ? { is: 'unknown', why: 'not looked at yet' } : see(thing, name)) as See
  t.is(answer(noPool, 'GET /owa/').is, 'unknown')
})

const faulty: readonly (readonly [string, string, RegExp])[] = [
  ['is not well-formed', '<configuration><system.webServer></configuration>', /not well-formed/],
  [
    'has a section that nothing declares',
    webConfig('<system.webServer><foo /></system.webServer>'),
    /missing a section declaration/,
  ],
  [
    'sets what is locked',
    webConfig(
      '<system.webServer><rewrite><allowedServerVariables><add name="X" /></allowedServerVariables></rewrite></system.webServer>',
    ),
    /cannot be used at this path/,
  ],
  [
    'has a strange attribute',
    webConfig(rules('<rule name="a" x="y"><match url="." /></rule>')),
    /Unrecognized attribute 'x'/,
  ],
  ['has one name twice', webConfig(rules(rule('a'), rule('A'))), /duplicate collection entry/],
]

for (const [what, content, words] of faulty) {
  test(`a web.config that ${what} breaks its path and all below, and nothing else`, (t) => {
    const see = edited(exchange(), ROOT_WEB, content)
    for (const url of ['/', '/owa/', '/ecp/a/b']) {
      const found = answer(see, `GET ${url}`)
      t.like(found, { is: 'broken', status: 500, subStatus: 19 }, url)
      if (found.is === 'broken') t.regex(found.fault.what, words)
      if (found.is === 'broken') t.is(found.fault.file, ROOT_WEB)
    }
    t.is(answer(see, 'GET https://ex01:444/owa/').is, 'pass')
  })
}

test('a fault in a location that does not reach below breaks its own level only', (t) => {
  const own = `<location path="." inheritInChildApplications="false">${rules(rule('a'), rule('a'))}</location>`
  const see = edited(exchange(), ROOT_WEB, webConfig(own))
  t.is(answer(see, 'GET /x').is, 'broken')
  t.is(answer(see, 'GET /owa/').is, 'pass')
  const elsewhere = edited(
    exchange(),
    ROOT_WEB,
    webConfig(`<location path="ecp">${rules('<rule />')}</location>`),
  )
  t.is(answer(elsewhere, 'GET /ecp/').is, 'broken')
  t.is(answer(elsewhere, 'GET /owa/').is, 'pass')
})

test('a rule with a pattern that cannot be read breaks everything that reads it', (t) => {
  const star = '<rule name="star"><match url="*" /><action type="AbortRequest" /></rule>'
  const see = edited(exchange(), ROOT_WEB, webConfig(rules(star)))
  t.like(answer(see, 'GET /owa/healthcheck.htm'), {
    is: 'parse-error',
    error: { subStatus: 50, rule: 'star' },
  })
  t.is(statusOf(answer(see, 'GET /')), 500)
})

test('an outbound rule that cannot be read breaks requests that would come through, whatever is answered', (t) => {
  const bad = '<rule name="o"><match pattern="(" /><action type="Rewrite" value="x" /></rule>'
  const see = edited(
    exchange(),
    ROOT_WEB,
    webConfig(
      `<system.webServer><rewrite><rules>${rule('cut').replace('.*', '^cut')}</rules><outboundRules>${bad}</outboundRules></rewrite></system.webServer>`,
    ),
  )
  const found = answer(see, 'GET /')
  t.is(found.is, 'parse-error')
  if (found.is === 'parse-error') t.like(found.error, { rule: 'o', subStatus: 52 })
  t.is(answer(see, 'GET /cut').is, 'abort')
})

test('rules do nothing where their module is not', (t) => {
  const see = edited(exchange(), ROOT_WEB, webConfig(rules(rule('all'))))
  t.is(answer(see, 'GET /').is, 'abort')
  const off = edited(see, HOST, (before) => before.replace(/<add name="RewriteModule" \/>/, ''))
  t.like(answer(off, 'GET /'), { is: 'pass', trace: [], served: { ruleCount: 0 } })
  const unloaded = edited(see, HOST, (before) =>
    before.replace(/<add name="RewriteModule" image="[^"]*" \/>/, ''),
  )
  t.is(answer(unloaded, 'GET /').is, 'pass')
  const withModules = (from: See, modules: string) =>
    edited(from, ROOT_WEB, (before) =>
      before.replace('</system.webServer>', `<modules>${modules}</modules></system.webServer>`),
    )
  t.is(answer(withModules(see, '<clear />'), 'GET /').is, 'pass')
  t.is(answer(withModules(see, '<remove name="RewriteModule" />'), 'GET /').is, 'pass')
  const unlisted = edited(see, HOST, (before) => before.replace(/<modules.*<\/modules>/s, '<modules />'))
  for (const modules of ['<remove name="RequestFilteringModule" />', '<add name="Own" type="Own" />'])
    t.is(answer(withModules(unlisted, modules), 'GET /').is, 'abort', `a machine that lists none: ${modules}`)
})

test('a pattern that takes too long is reported as such, and the others go on', (t) => {
  const slow = '<rule name="slow"><match url="^((a+)+)+$" /><action type="AbortRequest" /></rule>'
  const server = webServer(edited(exchange(), ROOT_WEB, webConfig(rules(slow))))
  const urls = ['/b', `/${'a'.repeat(40)}!`, '/aaa']
  const answers = server.answerEach(
    urls.map((url) => ask(`GET ${url}`)),
    'raw',
  )
  t.deepEqual(
    answers.map(({ is }) => is),
    ['pass', 'timeout', 'abort'],
  )
  t.false(isStopped(answers[1] as Answer))
})

test('both readings are worked out, and told apart where it matters', (t) => {
  const raw =
    '<rule name="raw"><match url=".*" /><conditions><add input="{REQUEST_URI}" pattern="%2e" /></conditions><action type="AbortRequest" /></rule>'
  const server = webServer(edited(exchange(), ROOT_WEB, webConfig(rules(raw))))
  const both = server.answerBoth(ask('GET /a%2eb').request)
  t.deepEqual([both.raw.is, both.decoded.is, both.differs], ['abort', 'pass', 'blocked'])
  const query = server.answerBoth(ask('GET /ab?%2e').request)
  t.deepEqual([query.raw.is, query.decoded.is, query.differs], ['abort', 'abort', 'nothing'])
  const each = server.answerBothEach(['/x', '/a%2eb', '/a%2eb?%2e'].map((url) => ask(`GET ${url}`)))
  t.deepEqual(
    each.map(({ differs }) => differs),
    ['nothing', 'blocked', 'nothing'],
  )
})

test('outbound rules work on the response of a request that comes through', (t) => {
  const { request } = ask('GET /owa/')
  const page = { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<p>' }
  const back = webServer(exchange('eems-m2')).respond(request, page, { reading: 'raw' })
  if (back.outbound?.is !== 'response') return t.fail(JSON.stringify(back.outbound))
  t.regex(
    String(Object.entries(back.outbound.response.headers).find(([name]) => /security/i.test(name))?.[1]),
    /script-src-attr/,
  )
  const cut = webServer(edited(exchange(), ROOT_WEB, webConfig(rules(rule('all'))))).respond(request, page, {
    reading: 'raw',
  })
  t.deepEqual([cut.answer.is, cut.outbound], ['abort', null])
  const plain = webServer(exchange()).respond(request, page, { reading: 'raw' })
  t.deepEqual(plain.outbound, { is: 'response', response: page, trace: [] })
})

test('the settings of authentication are told apart from the answer', (t) => {
  const server = webServer(exchange())
  const at = (url: string) => server.authentication(ask(`GET ${url}`).request)
  t.deepEqual(at('/owa/auth/logon.aspx'), { is: 'open' })
  t.deepEqual(at('/ews/exchange.asmx'), { is: 'open' })
  t.deepEqual(at('/owa/'), { is: 'asked', challenges: ['Basic realm="server"'] })
  t.deepEqual(at('/mapi/emsmdb/'), { is: 'asked', challenges: ['Negotiate', 'NTLM'] })
  t.deepEqual(at('/PowerShell/'), { is: 'asked', challenges: [] })
  t.is(server.authentication(ask('GET http://ex01:9/').request).is, 'unknown')
})

test('one server asked for many is the same as many asked for one', (t) => {
  const see = exchange('eems-m1', 'foreign-rules')
  const asks = ['/', '/owa/', '/autodiscover/?powershell', '/ecp/', '/EWS/%41'].map((url) =>
    ask(`GET ${url}`),
  )
  const server = webServer(see)
  t.deepEqual(
    server.answerEach(asks, 'decoded'),
    asks.map(({ request, site }) => webServer(see).answer(request, { reading: 'decoded', site })),
  )
})

const real = samples().filter(({ name }) => /^ex19-fe-.*\.config$/.test(name) && !/MALFORMED/.test(name))
const realTest = real.length > 0 ? test : test.skip
realTest(
  `real files of Exchange are read as web.config of their path${real.length > 0 ? '' : ` (skipped: ${NO_SAMPLES})`}`,
  (t) => {
    const folder = 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\HttpProxy'
    const paths: Readonly<Record<string, string>> = {
      ecp: 'ecp',
      ews: 'EWS',
      mapi: 'mapi',
      autod: 'Autodiscover',
      eas: 'sync',
    }
    for (const { name, bytes } of real) {
      const path = paths[/^ex19-fe-(\w+)/.exec(name)?.[1] ?? '']
      if (path === undefined) continue
      const url = path === 'sync' ? 'Microsoft-Server-ActiveSync' : path
      const found = answer(over(exchange(), `${folder}\\${path}\\web.config`, bytes), `GET /${url}/`)
      t.is(found.is, 'pass', `${name}: ${JSON.stringify(found)}`)
    }
  },
)
