import { basename, resolve } from 'node:path'
import { type Build, compareBuilds, formatBuild, parseBuild } from '../../../formats/build.ts'
import type { Role } from '../../../model/facts.ts'
import { isObject } from '../../../model/object.ts'
import { replaceFile } from '../../../util/atomic.ts'
import { entryOf, type JsonObject, readServerFile, type ServerFile, serverText } from '../serverfile.ts'
import { writeFiles } from './create.ts'
import { buildOf, hasEems, productOf, profileOf, refuse } from './profile.ts'
import { EM_SERVICE } from './services.ts'
import { webConfigs } from './webconfig.ts'

export interface UpdateOptions {
  readonly dir: string
  /** The build that is installed; absent: the one that is there, installed again. */
  readonly exchange?: string | undefined
  /** A cumulative update: writes every web.config of Exchange anew. applicationHost.config keeps what others set. */
  readonly cu?: boolean | undefined
  /** Leaves Setup running; a further update without it ends that. */
  readonly during?: boolean | undefined
}

/** What an update did. */
export interface Updated {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly setup: 'idle' | 'running'
  /** Full Windows paths of the files that were written anew. */
  readonly files: readonly string[]
}

/**
 * Does to an embedded server what an Exchange update does. Throws `ARGUMENT_INVALID` for a build that cannot be
 * installed there, and the errors of `readServerFile`.
 */
export async function updateServer(options: UpdateOptions): Promise<Updated> {
  const server = readServerFile(options.dir, basename(resolve(options.dir)))
  const facts = isObject(server.root['facts']) ? server.root['facts'] : {}
  const from = installedBuild(facts, server.path)
  const to = options.exchange === undefined ? from : buildOf(options.exchange)
  checkMove(from, to)
  const files = options.cu === true ? freshFiles(facts, to) : new Map<string, string>()
  const root = updatedRoot(server.root, facts, to)
  // Setup first and files second, so that nobody takes the wiped files for the work of an intruder.
  await write(server, withSetup(root, 'running'))
  await writeFiles(options.dir, files)
  const setup = options.during === true ? 'running' : 'idle'
  if (setup === 'idle') await write(server, withSetup(root, 'idle'))
  return { name: server.name, from: formatBuild(from), to: formatBuild(to), setup, files: [...files.keys()] }
}

function installedBuild(facts: JsonObject, path: string): Build {
  const text = facts['exchange']
  const build = typeof text === 'string' ? parseBuild(text) : null
  return build ?? refuse(`${path} does not say which build is installed`, 'Set facts.exchange first.')
}

/** Setup refuses older builds, and of the product lines only 2019 can become another one: SE. */
function checkMove(from: Build, to: Build): void {
  const [before, after] = [productOf(from), productOf(to)]
  const move = `${formatBuild(from)} to ${formatBuild(to)}`
  if (compareBuilds(to, from) < 0) refuse(`an update never goes back, as from ${move}`, 'Name a newer build.')
  if (before !== after && !(before === '2019' && after === 'SE')) {
    refuse(`Exchange ${before} cannot become ${after} in place (${move})`, 'Make another server.')
  }
}

/** The web.config files as Setup brings them: of nobody's rules is anything left. */
function freshFiles(facts: JsonObject, to: Build): ReadonlyMap<string, string> {
  return webConfigs(profileOf({ name: 'any', exchange: formatBuild(to), roles: rolesOf(facts) }))
}

function updatedRoot(root: JsonObject, facts: JsonObject, to: Build): JsonObject {
  const eems = isObject(facts['eems']) ? facts['eems'] : {}
  const services = root['services']
  const brings =
    hasEems(to, rolesOf(facts)) && isObject(services) && entryOf(services, 'MSExchangeMitigation') === null
  return {
    ...root,
    facts: {
      ...facts,
      exchange: formatBuild(to),
      ...(brings ? { eems: { ...eems, installed: true, enabled: true } } : {}),
    },
    ...(brings ? { services: { ...services, MSExchangeMitigation: EM_SERVICE } } : {}),
  }
}

function rolesOf(facts: JsonObject): readonly Role[] {
  const roles = facts['roles']
  const known = (role: unknown): role is Role =>
    role === 'Mailbox' || role === 'ClientAccess' || role === 'EdgeTransport'
  return Array.isArray(roles) && roles.every(known) ? roles : ['Mailbox']
}

function withSetup(root: JsonObject, setup: 'idle' | 'running'): JsonObject {
  const facts = isObject(root['facts']) ? root['facts'] : {}
  return { ...root, facts: { ...facts, setup } }
}

async function write(server: ServerFile, root: JsonObject): Promise<void> {
  await replaceFile(server.path, serverText(root, server.bom))
}
