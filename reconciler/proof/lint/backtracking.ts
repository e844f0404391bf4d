import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import type { checkSync, Diagnostics } from 'recheck'
import { errno, replaceFile } from '../../util/atomic.ts'
import { digestOfJson } from '../../util/digest.ts'

/** How the time of a pattern grows with the length of what it is tried on; `attack` is what makes it so. */
export type Backtracking =
  | { readonly is: 'linear' }
  | { readonly is: 'polynomial'; readonly degree: number; readonly attack: string }
  | { readonly is: 'exponential'; readonly attack: string }
  | { readonly is: 'unknown'; readonly why: string }

/** Milliseconds for one pattern; most take one second, on a busy machine several. */
const LIMIT = 10_000

// Counted in steps and not in time, so that the same pattern gets the same answer on a slow machine.
const EFFORT = {
  attackTimeout: null,
  incubationTimeout: null,
  attackLimit: 10_000_000,
  incubationLimit: 5000,
  maxAttackStringSize: 20_000,
} as const

/** Moves whenever the same pattern could be judged otherwise, so that what was kept is not believed any more. */
const EDITION = 'recheck 4.5.0'

/**
 * Judges patterns, each once: what was found is kept in memory and, where a folder is given, in a file there. The
 * folder is made when needed; one that cannot be written to costs only time.
 */
export class Backtracker {
  readonly #folder: string | null
  readonly #limit: number
  readonly #known = new Map<string, Backtracking>()

  /** `limit`: milliseconds for one pattern. */
  constructor(folder: string | null, limit = LIMIT) {
    this.#folder = folder
    this.#limit = limit
  }

  /** `flags` are those of JavaScript; the pattern must be one that compiles. */
  async judge(pattern: string, flags: string, signal: AbortSignal): Promise<Backtracking> {
    const key = digestOfJson([EDITION, pattern, flags]).slice('sha256:'.length)
    const before = this.#known.get(key) ?? (await this.#kept(key))
    if (before !== null) {
      this.#known.set(key, before)
      return before
    }
    // One takes seconds and cannot be interrupted: a key press is heard between two of them.
    await breathe()
    signal.throwIfAborted()
    const found = judge(pattern, flags, this.#limit)
    this.#known.set(key, found)
    // Whoever ran out of time today may have more of it tomorrow.
    if (found.is !== 'unknown') await this.#keep(key, found)
    return found
  }

  async #kept(key: string): Promise<Backtracking | null> {
    if (this.#folder === null) return null
    const text = await readFile(join(this.#folder, `${key}.json`), 'utf8').catch(() => null)
    return text === null ? null : backtrackingIn(text)
  }

  async #keep(key: string, found: Backtracking): Promise<void> {
    if (this.#folder === null) return
    try {
      await mkdir(this.#folder, { recursive: true })
      await replaceFile(join(this.#folder, `${key}.json`), JSON.stringify(found), { lasting: false })
    } catch (error) {
      if (errno(error) === null) throw error
    }
  }
}

/** What a file says that this class wrote; null for anything else, so that it is found out anew. */
function backtrackingIn(text: string): Backtracking | null {
  try {
    const { is, degree, attack } = JSON.parse(text) as { readonly [key: string]: unknown }
    if (is === 'linear') return { is }
    if (typeof attack !== 'string') return null
    if (is === 'exponential') return { is, attack }
    return is === 'polynomial' && typeof degree === 'number' ? { is, degree, attack } : null
  } catch {
    return null
  }
}

let check: typeof checkSync | null = null

function judge(pattern: string, flags: string, timeout: number): Backtracking {
  // The main file would start a program or a worker thread unless the environment forbids it; this one is JavaScript alone.
  check ??= (
    createRequire(import.meta.url)('recheck/lib/browser.js') as { readonly checkSync: typeof checkSync }
  ).checkSync
  try {
    return backtrackingOf(check(pattern, flags, { timeout, ...EFFORT }), timeout)
  } catch (thrown) {
    // Hundreds of nested groups: what reads them runs out of stack.
    if (thrown instanceof RangeError) return { is: 'unknown', why: 'it is nested too deeply' }
    throw thrown
  }
}

function backtrackingOf(found: Diagnostics, timeout: number): Backtracking {
  if (found.status === 'safe') return { is: 'linear' }
  if (found.status === 'unknown')
    return {
      is: 'unknown',
      why: found.error.kind === 'timeout' ? `not within ${timeout / 1000} s` : found.error.kind,
    }
  const { complexity, attack } = found
  return complexity.type === 'exponential'
    ? { is: 'exponential', attack: attack.pattern }
    : { is: 'polynomial', degree: complexity.degree, attack: attack.pattern }
}
