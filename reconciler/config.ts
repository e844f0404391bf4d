import { StopgapError } from './errors/error.ts'
import { decodeUtf8 } from './formats/decode.ts'
import { parseDuration } from './formats/duration.ts'
import { offsetOf, positionIn } from './formats/positions.ts'
import { CONFIG_SCHEMA } from './formats/schema/config.ts'
import { schemaFaults } from './formats/schema.ts'
import type { SchemaFault } from './formats/words.ts'
import { parseYaml } from './formats/yaml.ts'
import type { RolloutLimits } from './pipeline/rollout.ts'
import { type ServerConfig, serverConfig, serverFaults, type WrittenServer } from './servers.ts'
import type { Limits } from './stages/holds.ts'

/** Everything that is configured, complete and frozen. Times in milliseconds, paths absolute. */
export interface Config {
  /** The file it came from; null: flags alone. */
  readonly file: string | null
  readonly source: {
    readonly remotes: readonly string[]
    readonly ref: string
    readonly path: string
    readonly interval: number
    readonly timeout: number
  }
  readonly servers: readonly ServerConfig[]
  readonly drift: { readonly interval: number }
  readonly retireAfter: number
  readonly state: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly limits: Limits & RolloutLimits
}

/** What the command line can say about it. */
export interface ConfigFlags {
  readonly config?: string | undefined
  readonly source?: string | undefined
  readonly ref?: string | undefined
  readonly server?: readonly string[] | undefined
  readonly state?: string | undefined
  readonly listen?: string | undefined
}

/** The world that configuration is read from. */
export interface ConfigWorld {
  readonly cwd: string
  readonly read: (path: string) => Promise<Uint8Array | null>
  readonly resolve: (...parts: readonly string[]) => string
  readonly dirname: (path: string) => string
}

const DEFAULT_FILE = 'stopgap.yaml'

interface Written {
  readonly source?: {
    readonly remotes?: readonly string[]
    readonly ref?: string
    readonly path?: string
    readonly interval?: string
    readonly timeout?: string
  }
  readonly servers?: readonly WrittenServer[]
  readonly drift?: { readonly interval?: string }
  readonly retireAfter?: string
  readonly state?: string
  readonly listen?: string
  readonly limits?: Partial<Limits> & RolloutLimits
}

/**
 * Reads `stopgap.yaml` and lays the flags over it. Throws CONFIG_INVALID with file:line:column and remedy, or
 * ARGUMENT_INVALID. `--source` and `--server` together name all that is needed: then a file counts only where it is named.
 */
export async function readConfig(flags: ConfigFlags, world: ConfigWorld): Promise<Config> {
  const bare = flags.config === undefined && flags.source !== undefined && flags.server !== undefined
  const place = world.resolve(world.cwd, flags.config ?? DEFAULT_FILE)
  const found = bare ? null : await readFile(place, flags, world)
  const file = found === null ? null : place
  const written = found ?? {}
  const base = file === null ? world.cwd : world.dirname(file)
  const fromFlag = (path: string) => world.resolve(world.cwd, path)
  const fromFile = (path: string) => world.resolve(base, path)
  const remotes =
    flags.source !== undefined
      ? [located(flags.source, fromFlag)]
      : (written.source?.remotes ?? []).map((one) => located(one, fromFile))
  const servers =
    flags.server !== undefined
      ? flags.server.map((dir) => ({ name: null, embedded: fromFlag(dir) }))
      : (written.servers ?? []).map((one) => serverConfig(one, fromFile))
  return Object.freeze({
    file,
    source: {
      remotes,
      ref: flags.ref ?? written.source?.ref ?? 'refs/heads/main',
      path: written.source?.path ?? '.',
      interval: durationOr(written.source?.interval, 60_000),
      timeout: durationOr(written.source?.timeout, 60_000),
    },
    servers,
    drift: { interval: durationOr(written.drift?.interval, 300_000) },
    retireAfter: durationOr(written.retireAfter, 0),
    state: flags.state !== undefined ? fromFlag(flags.state) : fromFile(written.state ?? './state'),
    listen: listenOf(flags.listen ?? written.listen ?? '127.0.0.1:9464'),
    limits: { maxRemovals: 5, maxStops: 8, maxUnprotected: 2, ...written.limits },
  })
}

