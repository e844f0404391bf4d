import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { StopgapError, wordsOf } from '../../errors/error.ts'
import { configuration } from '../../iis/configuration.ts'
import { place } from '../../iis/place.ts'
import { kinds } from '../../kinds/registry.ts'
import type { Mitigation } from '../../model/catalogue.ts'
import type { See } from '../../model/thing.ts'
import { over } from '../../proof/overlay.ts'
import { readPolicyFolder } from '../../sources/policy-folder.ts'
import { load } from '../../stages/load.ts'
import { proven } from '../../stages/prove.ts'
import { liveServer } from '../../targets/embedded/live.ts'
import { embeddedName } from '../../targets/embedded/name.ts'
import { now } from '../../util/clock.ts'
import { laboratory } from '../laboratory.ts'

export interface SubjectFlags {
  readonly mitigation?: readonly string[] | undefined
  readonly server?: string | undefined
  readonly config?: string | undefined
  readonly at?: string | undefined
  readonly source?: string | undefined
}

/** A server on which a request is tried. */
export interface Subject {
  readonly see: See
  /** What it is, for people. */
  readonly name: string
  /** What of the mitigations could not be put on it, and why. */
  readonly held: readonly { readonly key: string; readonly why: string }[]
}

/** The mitigations that come with Stopgap lie two folders above the commands, built or not. */
const SHIPPED = join(import.meta.dirname, '../../..')

/**
 * An embedded server, or an Exchange server in memory to which the mitigation applies; then a file as the web.config of
 * a path, then mitigations. Throws ARGUMENT_INVALID, POLICY_INVALID, or what the first look at a server throws.
 */
export async function subjectOf(flags: SubjectFlags): Promise<Subject> {
  if (flags.server === undefined && flags.config === undefined && !flags.mitigation?.length)
    throw invalid(
      'nothing says which configuration to ask',
      'Give --mitigation, --server, --config or --batch.',
    )
  if (flags.at !== undefined && flags.config === undefined)
    throw invalid('--at says where a file belongs, and there is no --config', 'Give --config FILE too.')
  const mitigations = await mitigationsOf(flags)
  const start = startOf(flags, mitigations[0])
  const parts = [start.name]
  let { see } = start
  if (flags.config !== undefined) {
    const at = flags.at ?? 'Default Web Site'
    see = over(see, webConfigAt(see, at), await bytesOf(flags.config))
    parts.push(`${basename(flags.config)} as the web.config of ${at}`)
  }
  const held: Subject['held'][number][] = []
  for (const mitigation of mitigations) {
    const put = proven(see, mitigation, kinds)
    see = put.see
    held.push(...[...put.held, ...put.missing].map(({ key, why }) => ({ key, why })))
    parts.push(`the mitigation ${mitigation.name}`)
  }
  return { see, name: parts.join(', with '), held }
}

function startOf(
  { server }: SubjectFlags,
  mitigation: Mitigation | undefined,
): Pick<Subject, 'see' | 'name'> {
  if (server !== undefined) {
    const name = embeddedName(server)
    return { see: liveServer({ name, dir: server }).now(), name: `the server ${name} as it is` }
  }
  const { see, build } = laboratory(mitigation)
  return { see, name: `an Exchange server ${build} as Setup leaves it` }
}

async function mitigationsOf({ mitigation = [], source }: SubjectFlags): Promise<readonly Mitigation[]> {
  if (mitigation.length === 0) return []
  const own = source ?? (existsSync('mitigations') ? '.' : SHIPPED)
  const { catalogue } = load(await readPolicyFolder(resolve(own)), kinds, { now: now() })
  return mitigation.map((name) => {
    const found = catalogue.mitigations.find((one) => one.name.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found
    const names = catalogue.mitigations.map((one) => one.name).join(', ')
    throw invalid(`no mitigation is called ${name}`, `There are: ${names}.`)
  })
}

function webConfigAt(see: See, at: string): string {
  const read = configuration(see)
  if (read.is === 'unknown')
    throw invalid(`the server's own configuration cannot be read: ${read.why}`, 'Correct it first.')
  const found = place(read.value, at)
  if (found.is === 'place') return found.webConfig
  const why = found.is === 'server' ? 'it is no path of a site' : found.why
  const sites = read.value.sites.map(({ name }) => name).join(', ')
  throw invalid(`--at ${at}: ${why}`, `Name a path such as Default Web Site/owa. Sites: ${sites}.`)
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file))
  } catch (error) {
    throw invalid(`${file} cannot be read: ${wordsOf(error)}`, 'Name a web.config.')
  }
}

function invalid(what: string, remedy: string): StopgapError {
  return new StopgapError('ARGUMENT_INVALID', { what, remedy })
}
