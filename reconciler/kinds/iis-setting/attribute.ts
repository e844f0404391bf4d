import { normaliseValue } from '../../iis/schema/normalise.ts'
import type { Json, Resource } from '../../model/resource.ts'
import { keyPath, settingOf } from '../setting.ts'
import { settingResource } from '../setting-resource.ts'
import { specOf } from '../spec.ts'

/** An atomic entry of kind `iis-setting` that names an attribute. */
export interface AttributeSpec {
  readonly at: string
  readonly section: string
  readonly attribute: string
  readonly value: Json
  readonly otherwise?: Json
  readonly ifMissing?: 'skip' | 'fail'
}

/** The canonical value as IIS takes it for an attribute, or why it would not. */
export function valueFault(spec: AttributeSpec, value: Json): string | null {
  const setting = settingOf(spec.at, spec.section, spec.attribute)
  const normal = normaliseValue(setting.element, setting.attribute, value)
  return normal.is === 'value' ? null : normal.why
}

/** A lens on one attribute of a section. */
export function attributeResource(json: Json, mitigation: string): Resource {
  const spec = specOf<AttributeSpec>(json)
  const setting = settingOf(spec.at, spec.section, spec.attribute)
  const canonical = (value: Json): Json => {
    const normal = normaliseValue(setting.element, setting.attribute, value)
    return normal.is === 'value' ? normal.value : value
  }
  return settingResource({
    kind: 'iis-setting',
    key: `iis-setting:${keyPath(spec.at)}:${spec.section}:${spec.attribute}`,
    mitigation,
    spec: json,
    at: spec.at,
    section: spec.section,
    setting,
    field: spec.attribute,
    value: canonical(spec.value),
    otherwise: spec.otherwise === undefined ? undefined : canonical(spec.otherwise),
    ifMissing: spec.ifMissing ?? 'fail',
    stops: false,
  })
}
