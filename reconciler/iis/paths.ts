import type { Facts } from '../model/facts.ts'
import { type Known, known, unknown } from './known.ts'

/** `at` of a resource that means the server itself; as a site path it is the empty text. */
export const SERVER = 'server'

/**
 * A site path as IIS writes it (`Default Web Site/owa`), without slashes at its ends and without empty or `.` parts.
 * The level itself is the empty text. Case is kept; compare with `samePath`.
 */
export function sitePath(text: string): string {
  return text
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

/** The site path that a resource's `at` means: `server` is the empty text. */
export function sitePathOf(at: string): string {
  return samePath(at, SERVER) ? '' : sitePath(at)
}

/** Names and paths are compared without case, as Windows does. */
export function samePath(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Whether `path` is `above` or lies below it. Everything lies below the server. */
export function isWithin(path: string, above: string): boolean {
  if (above === '') return true
  const [low, high] = [path.toLowerCase(), above.toLowerCase()]
  return low === high || low.startsWith(`${high}/`)
}

/** Joins two site paths, either of which may be empty. */
export function joinSitePath(above: string, below: string): string {
  return [above, below].filter((part) => part !== '').join('/')
}

/** The path itself and all above it, the server first: `''`, `Default Web Site`, `Default Web Site/owa`. */
export function pathAndAbove(path: string): readonly string[] {
  const parts = path === '' ? [] : path.split('/')
  return ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))]
}

/** Joins a Windows folder and names below it. */
export function joinFolder(folder: string, ...names: readonly string[]): string {
  return [folder.replace(/[\\/]+$/, ''), ...names].join('\\')
}

/** A Windows path in one spelling: backslashes, none doubled and none at the end, no `.` parts. Case is kept. */
export function windowsPath(path: string): string {
  const share = /^[\\/]{2}/.test(path) ? '\\' : ''
  const plain = path.replace(/[\\/]+/g, '\\')
  // One file under two names would be two files to us, each in the way of the other. `\\.\` is a device, not a folder.
  const direct = share === '' ? plain.replace(/(?:\\\.)+(?=\\|$)/g, '') : plain
  return share + direct.replace(/(?<=[^:])\\$/, '')
}

/** Replaces `%NAME%` by the server's variables, whose names have no case; one that is not known makes it unknown. */
export function expand(text: string, environment: Facts['environment']): Known<string> {
  let missing: string | undefined
  const expanded = text.replace(/%([^%]+)%/g, (all, name: string) => {
    const value = Object.hasOwn(environment, name.toLowerCase()) ? environment[name.toLowerCase()] : undefined
    if (value === undefined) missing ??= all
    return value ?? all
  })
  return missing === undefined
    ? known(windowsPath(expanded))
    : unknown(`${text} names the variable ${missing}, whose value on this server is not known`)
}
