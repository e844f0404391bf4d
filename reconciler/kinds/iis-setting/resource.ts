import type { Fields, Json, Kind, SpecFault } from '../../model/resource.ts'
import { fault, listOf, specOf } from '../spec.ts'
import { type AttributeSpec, attributeResource, valueFault } from './attribute.ts'
import { type ItemSpec, itemFault, itemResource } from './item.ts'
import { schema } from './schema.ts'

/** An entry of this kind, before it is known which of its two forms it has. */
interface Entry extends Partial<Omit<AttributeSpec, 'at'>>, Partial<Pick<ItemSpec, 'item'>> {
  readonly at: string | readonly string[]
}

/** One attribute of any section of the IIS configuration, or one item of its collection. */
export const iisSetting: Kind = {
  name: 'iis-setting',
  schema,
  faults: (entry) => faultsOf(specOf<Entry>(entry)),
  split(entry) {
    const spec = specOf<Fields>(entry)
    return listOf(spec['at'] ?? []).map((at) => ({ ...spec, at }))
  },
  resource: (spec, mitigation) =>
    specOf<Entry>(spec).item === undefined
      ? attributeResource(spec, mitigation)
      : itemResource(spec, mitigation),
}

/** Values are checked by the schema of IIS where it is known; what is not known is not judged. */
function faultsOf(entry: Entry): readonly SpecFault[] {
  const [at = ''] = listOf(entry.at)
  if (entry.item !== undefined) return itemFaults(entry, specOf<ItemSpec>({ ...entry, at } as Json))
  if (entry.attribute === undefined || entry.value === undefined) {
    return [fault('', 'Name an `attribute` and its `value`, or an `item` of the collection.')]
  }
  const spec = specOf<AttributeSpec>({ ...entry, at } as Json)
  return (['value', 'otherwise'] as const).flatMap((name) => {
    const value = spec[name]
    const why = value === undefined ? null : valueFault(spec, value)
    return why === null ? [] : [fault(`/${name}`, `IIS does not take this for ${spec.attribute}: ${why}.`)]
  })
}

/** The two forms exclude each other; a schema could say so only in words nobody understands. */
function itemFaults(entry: Entry, spec: ItemSpec): readonly SpecFault[] {
  const stray = (['attribute', 'value', 'otherwise'] as const).filter((name) => entry[name] !== undefined)
  const why = itemFault(spec)
  return [
    ...stray.map((name) => fault(`/${name}`, `An \`item\` has no \`${name}\`. Remove one of the two.`)),
    ...(why === null ? [] : [fault('/item', why)]),
  ]
}
