import test from 'ava'
import type { MitigationSelector, ServerSelector } from '../../reconciler/model/catalogue.ts'
import { matchesMitigation, policySelects, selectsServer } from '../../reconciler/policy/selectors.ts'
import { mitigation, policy } from '../helpers/catalogue.ts'

const SERVER = { name: 'ex01', labels: { ring: 'canary', site: 'berlin' } }

const selects = test.macro({
  title: (_, what: string, __: ServerSelector, expected: boolean) =>
    `servers: ${what} ${expected ? 'fits' : 'does not fit'}`,
  exec(t, _: string, selector: ServerSelector, expected: boolean) {
    t.is(selectsServer(selector, SERVER), expected)
  },
})

const some = (names: string[], labels: Record<string, string> = {}): ServerSelector => ({
  is: 'some',
  names,
  labels,
})
test(selects, 'everything', { is: 'all' }, true)
test(selects, 'a name in other case', some(['EX01']), true)
test(selects, 'another name', some(['ex011']), false)
test(selects, 'one label', some([], { ring: 'canary' }), true)
test(selects, 'all of two labels', some([], { ring: 'canary', site: 'berlin' }), true)
test(selects, 'one of two labels', some([], { ring: 'canary', site: 'paris' }), false)
test(selects, 'a label in other case', some([], { ring: 'Canary' }), false)
test(selects, 'the name or the labels', some(['ex01'], { ring: 'rest' }), true)
test(selects, 'nothing at all', some([]), false)
test(selects, 'a label named like a property of objects', some([], { constructor: 'x' }), false)

const MITIGATION = mitigation('M1', { severity: 'critical', labels: { vendor: 'microsoft' } })
const OPT_IN = { ...MITIGATION, optIn: true }

const matches = test.macro({
  title: (_, selector: MitigationSelector) => `mitigations: ${JSON.stringify(selector)}`,
  exec(t, selector: MitigationSelector, expected: boolean, optIn: boolean) {
    t.is(matchesMitigation(selector, MITIGATION), expected)
    t.is(policySelects(policy('p', { mitigations: selector }), MITIGATION), expected)
    t.is(matchesMitigation(selector, OPT_IN), expected, 'blocks match what is opt-in as well')
    t.is(policySelects(policy('p', { mitigations: selector }), OPT_IN), optIn)
  },
})

test(matches, { is: 'all' }, true, false)
test(matches, { is: 'names', names: ['x', 'm1'] }, true, true)
test(matches, { is: 'names', names: ['M11'] }, false, false)
test(matches, { is: 'severity', severity: ['critical', 'high'] }, true, false)
test(matches, { is: 'severity', severity: ['low'] }, false, false)
test(matches, { is: 'labels', labels: { vendor: 'microsoft' } }, true, false)
test(matches, { is: 'labels', labels: {} }, false, false)
