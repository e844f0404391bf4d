import type { Json } from '../../model/resource.ts'
import { attributeSchema } from './schema.ts'
import type { AttributeSchema } from './types.ts'

/** A canonical value, or why IIS would not take the text. */
export type Normal =
  | { readonly is: 'value'; readonly value: Json }
  | { readonly is: 'fault'; readonly why: string }

/**
 * The canonical value of a text: booleans as such, numbers as such, names in the spelling of the schema, flags as a list
 * in order of the schema, times as `[d.]hh:mm:ss`. The text of an attribute that the schema does not know stays as it is.
 */
export function normalise(path: string, attribute: string, text: string): Normal {
  const schema = attributeSchema(path, attribute)
  return schema === undefined ? { is: 'value', value: text } : canonical(schema, text)
}

/** The same for a value of a specification: a list is a flags value, `true` is the text `true`. */
export function normaliseValue(path: string, attribute: string, value: Json): Normal {
  if (value !== null && typeof value === 'object' && !isTexts(value))
    return fault('it is neither a value nor a list of texts')
  return normalise(path, attribute, attributeText(value))
}

/** The text that stands for a canonical value in a file: `true`, `20`, `Ssl, Ssl128`. */
export function attributeText(value: Json): string {
  if (Array.isArray(value)) return value.join(', ')
  return value === null ? '' : String(value)
}

/** Value of an attribute that is not written; null where none is known. */
export function otherwise(path: string, attribute: string): Json {
  return attributeSchema(path, attribute)?.otherwise ?? null
}

function isTexts(value: Json): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

/** The canonical value of a text by the schema of its attribute. */
export function canonical(schema: AttributeSchema, text: string): Normal {
  switch (schema.type) {
    case 'bool':
      return booleanOf(text)
    case 'enum':
      return enumOf(schema.values ?? [], text)
    case 'flags':
      return flagsOf(schema.values ?? [], text)
    case 'uint':
    case 'int':
      return numberOf(schema, text)
    case 'timeSpan':
      return timeOf(text)
    case 'string':
      if (schema.nonEmpty && text === '') return fault('it must not be empty')
      return schema.trimmed && text !== text.trim()
        ? fault('it must not begin or end with a blank')
        : value(text)
  }
}

function value(json: Json): Normal {
  return { is: 'value', value: json }
}

function fault(why: string): Normal {
  return { is: 'fault', why }
}

function booleanOf(text: string): Normal {
  const lower = text.trim().toLowerCase()
  return lower === 'true' || lower === 'false'
    ? value(lower === 'true')
    : fault(`"${text}" is neither true nor false`)
}

function named(values: readonly string[], text: string): string | undefined {
  const lower = text.trim().toLowerCase()
  return values.find((each) => each.toLowerCase() === lower)
}

function enumOf(values: readonly string[], text: string): Normal {
  const found = named(values, text)
  return found === undefined ? fault(`"${text}" is none of ${values.join(', ')}`) : value(found)
}

/** `None` stands for no flag at all, so beside others it says nothing. */
function flagsOf(values: readonly string[], text: string): Normal {
  const parts = text.split(',').filter((part) => part.trim() !== '')
  const wrong = parts.find((part) => named(values, part) === undefined)
  if (wrong !== undefined) return fault(`"${wrong.trim()}" is none of ${values.join(', ')}`)
  const found = new Set(parts.map((part) => named(values, part)))
  const set = values.filter((each) => each !== 'None' && found.has(each))
  return value(set.length === 0 && values.includes('None') ? ['None'] : set)
}

function numberOf(schema: AttributeSchema, text: string): Normal {
  const number = Number(text.trim())
  if (!/^-?\d+$/.test(text.trim()) || !Number.isSafeInteger(number))
    return fault(`"${text}" is not a whole number`)
  const min = schema.min ?? (schema.type === 'uint' ? 0 : -(2 ** 31))
  const max = schema.max ?? 2 ** 32 - 1
  if (number < min || number > max) return fault(`${number} is not between ${min} and ${max}`)
  const [from, to] = schema.except ?? [1, 0]
  return number >= from && number <= to ? fault(`${number} lies between ${from} and ${to}`) : value(number)
}

const TIME = /^(?:(\d{1,5})\.)?(\d{1,4}):([0-5]?\d):([0-5]?\d)(?:\.0+)?$/

/** 29 hours and a day with five are one value: hours beyond a day are carried. */
function timeOf(text: string): Normal {
  const match = TIME.exec(text.trim())
  if (match === null) return fault(`"${text}" is not a time such as 00:20:00 or 1.05:00:00`)
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  const allDays = days + Math.floor(hours / 24)
  const clock = [hours % 24, minutes, seconds].map((part) => String(part).padStart(2, '0')).join(':')
  return value(allDays === 0 ? clock : `${allDays}.${clock}`)
}
