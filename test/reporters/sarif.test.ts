import test from 'ava'
import { schemaFaults } from '../../reconciler/formats/schema.ts'
import { type SarifResult, type SarifRun, sarif } from '../../reconciler/reporters/sarif.ts'
import { SARIF_SUBSET } from '../helpers/sarif-schema.ts'

const RESULT: SarifResult = {
  rule: 'test-failed',
  level: 'error',
  message: 'M1: a test\nexpected: blocked',
  origin: { file: 'mitigations/M1.yaml', line: 12, column: 7 },
}

function run(more: Partial<SarifRun> = {}) {
  const log = sarif({
    version: '1.2.3',
    rules: [
      { id: 'other', text: 'Something else.' },
      { id: 'test-failed', text: 'A test failed.' },
    ],
    results: [RESULT],
    folder: '',
    ...more,
  })
  // As a reader gets it.
  return JSON.parse(JSON.stringify(log))
}

test('it is SARIF 2.1.0, as far as its schema is used here', (t) => {
  t.deepEqual(schemaFaults(SARIF_SUBSET, run()), [])
  t.deepEqual(schemaFaults(SARIF_SUBSET, run({ results: [] })), [])
})

test('a schema that finds nothing would prove nothing', (t) => {
  const wrong = run()
  wrong.runs[0].results[0].level = 'fatal'
  wrong.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0
  t.is(schemaFaults(SARIF_SUBSET, wrong).length, 2)
})

test('a result names its rule, its level and its place', (t) => {
  const { tool, results } = run().runs[0]
  t.is(tool.driver.version, '1.2.3')
  t.deepEqual(results, [
    {
      ruleId: 'test-failed',
      ruleIndex: 1,
      level: 'error',
      message: { text: 'M1: a test\nexpected: blocked' },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'mitigations/M1.yaml', uriBaseId: '%SRCROOT%' },
            region: { startLine: 12, startColumn: 7 },
          },
        },
      ],
    },
  ])
})

const uri = test.macro({
  exec(t, folder: string, file: string, expected: string) {
    const { results } = run({ folder, results: [{ ...RESULT, origin: { file, line: 1, column: 1 } }] })
      .runs[0]
    t.is(results[0].locations[0].physicalLocation.artifactLocation.uri, expected)
  },
  title: (_, folder, file, expected) => `${file} of ${folder || 'the root'} is ${expected}`,
})

test(uri, 'exchange/policy', 'mitigations/M1.yaml', 'exchange/policy/mitigations/M1.yaml')
test(uri, '.', 'mitigations/M1.yaml', 'mitigations/M1.yaml')
test(uri, '', 'mitigations/a b#c?%20.yaml', 'mitigations/a%20b%23c%3F%2520.yaml')
test(uri, '', 'file:x.yaml', 'file%3Ax.yaml')
