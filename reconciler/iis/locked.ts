import type { See } from '../model/thing.ts'
import type { Configuration } from './configuration.ts'
import { type Declaration, type Declarations, declarations } from './declared.ts'
import { attribute, type Element } from './document.ts'
import { type Known, known } from './known.ts'
import { type Layer, layers } from './layers.ts'
import { elementsAt } from './lookup.ts'
import { samePath, sitePathOf } from './paths.ts'
import { standing } from './standing.ts'

/** Why the web.config of a path may not say something (IIS: 0x80070021), and what decides that. */
export interface Lock {
  readonly why: string
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What is to be set: the whole path of an element, and the attribute or child element in it. */
export type Subject = readonly [path: string, attribute?: string]

/**
 * Whether the web.config of a path may say this, by the section's declaration, by `overrideMode` and `allowOverride`
 * of locations above, and by the lock attributes of elements above; null: it may. A section in a location of
 * applicationHost.config is never locked by these, for locks hold for files of lower levels.
 */
export function locked(
  see: See,
  configuration: Configuration,
  at: string,
  subject: Subject,
): Known<Lock | null> {
  const all = layers(see, configuration, at)
  if (all.is === 'unknown') return all
  const level = sitePathOf(at)
  if (level === '') return known(null)
  const above = all.value.filter((layer) => !samePath(layer.level, level))
  const declared = declaredSection(declarations(configuration.root), subject[0])
  return known(
    (declared && sectionLock(above, declared, configuration)) ??
      elementLock(above, declared?.section ?? subject[0], subject),
  )
}

/** The declared section that a path of names is or lies in. */
function declaredSection({ sections }: Declarations, path: string): Declaration | undefined {
  const parts = path.split('/')
  return parts.map((_, index) => sections.get(parts.slice(0, parts.length - index).join('/'))).find(Boolean)
}

interface Held {
  /** Where the lock was set; only the same level can lift it. */
  readonly level: string
  readonly lock: Lock
}

/** The lock of a whole section for files below the given layers. */
export function sectionLock(
  above: readonly Layer[],
  declared: Declaration,
  configuration: Pick<Configuration, 'file' | 'text'>,
): Lock | null {
  const { section, overrideModeDefault, element } = declared
  const start = standing(configuration.text.document, element)
  const why = `section ${section} is locked by its declaration (overrideModeDefault="Deny")`
  let held: Held | null =
    overrideModeDefault === 'Deny' ? { level: '', lock: { why, file: configuration.file, ...start } } : null
  for (const layer of above) {
    const mode = overrideMode(layer.element)
    if (mode === 'inherit' || elementsAt(layer.element, section).length === 0) continue
    if (mode === 'deny')
      held ??= { level: layer.level, lock: lockAt(layer, layer.element, `section ${section} is locked`) }
    else if (held !== null && samePath(held.level, layer.level)) held = null
  }
  return held?.lock ?? null
}

/** `allowOverride` is the older spelling; both on one element is a fault, then the stricter one is taken. */
function overrideMode(location: Element): 'allow' | 'deny' | 'inherit' {
  const mode = attribute(location, 'overrideMode')?.toLowerCase()
  const old = attribute(location, 'allowOverride')?.toLowerCase()
  if (mode === 'deny' || old === 'false') return 'deny'
  return mode === 'allow' || old === 'true' ? 'allow' : 'inherit'
}

function lockAt(layer: Layer, element: Element, what: string): Lock {
  const place = standing(layer.text.document, element)
  return { why: `${what} in ${layer.file}:${place.line}`, file: layer.file, ...place }
}

/** A lock by `lockItem`, `lockAttributes`, `lockElements` and their `…Except` on the way down to the subject. */
export function elementLock(above: readonly Layer[], section: string, [path, name]: Subject): Lock | null {
  const inner = path.slice(section.length).split('/').filter(Boolean)
  for (const layer of above) {
    for (let depth = 0; depth <= inner.length; depth++) {
      const at = [section, ...inner.slice(0, depth)].join('/')
      const next = depth < inner.length ? { element: inner[depth] } : { attribute: name }
      for (const element of elementsAt(layer.element, at)) {
        const what = lockOn(element, next)
        if (what !== null) return lockAt(layer, element, `${at}: ${what}`)
      }
    }
  }
  return null
}

type Next = { readonly element?: string | undefined; readonly attribute?: string | undefined }

function lockOn(element: Element, next: Next): string | null {
  if (attribute(element, 'lockItem')?.toLowerCase() === 'true') return 'it is locked (lockItem)'
  const { attribute: name, element: child } = next
  if (name !== undefined && names(element, 'lockAttributes', 'lockAllAttributesExcept', name))
    return `its attribute ${name} is locked`
  if (child !== undefined && names(element, 'lockElements', 'lockAllElementsExcept', child))
    return `its element ${child} is locked`
  return null
}

function names(element: Element, lock: string, except: string, name: string): boolean {
  const listed = list(attribute(element, lock))
  if (listed?.includes(name) || listed?.includes('*')) return true
  const free = list(attribute(element, except))
  return free !== undefined && !free.includes(name)
}

function list(text: string | undefined): readonly string[] | undefined {
  return text?.split(',').map((each) => each.trim())
}

/** Whether an element carries any lock of its own, so that looking for one below is worth while. */
export function carriesLocks(element: Element): boolean {
  return (
    element.attributes.some(
      ({ name, value }) => name.startsWith('lock') && value.toLowerCase() !== 'false',
    ) || element.children.some(carriesLocks)
  )
}
