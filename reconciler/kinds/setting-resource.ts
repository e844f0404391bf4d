import { configuration } from '../iis/configuration.ts'
import { sectionDeclared } from '../iis/declared.ts'
import { applicationsReading } from '../iis/impact.ts'
import { equalJson } from '../model/equal.ts'
import type { Before, Fields, Impact, Json, MadeByFile, Reading, Resource, Wish } from '../model/resource.ts'
import type { See } from '../model/thing.ts'
import { find, missing } from './missing.ts'
import { putSetting, type Setting, settingValue, undoSetting } from './setting.ts'
import { goBack, stillOurs } from './values.ts'
import { held, nothing, unknownWish, unowned } from './wishes.ts'

/** What a resource of one setting needs to know of its specification. */
export interface SettingSpec {
  readonly kind: string
  readonly key: string
  readonly mitigation: string
  readonly spec: Json
  readonly at: string
  readonly section: string
  readonly setting: Setting
  /** Name of the setting in fields. */
  readonly field: string
  readonly value: Json
  readonly otherwise: Json | undefined
  readonly ifMissing: 'skip' | 'fail'
  readonly stops: boolean
}

/** A lens on one setting of one path: what `authentication` and `iis-setting` are made of. */
export function settingResource(of: SettingSpec): Resource {
  const { kind, key, mitigation, spec, field } = of
  return {
    kind,
    key,
    mitigation,
    spec,
    want: { [field]: of.value },
    ...(of.otherwise === undefined ? {} : { otherwise: { [field]: of.otherwise } }),
    stops: of.stops,
    read: (see) => read(of, see),
    put: (see, made) => put(of, see, made),
    undo: (see, before, made, set) => undo(of, see, { before, made, set: set ?? { [field]: of.value } }),
    impact: (see) => impactOf(of, see),
  }
}

/** `ours` is false: an attribute carries no mark. */
function read(of: SettingSpec, see: See): Reading {
  const server = configuration(see)
  if (server.is === 'unknown') return server
  const found = find(see, server.value, of.at)
  if (found.is === 'unknown') return found
  if (found.is === 'nowhere') return missing(found.why, of.ifMissing)
  const now = settingValue(see, server.value, of.setting)
  if (now.is === 'unknown') return now
  const { value, own, where } = now.value
  const inherited = own === null ? { inherited: where } : {}
  return { is: 'present', fields: { [of.field]: value }, ours: false, ...inherited }
}

function put(of: SettingSpec, see: See, made: MadeByFile): Wish {
  const server = configuration(see)
  if (server.is === 'unknown') return unknownWish(server)
  const found = find(see, server.value, of.at)
  if (found.is === 'unknown') return unknownWish(found)
  if (found.is === 'nowhere') return { is: 'unknown', why: found.why }
  // IIS refuses a whole file for one section that it does not know.
  const declared = sectionDeclared(server.value, of.section)
  if (declared === undefined) {
    const detail = `${server.value.file} declares no section ${of.section}: IIS would refuse it (500.19)`
    return held('would-break', detail)
  }
  if (declared.allowDefinition === 'AppHostOnly' && found.is !== 'server') {
    const detail = `section ${of.section} is allowed for the whole server only; use \`at: server\``
    return held('would-break', detail)
  }
  const wish = putSetting(see, server.value, { setting: of.setting, value: of.value, made })
  if (wish.is === 'unknown') return unknownWish(wish)
  const fields = { [of.field]: wish.value.before.fields?.[of.setting.attribute] ?? null }
  return { ...wish.value, before: { ...wish.value.before, fields } }
}

interface Past {
  readonly before: Before | null
  readonly made: MadeByFile
  readonly set: Fields
}

/** What decides the value now must be what was set, and it must have been something else before. */
function undo(of: SettingSpec, see: See, { before, made, set }: Past): Wish {
  const server = configuration(see)
  if (server.is === 'unknown') return unknownWish(server)
  const found = find(see, server.value, of.at)
  if (found.is === 'unknown') return unknownWish(found)
  if (found.is === 'nowhere') return nothing(before)
  const now = settingValue(see, server.value, of.setting)
  if (now.is === 'unknown') return unknownWish(now)
  const fields = { [of.field]: now.value.value }
  const otherwise = of.otherwise === undefined ? undefined : { [of.field]: of.otherwise }
  const ours = stillOurs(fields, set)
  if (ours.length === 0 || equalJson(before?.fields?.[of.field], set[of.field])) return nothing(before)
  const back = goBack(ours, before, otherwise)
  if (back === 'unowned') return unowned(of.key)
  // With the past lost there are no bytes to return, only a value to write.
  const done =
    before === null
      ? putSetting(see, server.value, { setting: of.setting, value: back[of.field] ?? null, made })
      : undoSetting(see, server.value, { setting: of.setting, raw: before.raw, made })
  return done.is === 'unknown'
    ? unknownWish(done)
    : { ...nothing(before), ...done.value, before: nothing(before).before }
}

/** Only a touched web.config restarts anything; applicationHost.config is read again without that. */
function impactOf(of: SettingSpec, see: See): Impact {
  const server = configuration(see)
  if (server.is === 'unknown') return { stops: [], restarts: [] }
  const now = settingValue(see, server.value, of.setting)
  const file = now.is === 'known' ? now.value.own?.file : undefined
  if (file === undefined || file === server.value.file) return { stops: [], restarts: [] }
  return { stops: [], restarts: applicationsReading(server.value, file) }
}
