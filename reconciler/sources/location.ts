import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StopgapError } from '../errors/error.ts'
import { mask } from '../util/mask.ts'

/** Where a remote is. `folder` is set for what lies on this machine; `gitDir` where that is a repository. */
export interface Location {
  /** As git takes it. */
  readonly url: string
  /** For people, without secrets. */
  readonly name: string
  readonly folder: string | null
}

const SCHEME = /^[a-z][a-z0-9+.-]*:(?:\/\/|:)/i
/** `user@host:path`; a Windows drive is one letter and has no `@` or dot before its colon. */
const SCP = /^(?:[^\s/:@]+@)?[^\s/:@]{2,}:(?!\/\/).+/

/**
 * One entry of source.remotes, checked; relative paths are relative to `base`. Throws SOURCE_INVALID: git would take
 * a leading dash for an option and `ext::` for a program to run.
 */
export function locate(text: string, base: string, allowHttp = false): Location {
  const name = mask(text)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (text === '' || text.startsWith('-') || /[\u0000-\u001f\u007f]/.test(text)) {
    throw invalid(`the source ${JSON.stringify(name)} is not a URL and not a path`)
  }
  if (SCHEME.test(text)) return located(text, name, allowHttp)
  const path = isAbsolute(text) ? text : resolve(base, text)
  if (SCP.test(text) && !exists(path)) {
    if (text.includes('@-') || /^-|:-/.test(text))
      throw invalid(`the source ${name} has a host or path that is an option`)
    return { url: text, name, folder: null }
  }
  return { url: path, name: path, folder: path }
}

function located(text: string, name: string, allowHttp: boolean): Location {
  const url = URL.parse(text)
  const scheme = url?.protocol ?? ''
  if (url === null || !['file:', 'http:', 'https:', 'ssh:'].includes(scheme)) {
    throw invalid(`the source ${name} has a scheme that is not allowed`)
  }
  if (scheme === 'file:') return { url: text, name, folder: folderOf(url, name) }
  if (url.hostname === '' || url.hostname.startsWith('-')) throw invalid(`the source ${name} names no host`)
  const loopback = url.hostname === 'localhost' || /^127\.|^\[::1\]$/.test(url.hostname)
  if (scheme === 'http:' && !loopback && !allowHttp) {
    throw invalid(`the source ${name} would come over an open line, where anybody can change it`)
  }
  return { url: text, name, folder: null }
}

function folderOf(url: URL, name: string): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    // A host, or a slash that is escaped.
    const why = error instanceof Error ? error.message : String(error)
    throw invalid(`the source ${name} names no path of this machine (${why})`)
  }
}

function invalid(what: string): StopgapError {
  return new StopgapError('SOURCE_INVALID', {
    what,
    remedy: 'Use an https://, ssh:// or file:// URL, user@host:path, or the path of a repository or folder.',
  })
}

/** The full name of a ref, `main` being refs/heads/main. Throws SOURCE_INVALID for what git would not take as one. */
export function fullRef(ref: string): string {
  const full = ref.startsWith('refs/') ? ref : `refs/heads/${ref}`
  // git check-ref-format, and no leading dash anywhere.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git forbids them too
  const bad = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\/-|\.lock(?:\/|$)|[/.]$/
  if (bad.test(full)) {
    throw new StopgapError('SOURCE_INVALID', {
      what: `source.ref ${JSON.stringify(ref)} is not the name of a branch or tag`,
      remedy: 'Write it as refs/heads/main or refs/tags/v1.',
    })
  }
  return full
}

/** A path inside the repository with forward slashes, without `.`; empty for its root. Throws SOURCE_INVALID. */
export function innerPath(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/')
  if (path.includes('\0') || parts.includes('..') || isAbsolute(path)) {
    throw new StopgapError('SOURCE_INVALID', {
      what: `source.path ${JSON.stringify(path)} leaves the repository`,
      remedy: 'Write it relative to the root of the repository, without `..`.',
    })
  }
  return parts.filter((part) => part !== '' && part !== '.').join('/')
}

/** What holds the refs of a repository at this path: bare, with a work tree, or a linked work tree; null: it is none. */
export function gitDirOf(folder: string): string | null {
  const inside = join(folder, '.git')
  if (isFolder(inside)) return inside
  if (exists(inside)) return linkedGitDir(folder, inside)
  return exists(join(folder, 'HEAD')) && isFolder(join(folder, 'objects')) && isFolder(join(folder, 'refs'))
    ? folder
    : null
}

function linkedGitDir(folder: string, file: string): string | null {
  const named = /^gitdir: (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1]
  if (named === undefined) return null
  const gitDir = resolve(folder, named)
  const common = join(gitDir, 'commondir')
  return exists(common) ? resolve(gitDir, readFileSync(common, 'utf8').trim()) : gitDir
}

/** Whether there is anything at this path. */
export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
