import { normaliseValue } from '../../iis/schema/normalise.ts'
import type { Json, Kind, Resource } from '../../model/resource.ts'
import { keyPath, settingOf } from '../setting.ts'
import { settingResource } from '../setting-resource.ts'
import { defined, fault, listOf, specOf } from '../spec.ts'
import { schema } from './schema.ts'

/** The fields as they are written in an entry, nested; resources have one of them each, dotted. */
interface Fields {
  readonly enabled?: boolean
  readonly extendedProtection?: { readonly tokenChecking?: string; readonly flags?: readonly string[] }
}

interface AuthenticationSpec extends Fields {
  readonly kind: 'authentication'
  readonly at: string | readonly string[]
  readonly scheme: string
  readonly ifMissing?: 'skip' | 'fail'
  readonly otherwise?: Fields
}

// In this order: on a path without the section, `enabled` makes it and the others go inside.
const FIELDS = ['enabled', 'extendedProtection.tokenChecking', 'extendedProtection.flags'] as const
type Field = (typeof FIELDS)[number]

/** One authentication scheme of a path; each named field is a resource of its own. */
export const authentication: Kind = {
  name: 'authentication',
  schema,
  faults(entry) {
    const spec = specOf<AuthenticationSpec>(entry)
    return [...fieldFaults(spec), ...otherwiseFaults(spec)]
  },
  split(entry) {
    const spec = specOf<AuthenticationSpec>(entry)
    const fields = FIELDS.filter((field) => valueIn(spec, field) !== undefined)
    return listOf(spec.at).flatMap((at) => fields.map((field) => atomic(spec, at, field)))
  },
  resource: authenticationResource,
}

function valueIn(from: Fields | undefined, field: Field): Json | undefined {
  if (field === 'enabled') return from?.enabled
  return field.endsWith('flags') ? from?.extendedProtection?.flags : from?.extendedProtection?.tokenChecking
}

function withField(field: Field, value: Json): Fields {
  if (field === 'enabled') return specOf<Fields>({ enabled: value })
  const name = field.slice('extendedProtection.'.length)
  return specOf<Fields>({ extendedProtection: { [name]: value } })
}

/** The specification of one field of one path. It is kept in records, so it holds nothing of the other fields. */
function atomic(spec: AuthenticationSpec, at: string, field: Field): Json {
  const { kind, scheme, ifMissing } = spec
  const otherwise = valueIn(spec.otherwise, field)
  return specOf<Json>(
    defined<unknown>({
      kind,
      at,
      scheme,
      ...withField(field, valueIn(spec, field) ?? null),
      ifMissing,
      otherwise: otherwise === undefined ? undefined : withField(field, otherwise),
    }) as Json,
  )
}

/** Windows alone can bind authentication to the TLS channel. */
function fieldFaults(spec: AuthenticationSpec) {
  const faults = []
  if (spec.extendedProtection !== undefined && spec.scheme !== 'windows') {
    faults.push(
      fault('/extendedProtection', 'Only scheme `windows` has Extended Protection. Remove it here.'),
    )
  }
  if (FIELDS.every((field) => valueIn(spec, field) === undefined)) {
    faults.push(fault('', 'Nothing is asked of the scheme. Set `enabled`, `extendedProtection` or both.'))
  }
  const flags = spec.extendedProtection?.flags ?? []
  if (flags.length > 1 && flags.includes('None')) {
    faults.push(fault('/extendedProtection/flags', '`None` means no flag at all; remove it or the others.'))
  }
  return faults
}

/** `otherwise` for a field that is not set would never be used: more likely a slip than meant. */
function otherwiseFaults(spec: AuthenticationSpec) {
  return FIELDS.filter(
    (field) => valueIn(spec.otherwise, field) !== undefined && valueIn(spec, field) === undefined,
  ).map((field) =>
    fault(
      `/otherwise/${field.replace('.', '/')}`,
      'This field is not set by the resource, so it never goes back. Remove it here.',
    ),
  )
}

function authenticationResource(json: Json, mitigation: string): Resource {
  const spec = specOf<AuthenticationSpec & { readonly at: string }>(json)
  const field = FIELDS.find((each) => valueIn(spec, each) !== undefined) ?? 'enabled'
  const section = `system.webServer/security/authentication/${spec.scheme}Authentication`
  const setting = settingOf(spec.at, section, field)
  // As IIS reads it: names in the spelling of its schema, flags in its order.
  const canonical = (value: Json | undefined): Json | undefined => {
    if (value === undefined) return undefined
    const normal = normaliseValue(setting.element, setting.attribute, value)
    return normal.is === 'value' ? normal.value : value
  }
  return settingResource({
    kind: 'authentication',
    key: `authentication:${keyPath(spec.at)}:${spec.scheme}:${field}`,
    mitigation,
    spec: json,
    at: spec.at,
    section,
    setting,
    field,
    value: canonical(valueIn(spec, field)) ?? null,
    otherwise: canonical(valueIn(spec.otherwise, field)),
    ifMissing: spec.ifMissing ?? 'fail',
    stops: field === 'enabled' && spec.enabled === false,
  })
}
