import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { windowsTarget } from '../../../reconciler/targets/windows/target.ts'
import { digestOf } from '../../../reconciler/util/digest.ts'
import { onDisk } from '../../helpers/embedded-server.ts'
import { powershellSession, rawPowershell } from '../../helpers/powershell.ts'
import { never, on, reached } from '../../helpers/powershell-case.ts'

on(
  'without the right to read the configuration nothing is looked at or done, and that is said',
  async (t, dir) => {
    const denied = `function Get-PlatformRefusal { 'CONTOSO\\svc may not read it' }`
    const { target } = reached(t, dir, denied)
    const expected = { code: 'AGENT_REFUSED', message: /CONTOSO\\svc may not read it/ }
    await t.throwsAsync(target.look([], new Map(), never()), expected)
    await t.throwsAsync(target.act([], [], never()), expected)
    const session = powershellSession(t, dir, denied)
    t.like(await session.ask({ do: 'examine' }, never()), { languageMode: 'FullLanguage', is64Bit: true })
  },
)

on(
  'a service that does not stop, one that falls over and a pool that does not go are told after the limit',
  async (t, dir) => {
    const stuck = [
      'function Set-PlatformService([string]$Name, [string]$Status) { }',
      'function Set-PlatformPool([string]$Name, [string]$State) { }',
    ].join('\n')
    const { act, see } = reached(t, dir, stuck)
    const service = await see('service', 'MSExchangeUMCR')
    const pool = await see('pool', 'MSExchangeECPAppPool')
    if (service.is !== 'here' || pool.is !== 'here') throw new Error('the example is not as it was')
    t.deepEqual(
      await act(
        {
          thing: 'service',
          name: 'MSExchangeUMCR',
          expect: service.digest,
          become: { status: 'Stopped' },
          timeoutSeconds: 1,
        },
        {
          thing: 'pool',
          name: 'MSExchangeECPAppPool',
          expect: pool.digest,
          become: { state: 'Stopped' },
          timeoutSeconds: 1,
        },
      ),
      [
        { is: 'failed', detail: 'the service MSExchangeUMCR is still Running after 1 seconds' },
        { is: 'not-attempted' },
      ],
    )
    t.deepEqual(
      await act({
        thing: 'pool',
        name: 'MSEXCHANGEECPAPPPOOL',
        expect: pool.digest,
        become: { state: 'Stopped' },
        timeoutSeconds: 1,
      }),
      [{ is: 'failed', detail: 'the pool MSEXCHANGEECPAPPPOOL is still Started after 1 seconds' }],
    )
  },
)

on('what starting one service moved is no conflict for a later step of the same act', async (t, dir) => {
  const { act, see } = reached(t, dir)
  const of = async (name: string) => {
    const seen = await see('service', name)
    if (seen.is !== 'here') throw new Error(`${name} is ${seen.is}`)
    return { thing: 'service', name, expect: seen.digest, timeoutSeconds: 10 } as const
  }
  const server = JSON.parse(await readFile(`${dir}/server.json`, 'utf8'))
  server.services.Upper = { startType: 'Manual', status: 'Stopped', dependsOn: ['lower'] }
  server.services.Lower = { startType: 'Manual', status: 'Stopped', dependsOn: [] }
  await writeFile(`${dir}/server.json`, JSON.stringify(server))
  const [upper, lower] = [await of('Upper'), await of('Lower')]
  t.deepEqual(
    await act(
      { ...upper, become: { status: 'Running' } },
      { ...lower, become: { startType: 'Automatic', status: 'Running' } },
    ),
    [{ is: 'done' }, { is: 'done' }],
  )
  t.like(await see('service', 'Lower'), {
    value: { startType: 'Automatic', status: 'Running', dependents: ['Upper'] },
  })
})

