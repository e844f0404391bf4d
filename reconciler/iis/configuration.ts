import type { Facts } from '../model/facts.ts'
import type { See } from '../model/thing.ts'
import { attribute, type Element } from './document.ts'
import { type Known, known, unknown } from './known.ts'
import { childNamed } from './lookup.ts'
import { joinFolder } from './paths.ts'
import { type Readable, readText, type Text } from './seen.ts'
import { type Site, sitesOf } from './sites.ts'

/** The server's own configuration, read and understood as far as sites go. */
export interface Configuration {
  /** Full path of applicationHost.config. */
  readonly file: string
  readonly text: Text
  readonly root: Element
  readonly environment: Facts['environment']
  readonly sites: readonly Site[]
}

// A laid-out machine asks again and again with the same bytes and the same facts.
const made = new WeakMap<Element, { facts: Facts; configuration: Configuration }>()

/**
 * Reads redirection.config and applicationHost.config. Unknown when either cannot be read or is malformed (with
 * line:column), and held as `redirected` when the configuration of this server lies elsewhere.
 */
export function configuration(see: See): Known<Configuration> {
  const facts = see('facts', '')
  // Also without facts all files are asked for, so that one look brings everything.
  const environment = facts.is === 'here' ? facts.value.environment : {}
  const redirection = readText(see, inFolder(environment, 'redirection.config'))
  const file = inFolder(environment, 'applicationHost.config')
  const host = readText(see, file)
  if (facts.is !== 'here')
    return unknown(facts.is === 'unknown' ? `facts: ${facts.why}` : 'the server gave no facts')
  const elsewhere = redirected(redirection)
  if (elsewhere !== null) return elsewhere
  if (host.is === 'absent') return unknown(`${file} does not exist`)
  if (host.is !== 'text') return unknown(host.why)
  return known(understood(file, host, facts.value))
}

/** Where one of IIS' own files lies. */
function inFolder(environment: Facts['environment'], name: string): string {
  const windir = environment['windir'] ?? environment['systemroot'] ?? 'C:\\Windows'
  return joinFolder(windir, 'System32', 'inetsrv', 'config', name)
}

/** Why the server's own configuration is no configuration at all, with file and place; null: that is not the matter. */
export function hostMalformed(see: See): string | null {
  const facts = see('facts', '')
  if (facts.is !== 'here') return null
  const host = readText(see, inFolder(facts.value.environment, 'applicationHost.config'))
  return host.is === 'malformed' ? host.why : null
}

function redirected(redirection: Readable): Known<never> | null {
  if (redirection.is === 'absent') return null
  if (redirection.is !== 'text') return unknown(redirection.why)
  const element = childNamed(redirection.root, 'configurationRedirection')
  if (element === undefined) return null
  const enabled = attribute(element, 'enabled')?.toLowerCase()
  const where = attribute(element, 'path') ?? ''
  // The file of a fresh server names neither; a path alone is taken as on, which is the safe side.
  if (enabled !== 'true' && (enabled !== undefined || where === '')) return null
  return {
    is: 'unknown',
    why: `the configuration of this server is shared and lies in ${where || 'another place'}`,
    held: 'redirected',
  }
}

function understood(file: string, text: Text, facts: Facts): Configuration {
  const before = made.get(text.root)
  if (before !== undefined && before.facts === facts) return before.configuration
  const environment = facts.environment
  const sites = sitesOf(text.root, environment)
  const result = { file, text, root: text.root, environment, sites }
  made.set(text.root, { facts, configuration: result })
  return result
}
