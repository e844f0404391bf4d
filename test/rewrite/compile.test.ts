import test from 'ava'
import type { RuleFault } from '../../reconciler/rewrite/fault.ts'
import { type RulesText, ruleSet, ruleText } from '../helpers/rewrite.ts'

const faults = test.macro({
  exec(t, rules: RulesText, expected: readonly Partial<RuleFault>[]) {
    const found = ruleSet(rules).faults
    t.is(found.length, expected.length, JSON.stringify(found))
    for (const [i, each] of expected.entries()) t.like(found[i], each)
  },
  title: (title = '') => `faults of ${title}`,
})

test('a good set', faults, { rules: ruleText({ url: '(a)', action: 'type="Redirect" url="/{R:1}"' }) }, [])
test(
  'a rule, all of them, where they stand',
  faults,
  {
    rules: ruleText({
      name: 'bad',
      url: 'ab*+',
      conditions: '<add input="{URL" pattern="x" /><add input="{URL}" pattern="(?&lt;=a)b" />',
      variables: '<set name="HTTP_A" value="{Nope:1}" />',
      action: 'type="Redirect" url="x{}"',
    }),
  },
  [
    { rule: 'bad', scope: 'distributed', where: 'match.url', at: 3, strikes: 'always', subStatus: 50 },
    { where: 'conditions[0].input', at: 0 },
    { where: 'conditions[1].pattern', at: 0 },
    { where: 'serverVariables[0].value', at: 0 },
    { where: 'action.url', at: 1 },
    { where: 'serverVariables[0].name', at: null, strikes: 'acting' },
  ],
)
test(
  'a pattern that cannot be read: what refers to it is no fault of its own',
  faults,
  {
    rules: ruleText({
      url: '(a',
      conditions: '<add input="{R:1}" pattern="(b" />',
      action: 'type="Redirect" url="/{R:1}{C:2}"',
    }),
  },
  [{ where: 'match.url' }, { where: 'conditions[0].pattern' }],
)
test('a global rule', faults, { global: ruleText({ url: '(' }) }, [{ scope: 'global', subStatus: 51 }])
test(
  'references: all that cannot exist',
  faults,
  {
    rules: ruleText({
      url: '(a)',
      conditions: '<add input="{R:2}" pattern="(b)" /><add input="{C:1}{C:2}" pattern="c" negate="true" />',
      action: 'type="CustomResponse" statusCode="403" statusReason="{C:1}{R:9}" statusDescription="{C:2}"',
    }),
  },
  [
    {
      where: 'conditions[0].input',
      strikes: 'acting',
      message: 'there is no {R:2}: nothing before captures it',
    },
    { where: 'conditions[1].input', strikes: 'acting' },
    { where: 'action.statusReason', strikes: 'acting', message: 'there is no {R:9}: nothing captures it' },
    { where: 'action.statusDescription', strikes: 'acting' },
  ],
)
const LONGEST = '<add input="{URL}" pattern="a" /><add input="{URL}" pattern="(b)(c)" />'
test(
  'references where any condition is enough: those of the longest are possible',
  faults,
  {
    rules: ruleText({
      grouping: 'logicalGrouping="MatchAny"',
      conditions: LONGEST,
      action: 'type="Redirect" url="/{C:2}{C:3}"',
    }),
  },
  [{ where: 'action.url', message: 'there is no {C:3}: nothing captures it' }],
)
test(
  'variables that are allowed, whatever their case',
  faults,
  { rules: ruleText({ variables: '<set name="http_a" value="" />' }), allowed: ['HTTP_A'] },
  [],
)