on('a URL of the server goes out as it is written, and only to the server', async (t, dir) => {
  const lines: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (data) => {
      const [line = ''] = data.toString('latin1').split('\r\n')
      lines.push(line)
      if (line.includes('abort')) socket.destroy()
      else
        socket.end(
          'HTTP/1.1 302 Found\r\nLocation: http://files.contoso.example/\r\nContent-Length: 0\r\n\r\n',
        )
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const session = powershellSession(t, dir)
  const fetch = (url: string) => session.ask({ do: 'fetch', url, timeoutSeconds: 20 }, never())
  const odd = '/owa/..%2f%50owershell/a\\b?x=%u0041;y&z=@autodiscover.json'
  t.like(await fetch(`http://127.0.0.1:${port}${odd}`), { status: 302, error: null })
  t.like(await fetch(`http://localhost:${port}/abort`), { status: null })
  t.deepEqual(lines, [`GET ${odd} HTTP/1.1`, 'GET /abort HTTP/1.1'])
  for (const url of [
    'http://files.contoso.example/',
    'http://127.0.0.1.contoso.example/',
    'http://user@127.0.0.1/',
    'ftp://127.0.0.1/',
    'http://127.0.0.1/a b',
    'http://127.0.0.1/a\r\nX: y',
    `http://127.0.0.1:${port}x/`,
    'file:///etc/passwd',
  ]) {
    const { status, error } = await session.ask({ do: 'fetch', url, timeoutSeconds: 20 }, never())
    t.is(status, null, url)
    t.regex(error ?? '', /is not this server|not a URL/, url)
  }
  t.is(lines.length, 2)
})

on('an event without its source is not written, with the reason', async (t, dir) => {
  const session = powershellSession(t, dir)
  const event = await session.ask({ do: 'event', eventId: 1005, level: 'Warning', message: 'ä' }, never())
  t.deepEqual(event, { written: false, why: 'the event source Stopgap is not registered on this server' })
  const logged =
    'function Write-PlatformEvent([int]$Id, [string]$Level, [string]$Message) { throw "$Id $Level $($Message.Length)" }'
  const cut = powershellSession(t, dir, logged)
  const long = await cut.ask(
    { do: 'event', eventId: 7, level: 'Error', message: 'x'.repeat(40_000) },
    never(),
  )
  t.deepEqual(long, { written: false, why: '7 Error 31000' })
})

on('what it found out about itself is what doctor asks for', async (t, dir) => {
  const session = powershellSession(t, dir)
  t.like(await session.ask({ do: 'examine' }, never()), { recordFolder: true }, 'its folders can be made')
  await mkdir(onDisk(dir, 'C:\\ProgramData'), { recursive: true })
  const found = await session.ask({ do: 'examine' }, never())
  t.like(found, { elevated: true, universalCrt: true, configurationRedirected: null, recordFolder: true })
  t.true(Math.abs(found.clock - Date.now()) < 120_000)
  t.deepEqual(await readdir(onDisk(dir, 'C:\\ProgramData')), [])
  await rm(onDisk(dir, 'C:\\ProgramData'), { recursive: true })
  await writeFile(onDisk(dir, 'C:\\ProgramData'), '')
  await chmod(onDisk(dir, 'C:\\ProgramData'), 0o444)
  t.is(typeof (await session.ask({ do: 'examine' }, never())).recordFolder, 'string')
})

/** Lines in, lines out, without a session between. */
async function raw(t: ExecutionContext, dir: string) {
  const { transport, program } = rawPowershell(dir)
  const channel = await transport.open(never())
  t.teardown(() => channel.close())
  channel.send(await program())
  t.regex((await channel.next()) ?? '', /^\{"hello":"stopgap","protocol":1,/)
  return async (line: string): Promise<{ readonly [field: string]: unknown }> => {
    channel.send(line)
    const answer = (await channel.next()) ?? 'no answer'
    t.regex(answer, /^[\x20-\x7e]*$/)
    return JSON.parse(answer)
  }
}

on('every text comes in and goes out as it is', async (t, dir) => {
  const ask = await raw(t, dir)
  let id = 0
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.string({ unit: fc.constantFrom('\\', '"', 'u', 'n', '\u0000', '\u2028', '\ud800', '%', '/') }),
  )
  await fc.assert(
    fc.asyncProperty(text, async (word) => {
      id += 1
      // A lone half of a character is written as an escape by both.
      const line = JSON.stringify({ id, do: word }).replaceAll(
        /[\u007f-\uffff]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      const { detail, ...rest } = await ask(line)
      t.deepEqual(rest, { id, is: 'failed' })
      t.is(detail, `there is no such request as ${word}`)
    }),
    { numRuns: 150 },
  )
})

on('a line that is no request is answered as failed, and the next one is heard', async (t, dir) => {
  const ask = await raw(t, dir)
  const good = '{"id":1,"do":"look","queries":[]}'
  for (let cut = 1; cut < good.length; cut += 3)
    t.like(await ask(good.slice(0, cut)), { is: 'failed' }, good.slice(0, cut))
  for (const line of [
    `${good}${good}`,
    `${good},`,
    '[1]',
    '1',
    'null',
    '"text"',
    '{"id":"1","do":"look","queries":[]}',
    '{"id":1.5,"do":"look"}',
    '{"do":"look","queries":[]}',
    '{"id":1,"id":2,"do":"look","queries":[]}',
    "{'id':1}",
    '{"id":1,"do":"\\x"}',
    '{"id":1,"do":"\\u12"}',
    '{"id":1,"do":"LOOK","queries":[]}',
    '['.repeat(10_000),
    '$(Stop-Process -Id $PID)',
    '; exit 1',
  ]) {
    t.like(await ask(line), { is: 'failed' }, line.slice(0, 60))
  }
  t.deepEqual(await ask(good), { id: 1, is: 'done', value: { sightings: [] } })
  t.deepEqual(await ask('{"id":2,"do":"look","queries":[{"thing":"registry","name":"x","known":null}]}'), {
    id: 2,
    is: 'done',
    value: {
      sightings: [{ thing: 'registry', name: 'x', is: 'unknown', why: 'there is no such thing as registry' }],
    },
  })
})

on('names that would do something as code are only names', async (t, dir) => {
  const { act, see } = reached(t, dir)
  const proof = `${dir}/proof`
  for (const name of [
    `$([IO.File]::WriteAllText('${proof}', 'x'))`,
    `'; New-Item ${proof}; '`,
    `" ; touch ${proof} ; "`,
    '`"$PID',
  ]) {
    for (const thing of ['service', 'pool'] as const) t.deepEqual(await see(thing, name), { is: 'absent' })
    t.not((await see('file', `C:\\inetpub\\${name}`)).is, 'here')
    t.like(
      await act({
        thing: 'pool',
        name,
        expect: digestOf(''),
        become: { state: 'Stopped' },
        timeoutSeconds: 1,
      }),
      [{ is: 'conflict' }],
    )
  }
  await t.throwsAsync(stat(proof), { code: 'ENOENT' })
})

on('a session whose input ends, ends', async (t, dir) => {
  const target = windowsTarget({ name: 'ex01', ...rawPowershell(dir) })
  await target.look([], new Map(), never())
  const before = Date.now()
  await target.close()
  t.true(Date.now() - before < 15_000)
})
