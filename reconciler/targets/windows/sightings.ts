import type { Eems, Facts, Role } from '../../model/facts.ts'
import { isObject } from '../../model/object.ts'
import type { Look } from '../../model/target.ts'
import {
  type AnySighting,
  type Pool,
  type Service,
  type StartType,
  type Thing,
  type Things,
  thingKey,
} from '../../model/thing.ts'
import { digestOf } from '../../util/digest.ts'
import { printable } from '../../util/words.ts'
import type { AskedQuery } from './protocol.ts'

const LONGEST = 1_000

type Fields = { readonly [field: string]: unknown }

/** Each of these was asked for exactly once and is answered exactly once; a text says what is wrong. */
export function sightingsOf(value: unknown, asked: readonly AskedQuery[]): Look | string {
  if (!Array.isArray(value)) return 'it has no list of sightings'
  const open = new Map(asked.map((query) => [thingKey(query.thing, query.name), query]))
  const sightings = new Map<string, AnySighting>()
  const same = new Set<string>()
  for (const one of value as readonly unknown[]) {
    const key = keyOf(one)
    const query = open.get(key)
    if (query === undefined)
      return key === '' ? 'a sighting names no thing' : `nobody asked for ${words(key)}`
    const seen = sightingOf(one as Fields, query)
    if (seen === null) return `what it says of ${key} cannot be so`
    if (seen === 'same') same.add(key)
    else sightings.set(key, seen)
    open.delete(key)
  }
  const [missing] = open.keys()
  return missing === undefined ? { sightings, same } : `it says nothing of ${missing}`
}

/** Empty for what is none: turning just anything into text can throw. */
function keyOf(one: unknown): string {
  if (!isObject(one)) return ''
  const { thing, name } = one
  return typeof thing === 'string' && typeof name === 'string' ? thingKey(thing as Thing, name) : ''
}

function sightingOf(one: Fields, { thing, known }: AskedQuery): AnySighting | 'same' | null {
  const digest = one['digest']
  switch (one['is']) {
    case 'absent':
      // Every server has facts: without them nothing can be said of it.
      return thing === 'facts' ? null : { is: 'absent' }
    case 'same':
      return known === null ? null : 'same'
    case 'unknown':
      return { is: 'unknown', why: words(one['why']) }
    case 'here': {
      const value = VALUES[thing](one['value'])
      if (value === null || typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return null
      // That of a file is of its bytes, so it also tells that they arrived whole.
      if (value instanceof Uint8Array && digestOf(value) !== digest) return null
      return { is: 'here', digest: digest as `sha256:${string}`, value }
    }
    default:
      return null
  }
}

const VALUES: { readonly [thing in Thing]: (value: unknown) => Things[thing] | null } = {
  facts: factsOf,
  file: (value) => (typeof value === 'string' ? Buffer.from(value, 'base64') : null),
  service: serviceOf,
  pool: poolOf,
  version: (value) => (isText(value) ? value : null),
}

function poolOf(value: unknown): Pool | null {
  const state = isObject(value) ? oneOf<Pool['state']>(value['state'], ['Started', 'Stopped']) : null
  return state === null ? null : { state }
}

const START_TYPES: readonly StartType[] = ['Automatic', 'AutomaticDelayedStart', 'Manual', 'Disabled']
const STATUSES: readonly Service['status'][] = ['Running', 'Stopped', 'StartPending', 'StopPending', 'Paused']

function serviceOf(value: unknown): Service | null {
  if (!isObject(value)) return null
  const { dependsOn, dependents } = value
  const startType = oneOf(value['startType'], START_TYPES)
  const status = oneOf(value['status'], STATUSES)
  if (startType === null || status === null || !isTexts(dependsOn) || !isTexts(dependents)) return null
  return { startType, status, dependsOn, dependents }
}

const ROLES: readonly Role[] = ['Mailbox', 'ClientAccess', 'EdgeTransport']
const SETUPS = ['idle', 'running', 'incomplete'] as const

/** Only what is known of facts, each part absent or as it should be: what is half understood is not believed. */
function factsOf(value: unknown): Facts | null {
  if (!isObject(value) || !isText(value['name']) || !isObject(value['environment'])) return null
  const { roles, exchange, os, iis, urlRewrite, setup, maintenance } = value
  const environment = Object.entries(value['environment']).map(([name, one]) => [name.toLowerCase(), one])
  const eems = value['eems'] === undefined ? undefined : eemsOf(value['eems'])
  const right =
    environment.length <= LONGEST &&
    environment.flat().every(isText) &&
    // Which of two would count is not for us to say.
    new Set(environment.map(([name]) => name)).size === environment.length &&
    isOptional(roles, (one) => isTexts(one) && one.every((role) => oneOf(role, ROLES) !== null)) &&
    [exchange, os, iis].every((one) => isOptional(one, isText)) &&
    (urlRewrite === null || isOptional(urlRewrite, isText)) &&
    isOptional(setup, (one) => oneOf(one, SETUPS) !== null) &&
    isOptional(maintenance, (one) => typeof one === 'boolean') &&
    eems !== null
  if (!right) return null
  return {
    name: value['name'],
    ...present({ roles, exchange, os, iis, urlRewrite, setup, maintenance, eems }),
    environment: Object.fromEntries(environment),
  } as Facts
}

function eemsOf(value: unknown): Eems | null {
  if (!isObject(value)) return null
  const { installed, enabled, applied, blocked } = value
  const right =
    [installed, enabled].every((one) => isOptional(one, (flag) => typeof flag === 'boolean')) &&
    [applied, blocked].every((one) => isOptional(one, isTexts))
  return right ? (present({ installed, enabled, applied, blocked }) as Eems) : null
}

/** A short text without anything that could steer a terminal. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST && printable(value) === value
}

/** Text for people, made fit for one line. */
export function words(value: unknown): string {
  return typeof value === 'string' && value !== ''
    ? printable(value.slice(0, LONGEST))
    : 'no reason was given'
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= LONGEST && value.every(isText)
}

function oneOf<T extends string>(value: unknown, values: readonly T[]): T | null {
  return values.find((one) => one === value) ?? null
}

function isOptional(value: unknown, right: (value: unknown) => boolean): boolean {
  return value === undefined || right(value)
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
