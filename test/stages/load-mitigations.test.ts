import test from 'ava'
import type { Json, Kind, Resource } from '../../reconciler/model/resource.ts'
import { checkFiles, linesOf, mitigation } from '../helpers/policy.ts'

const M = 'mitigations/m.yaml'

/** The faults of one mitigation with these lines of spec; line 9 is the first of them. */
const finds = test.macro((t, spec: string, expected: readonly string[]) => {
  t.deepEqual(linesOf(checkFiles({ [M]: mitigation('M', spec) })), expected)
})

// Builds
const NEITHER = `${M}:4:1: has neither fixedIn nor permanent. Say which build ends it, or why none does.`
test('neither fixedIn nor permanent', (t) => {
  const text = mitigation('M').replace('  permanent: nothing fixes it\n', '')
  t.deepEqual(linesOf(checkFiles({ [M]: text })), [NEITHER])
})
test('both', finds, '  fixedIn: { "15.1.2507": 15.1.2507.16 }\n  permanent: x\n', [
  `${M}:10:3: stands beside fixedIn. Keep one: what is permanent is fixed by no build.`,
])
test('a build of another lane', finds, '  fixedIn: { "15.1.2507": 15.1.2375.37 }\n', [
  `${M}:9:27: the build 15.1.2375.37 is not in the lane 15.1.2507, but in 15.1.2375.`,
])
test('leading zeros in a build do not matter', finds, '  fixedIn: { "15.2.1118": 15.02.1118.020 }\n', [])
test('leading zeros in a lane', finds, '  fixedIn: { "15.02.1118": 15.2.1118.20 }\n', [
  `${M}:9:14: write the lane without leading zeros: "15.2.1118".`,
])
test('a build that YAML made a number', finds, '  fixedIn: { "15.1.2507": 15.1 }\n', [
  `${M}:9:27: must be text, but YAML reads 15.1 as a number. Put it in quotes.`,
])
test('a lane that YAML would make a number', finds, '  fixedIn: { 15.10: 15.1.2507.1 }\n', [
  `${M}:9:14: the key 15.10 is not text to YAML. Put it in quotes: "15.10".`,
])
test('a lane of two parts', finds, '  fixedIn: { "15.1": 15.1.2507.1 }\n', [
  `${M}:9:14: '15.1' cannot be a key here: a lane is the first three parts of a build, such as "15.1.2507".`,
])
test('fixed in nothing', finds, '  fixedIn: {}\n', [
  `${M}:9:12: must not be empty: First Exchange build with the fix, by lane.`,
])
test('fixed in no version of a file', finds, '  fixedIn: { file: x.dll, versions: {} }\n', [
  `${M}:9:37: must not be empty: First version of the file with the fix, by lane.`,
])
test('a file without versions', finds, '  fixedIn: { file: x.dll }\n', [
  `${M}:9:12: 'versions' is missing: First version of the file with the fix, by lane.`,
])
test(
  'versions of a file',
  finds,
  '  fixedIn: { file: x.dll, versions: { "10.0.17763": 10.0.17763.4968 } }\n',
  [],
)
test('kept until nothing', finds, '  keepUntil: {}\n', [])
test('kept without a fix', finds, '  keepUntil: { "15.1.2507": 15.1.2507.16 }\n', [
  `${M}:9:3: needs a fixedIn: it says how long to keep after the fix.`,
])
const FIXED = '  fixedIn: { "15.1.2507": 15.1.2507.16 }\n'
test('kept below the fix', finds, `${FIXED}  keepUntil: { "15.1.2507": 15.1.2507.15 }\n`, [
  `${M}:10:29: 15.1.2507.15 is below the first build with the fix, 15.1.2507.16.`,
])
test('kept in a lane without a fix', finds, `${FIXED}  keepUntil: { "15.2.1118": 15.2.1118.20 }\n`, [
  `${M}:10:16: the lane '15.2.1118' is not in fixedIn. Add it there first.`,
])
test(
  'kept by a file, fixed by a build',
  finds,
  `${FIXED}  keepUntil: { file: x, versions: { "15.1.2507": 15.1.2507.16 } }\n`,
  [`${M}:10:3: is about something else than fixedIn. Both name Exchange builds, or versions of one file.`],
)
test('a range', finds, '  appliesTo: { builds: ">=15.0.1497 <15.3" }\n', [])
test('no range', finds, '  appliesTo: { builds: "15.0 - 15.3" }\n', [
  `${M}:9:24: '15.0 - 15.3' is no range of builds. Write comparators such as ">=15.0.1497 <15.3 || >=16".`,
])
test('a range that YAML made a number', finds, '  appliesTo: { builds: 15.1 }\n', [
  `${M}:9:24: must be text, but YAML reads 15.1 as a number. Put it in quotes.`,
])
test('from a build of another lane', finds, '  appliesTo: { from: { "15.2.986": 15.2.1118.1 } }\n', [
  `${M}:9:36: the build 15.2.1118.1 is not in the lane 15.2.986, but in 15.2.1118.`,
])
test('an unknown role', finds, '  appliesTo: { roles: [mailbox] }\n', [
  `${M}:9:24: must be one of Mailbox, ClientAccess, EdgeTransport; it is 'mailbox'; did you mean 'Mailbox'?`,
])
test('what is required', finds, '  requires: { urlRewrite: ">=x", php: ">=8" }\n', [
  `${M}:9:27: '>=x' is no range of builds. Write comparators such as ">=15.0.1497 <15.3 || >=16".`,
  `${M}:9:34: unknown key 'php'. Known here: urlRewrite, iis, os, exchange.`,
])
test(
  'request tests',
  finds,
  '  tests:\n    - { name: a, request: GET owa, expect: block }\n    - { name: b, request: { url: /owa/ }, expect: { status: 42 } }\n',
  [
    `${M}:10:27: 'GET owa' does not fit: Method and URL, such as \`GET /owa/\`.`,
    `${M}:10:44: must be one of blocked, passed; it is 'block'; did you mean 'blocked'?`,
    `${M}:11:61: must be >= 100: HTTP status.`,
  ],
)
test('control characters in a text', finds, '  checklist: ["\\e[2J"]\n', [
  `${M}:9:15: '\\u{1b}[2J' holds control characters. Remove them.`,
])

