import test from 'ava'
import { checkFiles, linesOf, mitigation } from '../helpers/policy.ts'

type Files = Parameters<typeof checkFiles>[0]

/** The faults of some files beside a sound one: all of them, in order, and nothing else. */
const finds = test.macro((t, files: Files, expected: readonly string[]) => {
  t.deepEqual(linesOf(checkFiles(files)), expected)
})

const M = 'mitigations/m.yaml'
const P = 'policies/p.yaml'
const object = (kind: string, name: string, spec: string): string =>
  `apiVersion: stopgap/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`

test('nothing', finds, {}, [])
test('an empty file and empty documents', finds, { [P]: '---\n# later\n---\n' }, [])
test(
  'files elsewhere do not count',
  finds,
  { 'README.yaml': '{', 'policies/notes.md': '{', 'x/policies/a.yaml': '{' },
  [],
)

// What an object is
test('no object', finds, { [P]: '- a\n' }, [
  `${P}:1:1: is no object. Each document has apiVersion, kind, metadata and spec.`,
])
test('an unknown kind', finds, { [P]: object('Polcy', 'x', '{}') }, [
  `${P}:2:7: the kind 'Polcy' is unknown; did you mean 'Policy'?`,
])
test('an unknown apiVersion', finds, { [P]: object('Policy', 'x', '{}').replace('v1', 'v2') }, [
  `${P}:1:13: the apiVersion 'stopgap/v2' is unknown. This version of Stopgap reads stopgap/v1.`,
])
test(
  'unknown keys, each',
  finds,
  { [P]: object('Policy', 'x', "{ mitigations: ['*'], mod: audit, foo: 1 }") },
  [
    `${P}:4:29: unknown key 'mod'; did you mean 'mode'?`,
    `${P}:4:41: unknown key 'foo'. Known here: servers, mitigations, mode.`,
  ],
)
test('a name that is none', finds, { [P]: object('Server', '-x', '{}') }, [
  `${P}:3:19: '-x' does not fit: Unique among the objects of its kind, compared without case. Letters, digits, dots and dashes, at most 63, beginning with a letter or digit.`,
])
test('a name that YAML made a number', finds, { [P]: object('Server', '15.10', '{}') }, [
  `${P}:3:19: must be text, but YAML reads 15.1 as a number. Put it in quotes.`,
])

// Names
test('a name twice, without case, in another file', finds, { [M]: mitigation('SOUND') }, [
  `mitigations/sound.yaml:3:19: there is another Mitigation named 'SOUND' in ${M}:3:19 (names are compared without case). Rename one.`,
])
test('one name for two kinds', finds, { [P]: object('Server', 'Sound', '{}') }, [])
test(
  'two organizations',
  finds,
  { [P]: `${object('Organization', 'a', '{}')}---\n${object('Organization', 'b', '{}')}` },
  [`${P}:7:7: a second Organization; the first is in ${P}:3:19. Keep one.`],
)
test(
  'an organization needs no name',
  finds,
  { [P]: 'apiVersion: stopgap/v1\nkind: Organization\nspec: {}\n' },
  [],
)

// References
test('a mitigation that is not there', finds, { [P]: object('Policy', 'x', '{ mitigations: [Sonud] }') }, [
  `${P}:4:23: there is no Mitigation named 'Sonud'; did you mean 'Sound'?`,
])
test(
  'a server that is not there',
  finds,
  { [P]: object('Policy', 'x', "{ servers: { names: [ex01] }, mitigations: ['*'] }") },
  [`${P}:4:28: there is no Server object named 'ex01'.`],
)
test(
  'it may be in a file that cannot be read',
  finds,
  { [P]: object('Policy', 'x', '{ mitigations: [M9] }'), 'mitigations/a.yaml': 'a: [' },
  [
    'mitigations/a.yaml:1:5: does not parse as YAML: unexpected end of the stream within a flow collection.',
    `${P}:4:23: there is no Mitigation named 'M9' (it may stand in mitigations/a.yaml, which cannot be read).`,
  ],
)
test('all and some', finds, { [P]: object('Policy', 'x', "{ mitigations: ['*', Sound] }") }, [
  `${P}:4:23: '*' stands alone. Name what it leaves out in another Policy.`,
])

// Empty selectors and lists
test('a selector of nothing', finds, { [P]: object('Policy', 'x', '{ servers: {}, mitigations: [] }') }, [
  `${P}:4:18: must not be empty: Which servers: those named, and those that have all the labels. Absent: all servers.`,
  `${P}:4:35: must not be empty: Mitigations by name, or ['*'] for all that are not optIn.`,
])
test(
  'a selector by two things',
  finds,
  { [P]: object('Policy', 'x', '{ mitigations: { severity: [low], labels: { a: b } } }') },
  [
    `${P}:4:22: has more than 1 key: By what mitigations have in common: either severity or labels.`,
    `${P}:4:41: warning: no Mitigation has all of these labels, so they select nothing.`,
  ],
)

// Switches and blocks
test(
  'switched off without a why',
  finds,
  { [P]: object('Organization', 'o', '{ mitigationsEnabled: false }') },
  [
    `${P}:4:7: 'reason' is missing: Why it is switched off.`,
    `${P}:4:7: 'owner' is missing: Who answers for that, and can be asked.`,
  ],
)
test('a block without a why', finds, { [P]: object('Block', 'b', "{ mitigations: ['*'] }") }, [
  `${P}:4:7: 'reason' is missing: Why; shown wherever the mitigation is missing.`,
  `${P}:4:7: 'owner' is missing: Who answers for it, and can be asked.`,
])
const block = (expires: string, more = ''): string =>
  object('Block', 'b', `{ mitigations: [Sound], reason: r, owner: o, expires: ${expires}${more} }`)
