import { collection } from '../../iis/collection.ts'
import { type Configuration, configuration } from '../../iis/configuration.ts'
import { attribute } from '../../iis/document.ts'
import { layers } from '../../iis/layers.ts'
import { samePath, sitePathOf } from '../../iis/paths.ts'
import { applicationsBelow, place } from '../../iis/place.ts'
import { isObject } from '../../model/object.ts'
import type { Json } from '../../model/resource.ts'
import type { See } from '../../model/thing.ts'
import { effective } from '../effective.ts'
import type { Finding } from './finding.ts'
import { about, type Subject } from './subject.ts'

/** A resource that could not be put on the server, as `stages/prove.ts` tells it. */
export interface Refused {
  readonly entry: number
  readonly why: string
}

/** What IIS, or Stopgap on its behalf, refuses on an Exchange server. */
export function refusals(subject: Subject, held: readonly Refused[]): readonly Finding[] {
  return held.map(({ entry, why }) => {
    const pointer = `/spec/resources/${entry}`
    if (!why.includes('Cannot add duplicate collection entry'))
      return about(subject, 'not-put', `${pointer}/at`, {
        message: `on an Exchange server this cannot be put: ${why}`,
        why: 'Stopgap holds the change, so servers stay without it.',
        remedy: NOWHERE.test(why) ? PLACES : 'Correct what it names, or take the resource out.',
      })
    // As iis/path-faults says it where one file is read on two levels.
    if (why.includes('read for'))
      return about(subject, 'rule-read-twice', pointer, {
        message: 'several applications of one line share this folder, so the rule is read twice',
        why: `${why}. IIS answers 500.19 there; Stopgap holds the change instead.`,
        remedy: 'Name the upper path alone; with `in: applicationHost.config` those below inherit it.',
      })
    return about(subject, 'name-inherited', `${pointer}/name`, {
      message: 'a rule that is inherited here has this name already',
      why: `${why}. IIS answers 500.19 there; Stopgap holds the change instead.`,
      remedy: 'Put it at one of the paths alone, since those below inherit it, or give each its own name.',
    })
  })
}

// As iis/place and kinds/missing say it.
const NOWHERE = /^(?:there is no site|nothing on this server)/
const PLACES =
  'Name what an Exchange server has: its sites are Default Web Site and Exchange Back End, with applications such as owa, ecp, EWS and Autodiscover below.'

/** Rules in a web.config that applications below read as well; Stopgap puts them so that they are read once. */
export function sharedFolders(subject: Subject, see: See): readonly Finding[] {
  const host = configuration(see)
  if (host.is === 'unknown') return []
  return subject.rules
    .filter((rule) => !rule.inHost)
    .flatMap(({ at, pointer }) => {
      const sharing = at.flatMap((path) => sharingFolder(host.value, path))
      if (sharing.length === 0) return []
      const said = about(subject, 'rule-read-twice', pointer, {
        message: `${sharing.join(', ')} read the same web.config, one below the other`,
        why: 'Stopgap puts the rule so that those below do not inherit it; as other tools write it, it would be read twice, and IIS would answer 500.19.',
        remedy: 'in: applicationHost.config',
      })
      return [{ ...said, severity: 'note' as const }]
    })
}

/** Applications below a path that are mapped to its very folder. */
function sharingFolder(host: Configuration, at: string): readonly string[] {
  const found = place(host, at)
  if (found.is !== 'place') return []
  return applicationsBelow(host, found.path)
    .map(({ path }) => path)
    .filter((path) => {
      const below = place(host, path)
      return below.is === 'place' && samePath(below.folder, found.folder)
    })
}

/** Settings of modules that do not run where the setting is made. */
const MODULES: readonly (readonly [section: string, module: string])[] = [
  ['system.webserver/security/requestfiltering', 'RequestFilteringModule'],
  ['system.webserver/httpredirect', 'HttpRedirectionModule'],
  ['system.webserver/defaultdocument', 'DefaultDocumentModule'],
  ['system.webserver/directorybrowse', 'DirectoryListingModule'],
]

/** Settings that nothing reads, because Exchange takes the module out at that path. */
export function settingsWithoutModule(subject: Subject, see: See): readonly Finding[] {
  return subject.mitigation.resources.flatMap(({ kind, entry }, index) => {
    if (kind !== 'iis-setting' || !isObject(entry)) return []
    const section = String(entry['section']).toLowerCase()
    const module = MODULES.find(([start]) => section === start || section.startsWith(`${start}/`))?.[1]
    if (module === undefined) return []
    const dead = listOf(entry['at']).filter((at) => runs(see, at, module) === false)
    if (dead.length === 0) return []
    return [
      about(subject, 'module-removed', `/spec/resources/${index}/section`, {
        message: `Exchange removes ${module} at ${dead.join(', ')}, so nothing reads this setting`,
        why: 'The setting stands in the file and stops nothing.',
        remedy: 'Use a rewrite-rule: URL Rewrite is the one gate of IIS that runs there.',
      }),
    ]
  })
}

/** Null: nobody can tell. */
function runs(see: See, at: string, module: string): boolean | null {
  const host = configuration(see)
  if (host.is === 'unknown') return null
  const found = collection(see, host.value, at, 'system.webServer/modules')
  if (found.is === 'unknown') return null
  return found.value.entries.some(({ element }) => attribute(element, 'name') === module)
}

/** Server variables that a rule below the server sets without being allowed to. `see`: with the mitigation put. */
export function disallowedVariables(subject: Subject, see: See): readonly Finding[] {
  return subject.rules
    .filter(({ kind }) => kind === 'rewrite-rule')
    .flatMap(({ at, sets }) =>
      at
        .filter((path) => sitePathOf(path) !== '')
        .flatMap((path) => {
          const allowed = allowedAt(see, path)
          if (allowed === null) return []
          return sets
            .filter(({ text }) => !allowed.has(text.toUpperCase()))
            .map(({ text, pointer }) =>
              about(subject, 'variable-not-allowed', pointer, {
                message: `no rule at ${path} may set ${text}: it is not in allowedServerVariables`,
                why: 'URL Rewrite answers 500.50 whenever the rule acts.',
                remedy: `- kind: iis-setting\n  at: ${path}\n  section: system.webServer/rewrite/allowedServerVariables\n  item: { key: { name: ${text} } }`,
              }),
            )
        }),
    )
}

function allowedAt(see: See, at: string): ReadonlySet<string> | null {
  const host = configuration(see)
  if (host.is === 'unknown') return null
  const read = layers(see, host.value, at)
  if (read.is === 'unknown') return null
  const found = effective(read.value, sitePathOf(at))
  if (found.is !== 'rules') return null
  return new Set(found.source.allowedServerVariables.map((name) => name.toUpperCase()))
}

function listOf(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}
