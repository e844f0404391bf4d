import { join } from 'node:path'
import { isObject } from '../../model/object.ts'
import {
  type FileStep,
  FRESH,
  type PoolStep,
  type ServiceSettings,
  type ServiceStep,
  type Step,
  type StepResult,
} from '../../model/target.ts'
import { type AnySighting, type Digest, thingKey } from '../../model/thing.ts'
import { errno } from '../../util/atomic.ts'
import { digestOf } from '../../util/digest.ts'
import { control } from './control.ts'
import { type Machine, see } from './look.ts'
import { isFresh } from './rested.ts'
import { entryOf, type JsonObject, serverText } from './serverfile.ts'
import { servicesOf } from './services.ts'
import { swapFile } from './swap.ts'

/** How often a step begins again because somebody else wrote server.json in the moment of our own writing. */
const ATTEMPTS = 5

const DONE: StepResult = { is: 'done' }

/**
 * The steps of one `act`. Starting a service can start others: a later step on one of those expects what was seen
 * before, which is still what everybody but us left there. So what we moved ourselves is remembered.
 */
export class Acting {
  readonly #open: () => Machine
  readonly #moved = new Map<string, { readonly from: Digest; readonly to: Digest }>()
  readonly #done: Step[] = []

  /** `open` reads the machine anew. */
  constructor(open: () => Machine) {
    this.#open = open
  }

  /** Never throws: what the system refuses is `failed`. */
  async step(step: Step): Promise<StepResult> {
    try {
      const result = step.thing === 'file' ? await this.#file(step) : await this.#state(step)
      if (result.is === 'done') this.#done.push(step)
      return result
    } catch (error) {
      // Services and pools are entries of one file, and that is what could not be written.
      return failed(`${step.thing === 'file' ? step.name : 'server.json'} ${refusal(error)}`)
    }
  }

  async #file(step: FileStep): Promise<StepResult> {
    const machine = this.#open()
    const found = machine.disk.find(step.name)
    if (found.is === 'refused') return failed(found.why)
    // What was seen, not what is on the disk, is compared here: a file that cannot be read must not be replaced.
    const conflict = this.#conflict(step, see(machine, step))
    if (conflict !== null) return conflict
    const lost = step.confirms ? this.#done.find((one) => !holds(one, see(machine, one))) : undefined
    if (lost !== undefined) return conflictOf(lost.name, 'it is not as it was left')
    const path = found.is === 'there' ? found.path : join(found.folder, ...found.rest)
    if (await isFresh(path)) return conflictOf(step.name, FRESH)
    const swapped = await swapFile(path, step.expect, step.become)
    return swapped === 'done' ? DONE : conflictOf(step.name, 'it changed while it was being written')
  }

  async #state(step: ServiceStep | PoolStep): Promise<StepResult> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const machine = this.#open()
      const conflict = this.#conflict(step, see(machine, step))
      if (conflict !== null) return conflict
      const root = step.thing === 'service' ? withService(machine, step) : withPool(machine, step)
      if (typeof root === 'string') return failed(root)
      const { path, digest, bom } = machine.server
      const before = this.#digests(machine)
      if ((await swapFile(path, digest, serverText(root, bom))) === 'done') {
        this.#remember(before)
        return DONE
      }
    }
    return conflictOf(step.name, 'server.json kept changing while it was being written')
  }

  /** Unknown is never as expected, not even where `absent` is: something may be there. */
  #conflict(step: Step, seen: AnySighting): StepResult | null {
    if (seen.is === 'unknown') return failed(seen.why)
    const digest = seen.is === 'absent' ? seen.is : seen.digest
    if (digest === step.expect) return null
    const moved = this.#moved.get(thingKey(step.thing, step.name))
    if (moved?.to === digest && moved.from === step.expect) return null
    return conflictOf(
      step.name,
      seen.is === 'absent' ? 'it is not there' : 'it is not as it was when the plan was made',
    )
  }

  /** Of all services that can be read, for the side effects of a step are on other ones than it names. */
  #digests(machine: Machine): ReadonlyMap<string, Digest> {
    const services = servicesOf(machine.server.root)
    if (typeof services === 'string') return new Map()
    const seen = [...services.values()].map(
      ({ name }) => [name, see(machine, { thing: 'service', name })] as const,
    )
    return new Map(
      seen.flatMap(([name, one]) => (one.is === 'here' ? [[thingKey('service', name), one.digest]] : [])),
    )
  }

  #remember(before: ReadonlyMap<string, Digest>): void {
    for (const [key, to] of this.#digests(this.#open())) {
      const from = before.get(key)
      if (from !== undefined && from !== to)
        this.#moved.set(key, { from: this.#moved.get(key)?.from ?? from, to })
    }
  }
}

/** server.json with the service as asked and what has to start for it; a text says why that cannot be. */
function withService({ server: { root } }: Machine, { name, become }: ServiceStep): JsonObject | string {
  const services = servicesOf(root)
  if (typeof services === 'string') return services
  const changes = control(services, name, become)
  return typeof changes === 'string' ? changes : { ...root, services: changed(root['services'], changes) }
}

/** server.json with the state of the pool; one that only the configuration has gets an entry of its own. */
function withPool({ server: { root } }: Machine, { name, become }: PoolStep): JsonObject {
  const table = isObject(root['appPools']) ? root['appPools'] : {}
  const entry = entryOf(table, name)
  const key = entry === null || entry === 'many' ? name : entry.key
  return { ...root, appPools: changed(table, new Map([[key, become]])) }
}

/** The table with settings laid over its entries; everything else that somebody wrote there stays. */
function changed(
  table: unknown,
  changes: ReadonlyMap<string, ServiceSettings | PoolStep['become']>,
): JsonObject {
  const before = isObject(table) ? table : {}
  const entries = [...changes].map(([name, settings]) => {
    const entry = before[name]
    return [name, { ...(isObject(entry) ? entry : {}), ...settings }] as const
  })
  return { ...before, ...Object.fromEntries(entries) }
}

/** Whether a thing is as a step left it. */
function holds(step: Step, seen: AnySighting): boolean {
  if (step.become === 'absent') return seen.is === 'absent'
  if (seen.is !== 'here') return false
  if (step.thing === 'file') return seen.digest === digestOf(step.become)
  const now = new Map(Object.entries(seen.value))
  return Object.entries(step.become).every(([field, value]) => now.get(field) === value)
}

function failed(detail: string): StepResult {
  return { is: 'failed', detail }
}

function conflictOf(name: string, detail: string): StepResult {
  return { is: 'conflict', detail: `${name}: ${detail}` }
}

/** A refusal of the file system in words. */
function refusal(error: unknown): string {
  switch (errno(error)) {
    case 'EACCES':
    case 'EPERM':
      return 'is read-only'
    case 'EROFS':
      return 'is on a disk that is read-only'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'cannot be written: the disk is full'
    default:
      return `cannot be written: ${error instanceof Error ? error.message : String(error)}`
  }
}
