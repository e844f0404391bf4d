import type { ExampleMachine } from '../../reconciler/kinds/example.ts'
import type { Facts } from '../../reconciler/model/facts.ts'
import type { MadeByFile, Reading, Wish } from '../../reconciler/model/resource.ts'
import {
  type AnySighting,
  type Query,
  type See,
  type Service,
  seeing,
  thingKey,
} from '../../reconciler/model/thing.ts'
import { digestOf, digestOfJson } from '../../reconciler/util/digest.ts'

export const APPLICATION_HOST = 'C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config'

const facts: Facts = {
  name: 'ex01',
  roles: ['Mailbox'],
  exchange: '15.2.1118.7',
  urlRewrite: '7.1.1993.2351',
  setup: 'idle',
  environment: {
    systemdrive: 'C:',
    windir: 'C:\\Windows',
    systemroot: 'C:\\Windows',
    exchangeinstallpath: 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\',
  },
}

/** A small whole machine in memory: all there is to see, and what a wish makes of it. */
export class Machine {
  readonly things = new Map<string, AnySighting>()
  made: MadeByFile = {}

  constructor(start: Partial<ExampleMachine>) {
    this.set('facts', '', facts)
    for (const [path, text] of Object.entries(start.files ?? {})) this.write(path, text)
    for (const [name, service] of Object.entries(start.services ?? {})) this.set('service', name, service)
    for (const [name, pool] of Object.entries(start.pools ?? {})) this.set('pool', name, pool)
  }

  /** Sees everything; what is not there is absent. */
  readonly see: See = (thing, name) => seeing(this.#whole(thing, name))(thing, name)

  #whole(thing: Query['thing'], name: string): ReadonlyMap<string, AnySighting> {
    const key = thingKey(thing, name)
    return new Map([[key, this.things.get(key) ?? { is: 'absent' }]])
  }

  set(thing: Query['thing'], name: string, value: unknown): void {
    const sighting = { is: 'here', digest: digestOfJson(value), value } as AnySighting
    this.things.set(thingKey(thing, name), sighting)
  }

  write(path: string, content: string | Uint8Array): void {
    const value = typeof content === 'string' ? new TextEncoder().encode(content) : content
    this.things.set(thingKey('file', path), { is: 'here', digest: digestOf(value), value })
  }

  remove(path: string): void {
    this.things.delete(thingKey('file', path))
  }

  text(path: string): string {
    const seen = this.see('file', path)
    if (seen.is !== 'here') throw new Error(`${path} is not there`)
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(seen.value)
  }

  /** The text of every file, by its path in lower case. */
  texts(): Readonly<Record<string, string>> {
    const files = [...this.things.keys()].filter((key) => key.startsWith('file:'))
    return Object.fromEntries(files.map((key) => [key, this.text(key.slice('file:'.length))]))
  }

  edit(path: string, find: string, become: string): void {
    const text = this.text(path)
    if (!text.includes(find)) throw new Error(`${path} does not hold ${find}:\n${text}`)
    this.write(
      path,
      text.replace(find, () => become),
    )
  }

  /** Carries out a wish; throws when it is none. */
  apply(wish: Wish): void {
    if (wish.is !== 'wish') throw new Error(`no wish: ${JSON.stringify(wish)}`)
    for (const part of wish.parts) {
      if (part.thing === 'file') {
        if (part.become === 'absent') this.remove(part.name)
        else this.write(part.name, part.become)
        continue
      }
      const seen = this.see(part.thing, part.name)
      if (seen.is !== 'here') throw new Error(`${part.thing} ${part.name} is not there`)
      this.set(part.thing, part.name, { ...(seen.value as object), ...part.become })
    }
    this.made = { ...this.made, ...wish.made }
  }

  service(name: string): Service {
    const seen = this.see('service', name)
    if (seen.is !== 'here') throw new Error(`service ${name} is not there`)
    return seen.value
  }

  /** Digests of all things: equal snapshots are equal machines. */
  snapshot(): Readonly<Record<string, string>> {
    const digests = [...this.things].map(([key, seen]) => [key, seen.is === 'here' ? seen.digest : seen.is])
    return Object.fromEntries(digests.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)))
  }

  /** Evaluates with nothing looked at at first, and looks at what was asked for after each round. */
  cold<T>(evaluate: (see: See) => T, done: (result: T) => boolean): { result: T; rounds: number } {
    const seen = new Map<string, AnySighting>()
    for (let rounds = 1; rounds <= 20; rounds += 1) {
      const asked = new Map<string, Query>()
      const result = evaluate(seeing(seen, (query) => asked.set(thingKey(query.thing, query.name), query)))
      if (done(result) && asked.size === 0) return { result, rounds }
      if (asked.size === 0) return { result, rounds: Number.POSITIVE_INFINITY }
      for (const [key, query] of asked) {
        seen.set(key, this.see(query.thing, query.name) as AnySighting)
      }
    }
    throw new Error('asks for ever')
  }
}

/** A `see` for which nothing can be read. */
export const blind: See = () => ({ is: 'unknown', why: 'access denied' })

/** The fields of a reading that is present. */
export function fieldsOf(reading: Reading) {
  if (reading.is !== 'present') throw new Error(`not present: ${JSON.stringify(reading)}`)
  return reading.fields
}
