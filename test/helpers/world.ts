import type { Catalogue, Mitigation } from '../../reconciler/model/catalogue.ts'
import type { Facts } from '../../reconciler/model/facts.ts'
import type { Decision, Verdict } from '../../reconciler/model/verdict.ts'
import type { Context } from '../../reconciler/policy/context.ts'
import { resolve } from '../../reconciler/stages/resolve.ts'
import {
  aSwitch,
  block,
  builds,
  catalogue,
  context,
  facts,
  KINDS,
  mitigation,
  server,
  without,
} from './catalogue.ts'

/** All that one decision depends on. */
export interface World {
  readonly catalogue: Catalogue
  readonly facts: Facts
  readonly context: Context
}

/** M1 is enforced in it. */
export const plain: World = { catalogue: catalogue(), facts: facts(), context: context() }

/** The decision about the first mitigation. */
export function decisionOf(world: World): Decision {
  return resolve(world.catalogue, world.facts, KINDS, world.context).decisions[0]!
}

/** The world with every mitigation changed so. */
export function edit(over: Partial<Mitigation>): (world: World) => World {
  return (world) => {
    const mitigations = world.catalogue.mitigations.map((one) => ({ ...one, ...over }))
    return { ...world, catalogue: { ...world.catalogue, mitigations } }
  }
}

/** The world with a catalogue that says so. */
export function say(over: Partial<Catalogue>): (world: World) => World {
  return (world) => ({ ...world, catalogue: { ...world.catalogue, ...over } })
}

/** The world with a server whose facts are so. */
export function be(over: Partial<Facts>): (world: World) => World {
  return (world) => ({ ...world, facts: { ...world.facts, ...over } })
}

export const appliesTo = mitigation('M1').appliesTo
export const origin = appliesTo.origin

/** What makes each verdict hold; independent of one another, so that any two can be had at once. */
export const CAUSES: {
  readonly [verdict in Exclude<Verdict, 'unknown' | 'enforced'>]: (world: World) => World
} = {
  disabled: say({
    organization: aSwitch('policies/org.yaml', {
      mitigationsEnabled: false,
      reason: 'migration',
      owner: 'me',
    }),
  }),
  'not-applicable': edit({ appliesTo: { ...appliesTo, roles: ['EdgeTransport'] } }),
  fixed: edit({ fixedIn: { ...builds({ '15.1.2507': '15.1.2507.6' }), origin } }),
  blocked: say({ blocks: [block('b')] }),
  'not-selected': say({ policies: [] }),
  unsupported: edit({ requires: { urlRewrite: '>=7.2' } }),
  audit: say({ servers: [server('ex01', { mode: 'audit' })] }),
}

/** The world without these facts. */
export const lacking =
  (...names: (keyof Facts)[]) =>
  (world: World): World => ({ ...world, facts: without(names, world.facts) })
/** The world with a fix that is in a file. */
export const byFile = edit({
  fixedIn: { is: 'file', file: 'C:\\x.dll', versions: { '10.0.17763': '10.0.17763.4968' }, origin },
})
