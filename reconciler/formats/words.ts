import type { JsonSchema } from '../model/resource.ts'
import { didYouMean } from './nearest.ts'
import { pointer } from './positions.ts'

/** What a JSON Schema validator says of one violated keyword; the shape is that of ajv with `verbose`. */
export interface Violation {
  readonly keyword: string
  readonly instancePath: string
  readonly schemaPath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly parentSchema?: JsonSchema
  readonly data?: unknown
  readonly message?: string
  readonly propertyName?: string
}

/** A violation in words for people, and the pointer of what it is about. */
export interface SchemaFault {
  readonly pointer: string
  readonly on: 'key' | 'value'
  readonly message: string
}

/** Violations as sentences: what is wrong, and what may stand there instead. */
export function inWords(violations: readonly Violation[]): readonly SchemaFault[] {
  return withoutNoise(violations).map(say)
}

// Branches that failed only because another one was meant, and keywords that merely repeat what was said below them.
function withoutNoise(violations: readonly Violation[]): readonly Violation[] {
  let kept: readonly Violation[] = violations.filter(
    (one) => one.keyword !== 'if' && one.propertyName === undefined,
  )
  for (const choice of violations.filter((one) => one.keyword === 'oneOf' || one.keyword === 'anyOf'))
    kept = withoutBranches(kept, choice)
  return withoutEchoes(kept)
}

/** A value of the wrong type breaks further rules, which say nothing new; the outermost schema names all types. */
function withoutEchoes(violations: readonly Violation[]): readonly Violation[] {
  const types = new Map<string, Violation>()
  for (const one of violations) {
    const known = types.get(one.instancePath)
    if (one.keyword === 'type' && (known === undefined || one.schemaPath.length < known.schemaPath.length))
      types.set(one.instancePath, one)
  }
  return violations.filter((one) => (types.get(one.instancePath) ?? one) === one)
}

/** Keeps the violations of the one branch that was meant, if that can be told by type or tag, else the choice itself. */
function withoutBranches(violations: readonly Violation[], choice: Violation): readonly Violation[] {
  const prefix = `${choice.schemaPath}/`
  const inside = violations.filter((one) => one.schemaPath.startsWith(prefix))
  const branches = Map.groupBy(inside, (one) => one.schemaPath.slice(prefix.length).split('/')[0] ?? '')
  const meant = [...branches.values()].filter((branch) => !branch.some((one) => excludes(one, choice)))
  const only = meant.length === 1 ? meant[0] : undefined
  const dropped = new Set(inside)
  if (only !== undefined) {
    for (const one of only) dropped.delete(one)
    dropped.add(choice)
  }
  return violations.filter((one) => !dropped.has(one))
}

/** A branch that wants another type, or has another tag (`const`), was not the one that was meant. */
function excludes(violation: Violation, choice: Violation): boolean {
  const itself = violation.instancePath === choice.instancePath
  return (itself && violation.keyword === 'type') || violation.keyword === 'const'
}

/** What concerns a key is shown at the key: the value below it may be many lines long. */
function say(one: Violation): SchemaFault {
  const onKey = keyOf(one)
  if (onKey !== undefined)
    return { pointer: `${one.instancePath}${pointer(onKey)}`, on: 'key', message: keyWords(one, onKey) }
  return { pointer: one.instancePath, on: 'value', message: valueWords(one) }
}

function keyOf({ keyword, params }: Violation): string | undefined {
  if (keyword === 'additionalProperties') return String(params['additionalProperty'])
  if (keyword === 'unevaluatedProperties') return String(params['unevaluatedProperty'])
  return keyword === 'propertyNames' ? String(params['propertyName']) : undefined
}