// Resources
const entries = test.macro((t, resources: string, expected: readonly string[]) => {
  t.deepEqual(linesOf(checkFiles({ [M]: mitigation('M', '', resources) })), expected)
})
test('no resources', entries, '    []', [
  `${M}:8:5: must not be empty: What is made on the server, in this order; taken back in reverse.`,
])
test('an unknown kind', entries, '    - kind: servce', [
  `${M}:8:13: the kind 'servce' is unknown; did you mean 'service'?`,
])
test('an unknown key', entries, '    - { kind: service, name: x, statsu: Stopped }', [
  `${M}:8:33: unknown key 'statsu'; did you mean 'status'?`,
])
test(
  'the same twice',
  entries,
  '    - { kind: service, name: x, status: Stopped }\n    - { kind: service, name: X, status: Stopped }',
  [`${M}:9:7: lists 'service:X' a second time; first in line 8. Remove one.`],
)

const service = (status: string): string => `    - { kind: service, name: Some, status: ${status} }`
test('two mitigations that want the same', (t) => {
  const files = {
    [M]: mitigation('M', '', service('Stopped')),
    'mitigations/n.yaml': mitigation('N', '', service('Stopped')),
  }
  t.deepEqual(linesOf(checkFiles(files)), [])
})
test('two mitigations that want different things of one resource', (t) => {
  const files = {
    [M]: mitigation('M', '', service('Stopped')),
    'mitigations/n.yaml': mitigation('N', '', service('Running')),
  }
  const lines = linesOf(checkFiles(files))
  t.is(lines.length, 1)
  t.regex(
    lines[0] ?? '',
    /^mitigations\/n\.yaml:8:7: wants .*"Running".*'M' \(mitigations\/m\.yaml:3:19\) wants .*"Stopped".* at mitigations\/m\.yaml:8:7\. Make them agree\.$/,
  )
})

/** A small kind with marks and patterns, whatever the real ones are like. */
const rule: Kind = {
  name: 'rule',
  schema: { type: 'object', required: ['kind', 'name'] },
  faults: (entry, optIn) =>
    field(entry, 'bad') === true && !optIn ? [{ pointer: '/bad', message: 'is bad.' }] : [],
  split: (entry) => [entry],
  resource: (spec): Resource => ({
    kind: 'rule',
    key: `rule::${String(field(spec, 'name'))}`,
    mitigation: '',
    spec,
    want: {},
    stops: false,
    read: () => ({ is: 'absent' }),
    put: () => ({ is: 'unknown', why: '' }),
    undo: () => ({ is: 'unknown', why: '' }),
    impact: () => ({ stops: [], restarts: [] }),
  }),
  ours: () => [],
}

function field(entry: Json, name: string): Json | undefined {
  return (entry as { readonly [key: string]: Json })[name]
}

const rules = test.macro((t, first: string, second: string, expected: readonly string[]) => {
  const files = {
    'mitigations/sound.yaml': mitigation('A', '', first),
    [M]: mitigation('M', '  optIn: false\n', second),
  }
  t.deepEqual(linesOf(checkFiles(files, [rule])), expected)
})
const R = '    - { kind: rule, name: a }'
test('two rules of one name', rules, R, R.replace('a }', 'A }'), [
  `mitigations/sound.yaml:8:7: 'rule::a' is also the name of a rule of the mitigation 'M' (${M}:3:19), at ${M}:8:7. Choose another name.`,
])
test('what the kind itself finds', rules, R, '    - { kind: rule, name: b, bad: true }', [
  `${M}:8:35: is bad.`,
])
test(
  'a pattern that is none',
  rules,
  R,
  "    - { kind: rule, name: b, match: { url: '*' }, action: { url: '*' }, conditions: [{ pattern: '(' }] }",
  [
    `${M}:8:44: '*' is no regular expression (Nothing to repeat). IIS would answer every request with 500.`,
    `${M}:8:97: '(' is no regular expression (Unterminated group). IIS would answer every request with 500.`,
  ],
)
test('a pattern that is none, beside a key that nobody knows', (t) => {
  const entry = "    - { kind: rewrite-rule, at: Default Web Site, name: a, match: { url: '*' }, actoin: {} }"
  const lines = linesOf(checkFiles({ [M]: mitigation('M', '', entry) }))
  t.true(
    lines.some((line) => line.startsWith(`${M}:8:74: '*' is no regular expression`)),
    lines.join('\n'),
  )
  t.true(
    lines.some((line) => line.startsWith(`${M}:8:81: unknown key 'actoin'`)),
    lines.join('\n'),
  )
})
test(
  'a wildcard is no regular expression and need not be',
  rules,
  R,
  "    - { kind: rule, name: b, patternSyntax: Wildcard, match: { url: '*' } }",
  [],
)