/** A URL stays as it is, a path becomes absolute. `host:path` is how git writes ssh. */
function located(text: string, absolute: (path: string) => string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^[^/\\:]{2,}:/.test(text) ? text : absolute(text)
}

/** Null: there is none, and flags may do. */
async function readFile(file: string, flags: ConfigFlags, world: ConfigWorld): Promise<Written | null> {
  const bytes = await world.read(file)
  // One of them is enough for some commands: those that only read the state folder, say.
  const named = flags.state ?? flags.source ?? flags.server
  if (bytes === null && flags.config === undefined && named !== undefined) return null
  if (bytes === null) {
    const remedy =
      flags.config === undefined
        ? 'Write one, or name the parts: --source DIR-or-GIT-URL --server DIR (docs: README, "Point it at a real repository").'
        : 'Give --config the path of a file that exists.'
    throw new StopgapError('CONFIG_INVALID', { file, what: 'there is no such file', remedy })
  }
  const decoded = decodeUtf8(bytes)
  if (decoded.is === 'fault')
    throw new StopgapError('CONFIG_INVALID', { file, what: decoded.message, remedy: 'Nothing was done.' })
  return checked(file, decoded.text)
}

function checked(file: string, text: string): Written {
  const { documents, faults } = parseYaml(text)
  if (documents.length > 1) refuse(file, text, [{ offset: 0, message: 'more than one document. Keep one.' }])
  if (faults.length > 0) refuse(file, text, faults)
  const [document] = documents
  const value = document?.value ?? {}
  const shape = schemaFaults(CONFIG_SCHEMA, value)
  const found = shape.length > 0 ? shape : meaningFaults(value as Written)
  const place = (fault: SchemaFault) =>
    document === undefined ? 0 : offsetOf(document.root, fault.pointer, fault.on)
  if (found.length > 0)
    refuse(
      file,
      text,
      found.map((fault) => ({ offset: place(fault), message: fault.message })),
    )
  return value as Written
}

/** All faults at once: the first is what happened, the others are named beside the remedy. */
function refuse(
  file: string,
  text: string,
  faults: readonly { readonly offset: number; readonly message: string }[],
): never {
  const position = positionIn(text)
  const [first, ...others] = faults.map(({ offset, message }) => {
    const { line, column } = position(offset)
    return { at: `${line}:${column}`, message }
  })
  const also = others.map(({ at, message }) => ` Also at ${at}: ${message.replace(/\.$/, '')}.`).join('')
  throw new StopgapError('CONFIG_INVALID', {
    file: `${file}:${first?.at ?? '1:1'}`,
    what: first?.message ?? 'it cannot be read',
    remedy: `Correct it there.${also}`,
  })
}

/** What no schema can say. */
function meaningFaults({ source, servers, drift, listen }: Written): readonly SchemaFault[] {
  const fault = (pointer: string, message: string): SchemaFault => ({ pointer, on: 'value', message })
  const durations = [
    ['/source/interval', source?.interval],
    ['/source/timeout', source?.timeout],
    ['/drift/interval', drift?.interval],
  ] as const
  // Without a pause the daemon would do nothing but look.
  const zero = durations.flatMap(([pointer, text]) =>
    text !== undefined && parseDuration(text) === 0
      ? [fault(pointer, `${text} is no time at all. Write a duration such as 90s, 5m or 24h`)]
      : [],
  )
  const address =
    listen !== undefined && addressOf(listen) === null
      ? [fault('/listen', `${listen} is no address to listen on. Write HOST:PORT, such as 127.0.0.1:9464`)]
      : []
  return [...serverFaults(servers ?? []), ...zero, ...address]
}

function durationOr(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : (parseDuration(text) ?? otherwise)
}

function listenOf(text: string): Config['listen'] {
  const address = addressOf(text)
  if (address !== null) return address
  throw new StopgapError('ARGUMENT_INVALID', {
    what: `${text} is no address to listen on`,
    remedy: 'Write HOST:PORT, such as 127.0.0.1:9464; port 0 takes a free one.',
  })
}

function addressOf(text: string): Config['listen'] | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return null
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port }
}