function keyWords(one: Violation, key: string): string {
  if (one.keyword === 'propertyNames') {
    const rule = describe(one.parentSchema?.['propertyNames'])
    return `${quoted(key)} cannot be a key here${rule === '' ? '' : `: ${rule}`}.`
  }
  const known = Object.keys((one.parentSchema?.['properties'] ?? {}) as JsonSchema)
  const guess = didYouMean(key, known)
  if (guess !== '') return `unknown key ${quoted(key)}${guess}`
  return `unknown key ${quoted(key)}. Known here: ${known.join(', ')}.`
}

function valueWords(one: Violation): string {
  const { params, data } = one
  switch (one.keyword) {
    case 'required':
      return missing(one, String(params['missingProperty']))
    case 'type':
      return wrongType(one)
    case 'enum':
      return notAmong(data, params['allowedValues'] as readonly unknown[])
    case 'const':
      return notAmong(data, [params['allowedValue']])
    case 'pattern':
      if (/\p{Cc}/u.test(String(data))) return `${quoted(data)} holds control characters. Remove them.`
      if (String(data).trim() === '') return `must not be empty${after(describe(one.parentSchema))}`
      return `${quoted(data)} does not fit${after(describe(one.parentSchema))}`
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return `must not be empty${after(describe(one.parentSchema))}`
    case 'maxProperties':
      return `has more than ${String(params['limit'])} key${params['limit'] === 1 ? '' : 's'}${after(describe(one.parentSchema))}`
    case 'uniqueItems':
      // People count from 1; ajv gives the later item first.
      return `items ${Number(params['j']) + 1} and ${Number(params['i']) + 1} of this list are the same. Remove one.`
    case 'dependentRequired':
      return `${quoted(params['property'])} needs ${quoted(params['missingProperty'])} beside it.`
    case 'oneOf':
    case 'anyOf':
      return `${quoted(data)} has none of the forms that are allowed here${after(describe(one.parentSchema))}`
    case 'false schema':
      return 'is not allowed here.'
    default:
      return `${one.message ?? `breaks the rule '${one.keyword}'`}${after(describe(one.parentSchema))}`
  }
}

function missing({ parentSchema }: Violation, key: string): string {
  const properties = (parentSchema?.['properties'] ?? {}) as { readonly [key: string]: unknown }
  return `${quoted(key)} is missing${after(describe(properties[key]))}`
}

const TYPES: { readonly [type: string]: string } = {
  string: 'text',
  object: 'a mapping (KEY: VALUE)',
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  null: 'empty',
}

/** The fault that everybody makes once: 15.10 is a number to YAML, and its last zero is lost. */
function wrongType({ params, data }: Violation): string {
  const types = [params['type']].flat().map(String)
  const wanted = types.map((type) => TYPES[type] ?? type).join(' or ')
  if (types.includes('string') && (typeof data === 'number' || typeof data === 'boolean')) {
    const what = typeof data === 'number' ? 'a number' : 'true or false'
    return `must be ${wanted}, but YAML reads ${String(data)} as ${what}. Put it in quotes.`
  }
  if (data === null) return `must be ${wanted}, and is empty.`
  return `must be ${wanted}, not ${typeName(data)}.`
}

/** `typeof` calls a list an object, and null too; null was told apart before. */
function typeName(data: unknown): string {
  return TYPES[Array.isArray(data) ? 'array' : typeof data] ?? typeof data
}

function notAmong(data: unknown, allowed: readonly unknown[]): string {
  const words = allowed.map(String)
  const guess = typeof data === 'string' ? didYouMean(data, words) : ''
  const list = words.length === 1 ? `must be ${words[0]}` : `must be one of ${words.join(', ')}`
  return guess === '' ? `${list}; it is ${quoted(data)}.` : `${list}; it is ${quoted(data)}${guess}`
}

/** Descriptions double as remedies: they say what may stand there. */
function describe(schema: unknown): string {
  const description = (schema as JsonSchema | undefined)?.['description']
  return typeof description === 'string' ? description : ''
}

function after(description: string): string {
  return description === '' ? '.' : `: ${description}`
}

/** Shortened, and without anything that a terminal would act on. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text
  return `'${short.replace(/\p{C}/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)}'`
}
