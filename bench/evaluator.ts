import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kinds } from '../reconciler/kinds/registry.ts'
import type { SnapshotEntry } from '../reconciler/model/source.ts'
import { parseTraffic } from '../reconciler/proof/traffic.ts'
import { compile, type RuleSet } from '../reconciler/rewrite/compile.ts'
import type { Request, Response, Surroundings } from '../reconciler/rewrite/exchange.ts'
import { inbound } from '../reconciler/rewrite/inbound.ts'
import { outbound } from '../reconciler/rewrite/outbound.ts'
import type { RuleSource } from '../reconciler/rewrite/rule-set.ts'
import { load } from '../reconciler/stages/load.ts'
import { limitedEach } from '../reconciler/util/limited.ts'
import { median } from './measure.ts'

/** Milliseconds that one evaluation may take; none of these comes near it. */
const LIMIT = 1_000
/** Evaluations of one measurement. */
const MANY = 20_000

const AROUND: Surroundings = {
  reading: 'raw',
  onDisk: () => null,
  physicalPath: () => null,
  variables: {},
}

/** Evaluations a second, all of them under a time limit. */
export interface Speed {
  /** How many rules the set has, and how many different requests it was asked about. */
  readonly rules: number
  readonly requests: number
  /** Requests through the inbound rules. */
  readonly inbound: number
  /** Responses with a page of a few kilobytes through the outbound rules. */
  readonly outbound: number
  /** The same where a rule rewrites every link of the page as well. */
  readonly body: number
}

/** All shipped rules, as on a server that has every mitigation, against the ordinary traffic that ships with them. */
export function evaluatorSpeed(runs: number): Speed {
  const shipped = [...shippedRules('rewrite-rule'), ...shippedRules('outbound-rule')]
  const rules = setOf(shippedRules('rewrite-rule'), shippedRules('outbound-rule'))
  const links = setOf([], [...shippedRules('outbound-rule'), LINKS])
  const requests = traffic()
  const answered = (set: RuleSet) => (request: Request) => outbound(set, request, PAGE, AROUND)
  return {
    rules: shipped.length,
    requests: requests.length,
    inbound: speedOf(runs, requests, (request) => inbound(rules, request, AROUND)),
    outbound: speedOf(runs, requests, answered(rules)),
    body: speedOf(runs, requests, answered(links)),
  }
}

function speedOf(
  runs: number,
  requests: readonly Request[],
  evaluate: (request: Request) => unknown,
): number {
  const items = Array.from({ length: MANY }, (_, i) => requests[i % requests.length]!)
  // Once without a clock: the engine compiles what runs often.
  limitedEach(LIMIT, items, evaluate)
  const speeds = Array.from({ length: runs }, () => {
    const start = performance.now()
    const results = limitedEach(LIMIT, items, evaluate)
    const took = performance.now() - start
    if (results.some(({ is }) => is === 'timeout')) throw new Error('an evaluation took too long')
    return (MANY / took) * 1_000
  })
  return median(speeds)
}

function setOf(rules: readonly RuleSource[], outboundRules: readonly RuleSource[]): RuleSet {
  const set = compile({
    globalRules: [],
    rules,
    outboundRules,
    customTags: {},
    rewriteMaps: [],
    allowedServerVariables: [],
  })
  if (set.faults.length > 0) throw new Error(set.faults.map(({ message }) => message).join('; '))
  return set
}

function shippedRules(wanted: string): readonly RuleSource[] {
  const kind = kinds.find(({ name }) => name === wanted)
  const files = filesIn('mitigations').concat(filesIn('policies'))
  const entries = files.map(([name, bytes]): [string, SnapshotEntry] => [name, { is: 'file', bytes }])
  const snapshot = { revision: 'bench', time: 0, files: new Map(entries) }
  return load(snapshot, kinds, { now: 0 }).catalogue.mitigations.flatMap(({ name, resources }) =>
    resources
      .filter((resource) => resource.kind === wanted)
      .flatMap(({ entry }) => kind?.split(entry) ?? [])
      .flatMap((spec) => ({ name, fields: kind?.resource(spec, name).want ?? {}, base: '' })),
  )
}

function traffic(): readonly Request[] {
  return filesIn('traffic').flatMap(([name, bytes]) =>
    parseTraffic(name, bytes.toString()).requests.map(({ request }) => request),
  )
}

function filesIn(folder: string): readonly (readonly [name: string, bytes: Buffer])[] {
  const url = new URL(`../${folder}/`, import.meta.url)
  return readdirSync(fileURLToPath(url)).map((name) => [
    `${folder}/${name}`,
    readFileSync(new URL(name, url)),
  ])
}

const LINKS: RuleSource = {
  name: 'links',
  base: '',
  fields: {
    patternSyntax: 'ECMAScript',
    stopProcessing: false,
    match: {
      filterByTags: ['A', 'Img'],
      serverVariable: '',
      pattern: '^/(.*)',
      occurrences: 0,
      ignoreCase: true,
      negate: false,
    },
    logicalGrouping: 'MatchAll',
    trackAllCaptures: true,
    conditions: [],
    action: { type: 'Rewrite', value: '/owa/{R:1}', replace: true },
    preCondition: null,
  },
}

const PAGE: Response = {
  status: 200,
  headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': "script-src 'self'" },
  body: `<html><body>${'<p class="row"><a href="/mail/1">one</a> and some words <img src="/i.png"></p>\n'.repeat(50)}</body></html>`,
}