test('a block that lasts', finds, { [P]: block('2026-11-01') }, [])
test('a block that expired', finds, { [P]: block('"2026-10-31"') }, [
  `${P}:4:61: warning: the block 'b' expired (2026-10-31). What it kept away waits for \`allow\` or a commit: renew or remove it.`,
])
test('a block that expired and let go', finds, { [P]: block('2026-10-31', ', onExpiry: apply') }, [
  `${P}:4:61: warning: the block 'b' expired (2026-10-31). It forbids nothing any more: renew or remove it.`,
])
test('a day that does not exist', finds, { [P]: block('2026-02-30') }, [
  `${P}:4:61: '2026-02-30' is no date. Write "2026-12-31", or "2026-12-31T18:00:00Z".`,
])
test('a year', finds, { [P]: block('2026') }, [
  `${P}:4:61: must be text, but YAML reads 2026 as a number. Put it in quotes.`,
])

// Warnings
test(
  'what nothing selects',
  finds,
  {
    'policies/sound.yaml': object('Policy', 'x', '{ servers: { names: [ex01] }, mitigations: [Sound] }'),
    [P]: `${object('Server', 'EX01', '{}')}---\n${object('Server', 'ex02', '{}')}`,
    [M]: `${mitigation('M2')}---\n${mitigation('M3', '  optIn: true\n')}`,
  },
  [
    `${M}:3:19: warning: no Policy selects the mitigation 'M2'.`,
    `${P}:8:19: warning: no Policy selects the server 'ex02'.`,
  ],
)
test(
  'labels that nothing has',
  finds,
  { [P]: object('Policy', 'x', "{ servers: { labels: { ring: x } }, mitigations: ['*'] }") },
  [`${P}:4:20: warning: no Server has all of these labels, so they select nothing.`].map((line) =>
    line.replace('4:22', '4:14'),
  ),
)

// Entries of the snapshot
test(
  'links and submodules',
  finds,
  { 'policies/a': { is: 'link' }, 'mitigations/b.yaml': { is: 'submodule' }, c: { is: 'link' } },
  [
    'mitigations/b.yaml:1:1: is a submodule. Put the files themselves here: submodules are not fetched.',
    'policies/a:1:1: is a symbolic link. Put the file itself here: links are not followed.',
  ],
)
test('a folder that is a link', finds, { mitigations: { is: 'link' } }, [
  'mitigations:1:1: is a symbolic link. Put the file itself here: links are not followed.',
])
test('not UTF-8, with its place', finds, { [P]: Uint8Array.of(0x61, 0x0a, 0x62, 0xff) }, [
  `${P}:2:2: the file is not UTF-8. Save it as UTF-8.`,
])

test('all faults of all files at once', (t) => {
  const lines = linesOf(
    checkFiles({
      'mitigations/a.yaml': 'a: [',
      'mitigations/b.yaml': mitigation('b', '  sevrity: x\n  fixedIn: { "15.1.2507": 15.1.2375.1 }\n'),
      'policies/c.yaml': `${object('Policy', 'c', '{ mitigations: [nope] }')}---\n${object('Policy', 'C', '{ mitigations: [] }')}`,
      'policies/d.yml': { is: 'link' },
    }),
  )
  t.deepEqual(
    lines.map((line) => line.split(': ')[0]),
    [
      'mitigations/a.yaml:1:5',
      'mitigations/b.yaml:9:3',
      'mitigations/b.yaml:10:27',
      'policies/c.yaml:4:23',
      'policies/c.yaml:8:19',
      'policies/c.yaml:9:22',
      'policies/d.yml:1:1',
    ],
  )
})

test('all faults of one document at once', (t) => {
  const text = `${object('Policy', 'c', '\n  mitigations: &all ["*"]\n  mode: 1\n  mode: [audit]\n  modes: x\n  servers: {}')}`
  t.deepEqual(linesOf(checkFiles({ [P]: text })), [
    `${P}:5:16: an anchor (&name). Remove it: anchors and aliases are not allowed here.`,
    `${P}:7:3: the key 'mode' stands in this mapping twice. Remove one of them.`,
    `${P}:7:9: must be text, not a list.`,
    `${P}:8:3: unknown key 'modes'; did you mean 'mode'?`,
    `${P}:9:12: must not be empty: Which servers: those named, and those that have all the labels. Absent: all servers.`,
  ])
})
test(
  'text where a list or a mapping belongs is said once',
  finds,
  { [P]: object('Policy', 'x', '{ mitigations: M1 }') },
  [`${P}:4:22: must be a list or a mapping (KEY: VALUE), not text.`],
)
test(
  'a block whose reason is blank',
  finds,
  { [P]: object('Block', 'b', `{ mitigations: ['*'], reason: "  ", owner: o }`) },
  [`${P}:4:37: must not be empty: Why; shown wherever the mitigation is missing.`],
)
test('an object of an unknown kind may be the one that is missing', (t) => {
  const files = { [P]: object('policy', 'x', "{ mitigations: ['*'] }"), 'policies/sound.yaml': '' }
  t.deepEqual(linesOf(checkFiles(files)), [`${P}:2:7: the kind 'policy' is unknown; did you mean 'Policy'?`])
})
