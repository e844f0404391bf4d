import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startCli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const RULE =
  '<rewrite><rules><rule name="r"><match url="^a" /><action type="AbortRequest" /></rule></rules></rewrite>'

interface Answered {
  readonly id: unknown
  readonly outcome?: string
  readonly error?: string
}

/** What `request --batch` makes of some bytes: its exit code and its answers. */
async function answered(
  t: ExecutionContext,
  input: string | Uint8Array,
  cwd?: string,
): Promise<{ readonly code: number | null; readonly answers: readonly Answered[] }> {
  const running = startCli(t, cwd ?? (await temporaryFolder(t)), 'request', '--batch')
  running.child.stdin.end(input)
  const { code, stdout, stderr } = await running.ended
  t.is(stderr, '')
  return {
    code,
    answers: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Answered),
  }
}

const written = (parts: object): string =>
  JSON.stringify({ id: 1, rewriteXml: RULE, request: { url: '/a' }, ...parts })

const MALFORMED: readonly (readonly [what: string, line: string, id: unknown, error: RegExp])[] = [
  ['no JSON', 'nonsense', null, /^not JSON/],
  ['half an object', '{"id":1', null, /^not JSON/],
  ['brackets without an end', '['.repeat(200_000), null, /^not JSON/],
  ['a list', '[]', null, /not an object/],
  ['null', 'null', null, /not an object/],
  ['a number', '42', null, /not an object/],
  ['a text', '"x"', null, /not an object/],
  ['nothing', '{}', null, /rewriteXml or config/],
  ['an id alone', '{"id":"x"}', 'x', /rewriteXml or config/],
  ['two configurations', written({ config: '<x/>' }), 1, /either/],
  ['rules that are no text', written({ rewriteXml: 7 }), 1, /rewriteXml is not a text/],
  ['no request', written({ request: undefined }), 1, /request is not an object/],
  ['no URL', written({ request: {} }), 1, /request\.url is not a text/],
  ['a URL that is none', written({ request: { url: 'a' } }), 1, /neither a path/],
  ['a URL with a line end', written({ request: { url: '/a\r\nX: y' } }), 1, /control character/],
  ['a method of two words', written({ request: { method: 'GE T', url: '/' } }), 1, /not a method/],
  [
    'a header that is no text',
    written({ request: { url: '/', headers: { A: 1 } } }),
    1,
    /headers\.A is not a text/,
  ],
  [
    'a header with a line end',
    written({ request: { url: '/', headers: { A: 'b\nC: d' } } }),
    1,
    /control character/,
  ],
  ['a variable that is no text', written({ serverVariables: { A: {} } }), 1, /serverVariables\.A/],
  ['a response that is none', written({ response: 'x' }), 1, /response is not an object/],
  ['a status that is no number', written({ response: { status: 'x' } }), 1, /response\.status/],
  ['a file that is not there', '{"id":1,"config":"none.config","request":{"url":"/"}}', 1, /ENOENT/],
  ['a folder', '{"id":1,"config":"folder","request":{"url":"/"}}', 1, /not a file/],
  [
    'a name of a file that is none',
    '{"id":1,"config":"a\\u0000b","request":{"url":"/"}}',
    1,
    /cannot be read/,
  ],
]

test('each line that cannot be understood has its answer, and the others theirs', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'folder'))
  const lines = MALFORMED.flatMap(([, line], index) => [line, written({ id: `good ${index}` })])
  const { code, answers } = await answered(t, lines.join('\n'), folder)
  t.is(code, 3)
  t.is(answers.length, 2 * MALFORMED.length)
  for (const [index, [what, , id, error]] of MALFORMED.entries()) {
    t.deepEqual(Object.keys(answers[2 * index] as Answered), ['id', 'error'], what)
    t.is(answers[2 * index]?.id, id, what)
    t.regex(answers[2 * index]?.error ?? '', error, what)
    const { id: good, outcome } = answers[2 * index + 1] as Answered
    t.deepEqual([good, outcome], [`good ${index}`, 'abort'], `behind ${what}`)
  }
})

const HAS_ZERO = existsSync('/dev/zero')

;(HAS_ZERO ? test : test.skip)(
  `a device that never ends is not read${HAS_ZERO ? '' : ': there is no /dev/zero'}`,
  async (t) => {
    const { code, answers } = await answered(t, '{"id":1,"config":"/dev/zero","request":{"url":"/"}}')
    t.is(code, 3)
    t.regex(answers[0]?.error ?? '', /not a file/)
  },
)

test('a byte order mark, both kinds of line ends, empty lines, and a last line without an end', async (t) => {
  const lines = `\uFEFF${written({ id: 'é\u{1F600}' })}\r\n\r\n  \n\n${written({ id: { of: [1] } })}\n${written({ id: null })}`
  const { code, answers } = await answered(t, lines)
  t.is(code, 0)
  t.deepEqual(
    answers.map(({ id, outcome }) => [id, outcome]),
    [
      ['é\u{1F600}', 'abort'],
      [{ of: [1] }, 'abort'],
      [null, 'abort'],
    ],
  )
})

