import { parseBuild, partsOf } from '../../formats/build.ts'
import type { Eems, Facts, Role } from '../../model/facts.ts'
import { isObject } from '../../model/object.ts'
import type { JsonObject, ServerFile } from './serverfile.ts'

/** What the system sets on every server, for paths in the configuration. */
export const ENVIRONMENT: Facts['environment'] = {
  systemdrive: 'C:',
  systemroot: 'C:\\Windows',
  windir: 'C:\\Windows',
  exchangeinstallpath: 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\',
  programdata: 'C:\\ProgramData',
  allusersprofile: 'C:\\ProgramData',
  programfiles: 'C:\\Program Files',
  'programfiles(x86)': 'C:\\Program Files (x86)',
  commonprogramfiles: 'C:\\Program Files\\Common Files',
}

const ROLES: readonly Role[] = ['Mailbox', 'ClientAccess', 'EdgeTransport']
const SETUP = ['idle', 'running', 'incomplete'] as const

/** Facts that are absent or are not what they should be are left out: unknown, never empty. */
export function factsOf({ root, name }: ServerFile): Facts {
  const said = isObject(root['facts']) ? root['facts'] : {}
  return dense({
    name,
    roles: listOf(said['roles'], isRole),
    exchange: version(said['exchange'], 4),
    os: version(said['os'], 1),
    iis: version(said['iis'], 1),
    urlRewrite: said['urlRewrite'] === null ? null : version(said['urlRewrite'], 1),
    setup: SETUP.find((setup) => setup === said['setup']),
    maintenance: flag(said['maintenance']),
    eems: isObject(said['eems']) ? eemsOf(said['eems']) : undefined,
    environment: ENVIRONMENT,
  })
}

function eemsOf(said: JsonObject): Eems {
  return dense({
    installed: flag(said['installed']),
    enabled: flag(said['enabled']),
    applied: listOf(said['applied'], isText),
    blocked: listOf(said['blocked'], isText),
  })
}

// Absent and undefined are two things to whoever writes facts as JSON; here they must be one.
type Dense<T> = { [key in keyof T as undefined extends T[key] ? never : key]: T[key] } & {
  [key in keyof T as undefined extends T[key] ? key : never]?: Exclude<T[key], undefined>
}

/** Without the properties that are undefined. */
function dense<T extends object>(value: T): Dense<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Dense<T>
}

/** Text only: a version that was written as a number has lost its zeros (`15.10`). */
function version(value: unknown, parts: number): string | undefined {
  return typeof value === 'string' && parseBuild(value) !== null && partsOf(value) >= parts
    ? value
    : undefined
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

/** One odd item makes the whole list unknown: half of the roles is a lie. */
function listOf<T>(value: unknown, is: (item: unknown) => item is T): readonly T[] | undefined {
  return Array.isArray(value) && value.every(is) ? value : undefined
}

function isRole(item: unknown): item is Role {
  return ROLES.some((role) => role === item)
}

function isText(item: unknown): item is string {
  return typeof item === 'string'
}
