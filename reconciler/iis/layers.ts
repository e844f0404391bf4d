import type { See } from '../model/thing.ts'
import type { Configuration } from './configuration.ts'
import type { Element } from './document.ts'
import { type Known, known, type Unknown, unknown } from './known.ts'
import { locationsAt } from './locations.ts'
import { isTrue } from './lookup.ts'
import { isWithin, pathAndAbove, samePath } from './paths.ts'
import { type Place, place } from './place.ts'
import { readText, type Text } from './seen.ts'

/** One piece of markup that is read for a path: the root of a file without its locations, or one `location`. */
export interface Layer {
  /** The site path whose file this is; the empty text for applicationHost.config. */
  readonly level: string
  /** The site path that the markup is about: the level or a path below it. */
  readonly path: string
  readonly file: string
  readonly text: Text
  /** `configuration` or a `location` element. */
  readonly element: Element
}

/** A file that speaks at one level of a path. */
interface Level {
  readonly path: string
  readonly file: string
  readonly text: Text | null
}

/**
 * Everything that is read for a path, what speaks first standing first. Path before file: for each path from the
 * server down, first what the files of higher levels say about it in locations, then its own file. So a location in
 * applicationHost.config for a virtual directory is stronger than the site's web.config, as administrators know it
 * from switching redirects off below a redirected site.
 * Unknown when a file on the way could not be read or is malformed; all of them are asked for before giving up.
 */
export function layers(see: See, configuration: Configuration, at: string): Known<readonly Layer[]> {
  const located = place(configuration, at)
  if (located.is === 'nowhere') return unknown(located.why)
  if (located.is === 'unknown') return located
  const levels = levelsOf(see, configuration, located)
  if (levels.is === 'unknown') return levels
  const all = pathAndAbove(located.path).flatMap((path) =>
    levels.value.filter((level) => isWithin(path, level.path)).flatMap((level) => said(level, path)),
  )
  return known(located.is === 'server' ? all : all.filter((each) => reaches(each, located)))
}

function levelsOf(
  see: See,
  configuration: Configuration,
  located: Place | { readonly is: 'server' },
): Known<readonly Level[]> {
  const levels: Level[] = [{ path: '', file: configuration.file, text: configuration.text }]
  if (located.is === 'server') return known(levels)
  let problem: Unknown | undefined
  for (const own of filesOf(configuration, located)) {
    if (own.is === 'unknown') {
      problem ??= own
      continue
    }
    const read = readText(see, own.value.file)
    if (read.is === 'text') levels.push({ ...own.value, text: read })
    else if (read.is !== 'absent') problem ??= unknown(read.why)
  }
  return problem ?? known(levels)
}

interface Own {
  readonly path: string
  readonly file: string
}

/** The web.config files that IIS looks for, from the site's root to the path's own folder. */
function filesOf(configuration: Configuration, located: Place): readonly Known<Own>[] {
  // The pool of the application that serves the path decides for the files of all levels.
  if (!located.application.override) return []
  return pathAndAbove(located.path)
    .slice(1)
    .map((path) => place(configuration, path))
    .filter((each) => each.is === 'unknown' || (each.is === 'place' && isRead(each)))
    .map((each) =>
      each.is === 'place' ? known({ path: each.path, file: each.webConfig }) : (each as Unknown),
    )
}

function isRead(each: Place): boolean {
  return each.virtualDirectory.subDirectories || samePath(each.path, each.virtualDirectory.path)
}

/** The web.config files that are read for a path, from the site's root to its own folder, whether they exist or not. */
export function webConfigsOf(configuration: Configuration, at: Place): readonly string[] {
  return filesOf(configuration, at).flatMap((each) => (each.is === 'known' ? [each.value.file] : []))
}

function said({ path: level, file, text }: Level, path: string): readonly Layer[] {
  if (text === null) return []
  const below = level === '' ? path : path.slice(level.length + 1)
  const found = locationsAt(text.root, below)
  return (below === '' ? [text.root, ...found] : found).map((element) => ({
    level,
    path,
    file,
    text,
    element,
  }))
}

/** `inheritInChildApplications="false"` stops at the first application below the path that the markup is about. */
function reaches(layer: Layer, at: Place): boolean {
  if (isTrue(layer.element, 'inheritInChildApplications', true)) return true
  return isWithin(layer.path, at.application.path)
}
