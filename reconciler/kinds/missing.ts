import type { Configuration } from '../iis/configuration.ts'
import type { Unknown } from '../iis/known.ts'
import { type Place, place } from '../iis/place.ts'
import { readText } from '../iis/seen.ts'
import type { Reading } from '../model/resource.ts'
import type { See } from '../model/thing.ts'

/** The place that `at` names, the server itself, or that this server does not have it. */
export type Found =
  | Place
  | { readonly is: 'server'; readonly path: '' }
  | { readonly is: 'nowhere'; readonly why: string }
  | Unknown

/**
 * Finds `at`. A path that only the specification names is taken for a slip of the pen, unless its folder has a
 * web.config of its own.
 */
export function find(see: See, configuration: Configuration, at: string): Found {
  const located = place(configuration, at)
  if (located.is !== 'place' || located.what !== 'inside') return located
  const text = readText(see, located.webConfig)
  if (text.is === 'unknown') return { is: 'unknown', why: text.why }
  if (text.is !== 'absent') return located
  return { is: 'nowhere', why: `nothing on this server is configured as ${at}` }
}

/** The reading of what cannot be there, by the specification's `ifMissing`. */
export function missing(why: string, ifMissing: 'skip' | 'fail'): Reading {
  return ifMissing === 'skip' ? { is: 'missing', why } : { is: 'unknown', why, gone: true }
}
