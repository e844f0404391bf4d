import { asRawAttribute, putRawAttribute, rawAttribute } from '../iis/attribute-edit.ts'
import type { Configuration } from '../iis/configuration.ts'
import { attributeNamed, type Element } from '../iis/document.ts'
import { setSectionAttribute } from '../iis/edit.ts'
import { type Known, known } from '../iis/known.ts'
import { SERVER, samePath, sitePathOf } from '../iis/paths.ts'
import { removeSectionAttribute } from '../iis/remove.ts'
import { attributeText } from '../iis/schema/normalise.ts'
import { location, sectionAt } from '../iis/section.ts'
import { setting as effective } from '../iis/setting.ts'
import { equalJson } from '../model/equal.ts'
import type { Json, MadeByFile, Wish } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { openDraft } from './draft.ts'

/** One attribute of one section, or of an element inside it, as it holds for one path. */
export interface Setting {
  /** Site path; the empty text is the server. */
  readonly at: string
  /** Path of names down to the element that has the attribute. */
  readonly element: string
  readonly attribute: string
}

/** A setting's value, and the markup that decides it when that speaks about the very path. */
export interface Value {
  /** Canonical; null where neither a file nor the schema says anything. */
  readonly value: Json
  readonly own: { readonly file: string; readonly element: Element } | null
  /** What decides it, in words. */
  readonly where: string
}

/** `at` as it stands in keys: one spelling for `Site/owa`, `Site/owa/` and `/Site/owa`. */
export function keyPath(at: string): string {
  const path = sitePathOf(at)
  return path === '' ? SERVER : path
}

/** Splits `extendedProtection.tokenChecking` of a section into the element that has the attribute, and its name. */
export function settingOf(at: string, section: string, dotted: string): Setting {
  const names = dotted.split('.')
  const own = names.pop() ?? dotted
  return { at: sitePathOf(at), element: [section, ...names].join('/'), attribute: own }
}

/** What holds for the path, by whatever file says so. */
export function settingValue(see: See, configuration: Configuration, setting: Setting): Known<Value> {
  const read = effective(see, configuration, setting.at, [setting.element, setting.attribute])
  if (read.is === 'unknown') return read
  const { value, element, layer } = read.value
  const own = element !== null && layer !== null && samePath(layer.path, setting.at)
  const where = layer === null ? 'it is so by default' : `it is inherited, ${layer.file} says it`
  return known({ value, own: own ? { file: layer.file, element } : null, where })
}

/** What is remembered of a setting: in which file it was set, and the attribute as it was written before, if it was. */
interface Raw {
  readonly [key: string]: Json
  readonly file: string
  readonly attribute: { readonly text: string; readonly after: string | null } | null
}

function rawOf(raw: Json | undefined, name: string): Raw | null {
  if (raw === null || typeof raw !== 'object' || raw === undefined || !('file' in raw)) return null
  const { file, attribute: written } = raw
  if (typeof file !== 'string') return null
  const remembered = written === undefined || written === null ? null : asRawAttribute(written, name)
  return { file, attribute: remembered }
}

/**
 * Gives a setting a value where it already stands for this very path, else in a location of applicationHost.config:
 * what is locked can only be there, and there it survives an Exchange update.
 */
export function putSetting(
  see: See,
  configuration: Configuration,
  { setting, value, made }: { setting: Setting; value: Json; made: MadeByFile },
): Known<Extract<Wish, { is: 'wish' }>> {
  const now = settingValue(see, configuration, setting)
  if (now.is === 'unknown') return now
  const { own } = now.value
  // Spelling and order are theirs as long as the meaning is what is wanted.
  if (equalJson(now.value.value, value)) {
    return known({ is: 'wish', parts: [], before: { fields: { [setting.attribute]: value } } })
  }
  const draft = openDraft(see, own?.file ?? configuration.file, made)
  if (draft.is === 'unknown') return draft
  const { document, root } = draft.value
  const host = setting.at === '' ? [] : [location(setting.at)]
  const path = own === null ? [...host, ...setting.element.split('/')] : []
  const scope = own?.element ?? root
  const element = own?.element ?? sectionAt(root, path)
  const written = element === null ? null : rawAttribute(document, element, setting.attribute)
  const raw: Raw = { file: draft.value.file, attribute: written }
  const text = attributeText(value)
  draft.value.take(
    setSectionAttribute(document, { scope, sections: path }, [setting.attribute, text], draft.value.made),
  )
  const before = { fields: { [setting.attribute]: now.value.value }, raw }
  return known({ is: 'wish', parts: draft.value.parts(), before, made: draft.value.madeByFile() })
}

/**
 * Takes a setting back to the very bytes that were there. Without effect when what decides it now is not the
 * attribute that was set.
 */
export function undoSetting(
  see: See,
  configuration: Configuration,
  { setting, raw, made }: { setting: Setting; raw: Json | undefined; made: MadeByFile },
): Known<Pick<Extract<Wish, { is: 'wish' }>, 'parts' | 'made'>> {
  const now = settingValue(see, configuration, setting)
  if (now.is === 'unknown') return now
  const remembered = rawOf(raw, setting.attribute)
  const { own } = now.value
  if (own === null || (remembered !== null && !samePath(own.file, remembered.file))) {
    return known({ parts: [] })
  }
  const draft = openDraft(see, own.file, made)
  if (draft.is === 'unknown') return draft
  const { document, made: known_ } = draft.value
  if (remembered?.attribute) {
    draft.value.take({ text: putRawAttribute(document, own.element, remembered.attribute), made: known_ })
  } else if (attributeNamed(own.element, setting.attribute) !== undefined) {
    draft.value.take(removeSectionAttribute(document, own.element, setting.attribute, known_))
  }
  return known({ parts: draft.value.parts(), made: draft.value.madeByFile() })
}
