import test from 'ava'
import { joinTraffic, parseTraffic } from '../../reconciler/proof/traffic.ts'

const HEAD = `protocol: owa
title: Outlook on the web
sources: [https://learn.microsoft.com/x]
groups:
  - name: the shell
    headers: { User-Agent: Firefox, Cookie: a=1 }
    requests:
`

test('a request takes the headers of its group, and its own instead of them', (t) => {
  const { requests, faults } = parseTraffic(
    'traffic/owa.yaml',
    `${HEAD}      - { name: one, request: GET /owa/?a=b }
      - name: two
        request: { method: POST, url: "http://owa.contoso.example:8080/owa/x", headers: { cookie: b=2 } }
      - { name: three, request: { url: /owa/, headers: { Host: alias.contoso.example } } }
`,
  )
  t.deepEqual(faults, [])
  t.deepEqual(
    requests.map(({ request }) => request),
    [
      {
        method: 'GET',
        url: '/owa/?a=b',
        headers: { 'User-Agent': 'Firefox', Cookie: 'a=1' },
        https: true,
        host: 'mail.contoso.example',
        port: 443,
      },
      {
        method: 'POST',
        url: '/owa/x',
        headers: { 'User-Agent': 'Firefox', cookie: 'b=2' },
        https: false,
        host: 'owa.contoso.example',
        port: 8080,
      },
      {
        method: 'GET',
        url: '/owa/',
        headers: { Host: 'alias.contoso.example', 'User-Agent': 'Firefox', Cookie: 'a=1' },
        https: true,
        host: 'alias.contoso.example',
        port: 443,
      },
    ],
  )
  t.deepEqual(requests[1]?.origin, { file: 'traffic/owa.yaml', line: 9, column: 9 })
  t.is(requests[1]?.protocol, 'owa')
  t.is(requests[1]?.group, 'the shell')
})

const refused = test.macro((t, text: string, line: number, column: number, says: RegExp) => {
  const { requests, faults } = parseTraffic('traffic/owa.yaml', text)
  t.deepEqual(requests, [])
  t.deepEqual(
    faults.map((one) => [one.severity, one.file, one.line, one.column]),
    [['error', 'traffic/owa.yaml', line, column]],
  )
  t.regex(faults[0]?.message ?? '', says)
})
test('no text', refused, '', 1, 1, /no request/)
test('no YAML', refused, 'a: [', 1, 5, /YAML/)
test(
  'two documents',
  refused,
  `${HEAD}      - { name: a, request: GET / }\n---\na: 1\n`,
  10,
  1,
  /second document/,
)
test(
  'a line end in a header',
  refused,
  `${HEAD}      - { name: a, request: { url: /, headers: { A: "b\\nC: d" } } }\n`,
  8,
  53,
  /./,
)
test('a blank in a URL', refused, `${HEAD}      - { name: a, request: GET /owa/a b }\n`, 8, 29, /./)
test('a letter that is not ASCII', refused, `${HEAD}      - { name: a, request: GET /owa/ü }\n`, 8, 29, /./)
test(
  'an unknown key',
  refused,
  `${HEAD}      - { name: a, request: GET /, expect: passed }\n`,
  8,
  36,
  /expect/,
)
test(
  'a request without a URL',
  refused,
  `${HEAD}      - { name: a, request: { method: GET } }\n`,
  8,
  29,
  /url/,
)

test('a name or a request that stands twice is a fault, in whichever file', (t) => {
  const file = (name: string, ...lines: readonly string[]) => parseTraffic(name, HEAD + lines.join('\n'))
  const first = file('traffic/a.yaml', '      - { name: one, request: GET /owa/ }')
  const second = file(
    'traffic/b.yaml',
    '      - { name: one, request: GET /ecp/ }',
    '      - { name: two, request: { url: /owa/ } }',
    '      - { name: three, request: { url: /owa/, headers: { Cookie: b=2 } } }',
  )
  const { requests, faults } = joinTraffic([first, second])
  t.deepEqual(requests, [])
  t.deepEqual(
    faults.map(({ file: name, line, message }) => `${name}:${line}: ${message}`),
    [
      "traffic/b.yaml:8: the name 'one' is taken at traffic/a.yaml:8. Choose another.",
      'traffic/b.yaml:9: the same request stands at traffic/a.yaml:8. Remove one of them.',
    ],
  )
  t.is(joinTraffic([first]).requests.length, 1)
})