test('bytes that are no text do not end the stream', async (t) => {
  const broken = Buffer.concat([
    Buffer.from('{"id":1,"x":"'),
    Buffer.from([0xff, 0xfe, 0xc0]),
    Buffer.from('"}\n'),
  ])
  const { code, answers } = await answered(t, Buffer.concat([broken, Buffer.from(written({ id: 2 }))]))
  t.is(code, 3)
  t.deepEqual(
    answers.map(({ id, outcome }) => [id, outcome]),
    [
      [1, undefined],
      [2, 'abort'],
    ],
  )
})

test('a line of many megabytes is refused, and what is behind it is answered', async (t) => {
  const long = written({ id: 1, request: { url: `/${'a'.repeat(17 * 1024 * 1024)}` } })
  const large = written({ id: 2, request: { url: `/${'b'.repeat(1024 * 1024)}` } })
  const { code, answers } = await answered(t, [long, large, written({ id: 3 })].join('\n'))
  t.is(code, 3)
  t.regex(answers[0]?.error ?? '', /longer than/)
  t.deepEqual(
    answers.map(({ id, outcome }) => [id, outcome]),
    [
      [null, undefined],
      [2, 'pass'],
      [3, 'abort'],
    ],
  )
})

test('markup and expressions of absurd depth, and rules of absurd length, hold nobody up', async (t) => {
  const rule = (pattern: string) =>
    `<rewrite><rules><rule name="r"><match url="${pattern}" /><action type="None" /></rule></rules></rewrite>`
  const deep = 20_000
  const long = rule('.*').replace(
    '<action',
    `<conditions>${'<add input="{URL}" pattern="a" />'.repeat(2 * deep)}</conditions><action`,
  )
  const { code, answers } = await answered(
    t,
    [
      written({ rewriteXml: '<rewrite>'.repeat(deep) + '</rewrite>'.repeat(deep) }),
      written({ rewriteXml: rule(`${'('.repeat(deep)}a${')'.repeat(deep)}`) }),
      written({ rewriteXml: rule(`a{${'9'.repeat(deep)}}`) }),
      written({ rewriteXml: long }),
      written({}),
    ].join('\n'),
  )
  t.is(code, 0)
  t.deepEqual(
    answers.map(({ outcome }) => outcome).filter((_, index) => index !== 2),
    ['parse-error', 'parse-error', 'pass', 'abort'],
  )
})

const TOO_MUCH = 'it is too much to be worked out here: Invalid string length'

test('what no text can hold, an id too deep to be written back, and a name of a folder without end have answers', async (t) => {
  const doubling = (section: string) =>
    `<rewrite><${section}><rule name="r"><match $M /><action $A="${'{HTTP_A}'.repeat(600)}" /></rule></${section}></rewrite>`
  const headers = { A: 'x'.repeat(1_000_000) }
  const inbound = doubling('rules').replace('$M', 'url=".*"').replace('$A', 'type="Rewrite" url')
  const outbound = doubling('outboundRules')
    .replace('$M', 'pattern="b"')
    .replace('$A', 'type="Rewrite" value')
  const { code, answers } = await answered(
    t,
    [
      written({ rewriteXml: inbound, request: { url: '/a', headers } }),
      written({ id: 2, rewriteXml: outbound, request: { url: '/a', headers }, response: { body: 'b' } }),
      written({ id: 'deep' }).replace('"deep"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
      written({ id: 4, request: { url: `/b${'x'.repeat(12_000_000)}` } }),
    ].join('\n'),
  )
  t.is(code, 3)
  t.like(answers, [
    { id: 1, outcome: 'parse-error', subStatus: 50, error: `r: ${TOO_MUCH}` },
    { id: 2, outcome: 'parse-error', subStatus: 52, error: `r: ${TOO_MUCH}` },
    { id: null, error: 'the answer cannot be written: it is too large or its id too deep' },
    { id: 4, outcome: 'pass' },
  ])
})

test('ten thousand lines of many configurations are answered in their order', async (t) => {
  // More configurations than are kept ready.
  const lines = Array.from({ length: 10_000 }, (_, id) =>
    written({
      id,
      rewriteXml: RULE.replace('^a', `^a${Math.floor(id / 40)}$`),
      request: { url: `/a${Math.floor(id / 80) * 2}?${id}` },
    }),
  )
  const { code, answers } = await answered(t, lines.join('\r\n'))
  t.is(code, 0)
  t.is(answers.length, 10_000)
  const wrong = answers.filter(
    ({ id, outcome }, at) => id !== at || outcome !== (at % 80 < 40 ? 'abort' : 'pass'),
  )
  t.deepEqual(wrong, [])
})

test('whoever reads only the first answer does not make it fail', async (t) => {
  const running = startCli(t, await temporaryFolder(t), 'request', '--batch')
  running.child.stdin.on('error', () => {})
  running.child.stdout.once('data', () => running.child.stdout.destroy())
  running.child.stdin.end(`${written({})}\n`.repeat(20_000))
  const { stderr } = await running.ended
  t.is(stderr, '')
})
