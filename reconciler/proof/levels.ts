import type { Configuration } from '../iis/configuration.ts'
import type { Element } from '../iis/document.ts'
import { locationPath, locations } from '../iis/locations.ts'
import { joinSitePath } from '../iis/paths.ts'
import { readText } from '../iis/seen.ts'
import { applicationsOf } from '../iis/sites.ts'
import type { See } from '../model/thing.ts'

/** Where a site path leads. */
export interface Level {
  /** The deepest path on the way that the configuration says anything of; all below it is answered alike. */
  readonly path: string
  /** Full Windows path that the whole site path is mapped to, whether Windows could have it or not; null: not known. */
  readonly physical: string | null
}

/** No folder lies deeper, and a URL with thousands of slashes must not cost as much. */
const DEEPEST = 64
/** What no folder of Windows can be called, devices and short names among it: IIS looks for no configuration there. */
const NO_FOLDER =
  /^\.+$|[<>:"|?*]|\p{Cc}|[. ]$|^[^.]{1,6}~\d|^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/iu
/** Nor one with more of them. */
const LONGEST = 85

/**
 * Finds for any path of a URL the level whose configuration answers it: an application, a virtual directory, a path
 * with a location of its own, or a folder with a web.config. Most paths share one of a few levels.
 */
export class Levels {
  readonly #see: See
  /** Folders of virtual directories by their site path in lower case. */
  readonly #folders = new Map<string, { readonly path: string; readonly folder: string | null }>()
  /** Paths that some location is about, by themselves in lower case. */
  readonly #located = new Map<string, string>()
  /** Folders in lower case to whether a web.config is in them. */
  readonly #configured = new Map<string, boolean>()

  constructor(see: See, configuration: Configuration) {
    this.#see = see
    this.#locate(configuration.root, '')
    for (const { path, folder } of applicationsOf(configuration.sites).flatMap(
      (each) => each.virtualDirectories,
    ))
      this.#folders.set(path.toLowerCase(), { path, folder: folder.is === 'known' ? folder.value : null })
  }

  /** Whether a Windows path is the folder of a virtual directory, which is certainly there. */
  isMapped(folder: string): boolean {
    const wanted = folder.toLowerCase()
    return [...this.#folders.values()].some((each) => each.folder?.toLowerCase() === wanted)
  }

  /** `parts`: the site's name and the names below it. */
  of(parts: readonly string[]): Level {
    let path = ''
    let deepest = ''
    let physical: string | null = null
    for (const [index, part] of parts.entries()) {
      const asked: string = index === 0 ? part : `${path}/${part}`
      const key = asked.toLowerCase()
      const directory = this.#folders.get(key)
      const located = this.#located.get(key)
      // However a request spells it, it is one level: without this the first one would name it for all.
      path = directory?.path ?? located ?? joinSitePath(path, part.toLowerCase())
      if (directory !== undefined) physical = directory.folder
      // Between two percent signs the machine would look for a variable; no web site has such a folder.
      else if (index >= DEEPEST || part.includes('%') || part.length > LONGEST || NO_FOLDER.test(part))
        return { path: deepest, physical: below(physical, parts.slice(index)) }
      else physical = below(physical, [part])
      const configured = physical !== null && this.#isConfigured(physical, path)
      if (directory !== undefined || configured || located !== undefined) deepest = path
    }
    return { path: deepest, physical }
  }

  #isConfigured(folder: string, path: string): boolean {
    const file = `${folder}\\web.config`
    const key = `${file}\n${path}`.toLowerCase()
    const before = this.#configured.get(key)
    if (before !== undefined) return before
    const read = readText(this.#see, file)
    if (read.is === 'text') this.#locate(read.root, path)
    const configured = read.is !== 'absent'
    // Names that somebody makes up must not fill our memory.
    if (configured || this.#configured.size < 10_000) this.#configured.set(key, configured)
    return configured
  }

  #locate(root: Element, above: string): void {
    for (const [element] of locations(root).values()) {
      const path = element === undefined ? '' : joinSitePath(above, locationPath(element))
      if (path !== above && !this.#located.has(path.toLowerCase()))
        this.#located.set(path.toLowerCase(), path)
    }
  }
}

function below(folder: string | null, names: readonly string[]): string | null {
  return folder === null ? null : [folder, ...names].join('\\')
}
