import test from 'ava'
import type { Decision } from '../../reconciler/model/verdict.ts'
import { exposed } from '../../reconciler/policy/exposed.ts'
import { at } from '../helpers/catalogue.ts'

const decision: Decision = {
  mitigation: 'M1',
  verdict: 'enforced',
  mode: 'enforce',
  reason: '',
  origin: at('x'),
  questions: [],
  effect: 'converge',
  applies: true,
  fixed: false,
  keeps: false,
  selected: true,
  optIn: false,
  harmless: false,
}

const is = test.macro({
  title: (_, what: string, __: Partial<Decision>, expected: boolean) =>
    `${what}: ${expected ? '' : 'not '}exposed`,
  exec(t, _: string, over: Partial<Decision>, expected: boolean) {
    t.is(exposed({ ...decision, ...over }, false), expected)
    t.false(exposed({ ...decision, ...over }, true))
  },
})

test(is, 'enforced and not in effect', {}, true)
test(is, 'blocked', { verdict: 'blocked', effect: 'keep' }, true)
test(is, 'switched off', { verdict: 'disabled', effect: 'keep' }, true)
test(is, 'not selected', { verdict: 'not-selected', selected: false }, true)
test(is, 'only audited', { verdict: 'audit', mode: 'audit' }, true)
test(is, 'unsupported', { verdict: 'unsupported' }, true)
test(is, 'not applicable', { verdict: 'not-applicable', applies: false }, false)
test(is, 'fixed', { verdict: 'fixed', applies: false, fixed: true }, false)
test(is, 'unknown', { verdict: 'unknown', applies: null, fixed: null }, false)
test(is, 'a ping', { harmless: true }, false)
test(is, 'opt-in and selected', { optIn: true }, true)
test(is, 'opt-in and not selected', { optIn: true, selected: false }, false)
