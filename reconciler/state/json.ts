import { StopgapError } from '../errors/error.ts'
import { isObject } from '../model/object.ts'
import { readText } from './disk.ts'

/** A file of ours with a version: its value, or why there is none. */
export type Stored =
  | { readonly is: 'here'; readonly value: { readonly [key: string]: unknown } }
  | { readonly is: 'absent' }
  | { readonly is: 'corrupt'; readonly what: string }

/** Reads an object that says `version`. One from a newer Stopgap is refused with `STATE_NEWER`, so that nothing of it gets lost. */
export async function readVersioned(file: string, known: number): Promise<Stored> {
  const text = await readText(file)
  if (text === null) return { is: 'absent' }
  const value = parseObject(text)
  if (value === null)
    return { is: 'corrupt', what: text.trim() === '' ? 'it is empty' : 'it is no JSON object' }
  const { version } = value
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return { is: 'corrupt', what: 'it does not say its version' }
  }
  if (version > known) throw new StopgapError('STATE_NEWER', { file, version, known })
  return { is: 'here', value }
}

/** A JSON object; null for any other text. */
export function parseObject(text: string): { readonly [key: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Whether it is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
