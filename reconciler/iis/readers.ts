import type { Configuration } from './configuration.ts'
import { attribute } from './document.ts'
import { webConfigsOf } from './layers.ts'
import { locations } from './locations.ts'
import { isWithin, samePath, sitePath, windowsPath } from './paths.ts'
import { place } from './place.ts'

/**
 * Site paths that are known by name: applications, virtual directories and `location` elements of
 * applicationHost.config, in one spelling each, the server first.
 */
export function namedPaths(configuration: Configuration): readonly string[] {
  const mapped = configuration.sites
    .flatMap((site) => site.applications)
    .flatMap((each) => [each.path, ...each.virtualDirectories.map((directory) => directory.path)])
  const located = [...locations(configuration.root).values()].flatMap((all) =>
    all.slice(0, 1).map((each) => sitePath(attribute(each, 'path') ?? '')),
  )
  const seen = new Map(['', ...mapped, ...located].map((path) => [path.toLowerCase(), path]))
  return [...seen.values()]
}

/** The site paths whose own web.config is this file; several, where applications share a folder. */
export function pathOfFile(configuration: Configuration, file: string): readonly string[] {
  const folder = windowsPath(file)
    .replace(/\\[^\\]*$/, '')
    .toLowerCase()
  return configuration.sites
    .flatMap((site) => site.applications)
    .flatMap((application) => application.virtualDirectories)
    .flatMap(({ path, folder: own }) => {
      if (own.is === 'unknown') return []
      const root = own.value.toLowerCase()
      if (folder !== root && !folder.startsWith(`${root}\\`)) return []
      const below = windowsPath(file).slice(root.length).split('\\').filter(Boolean).slice(0, -1)
      return [[path, ...below].join('/')]
    })
    .filter((path) => {
      // A folder below can be hidden by an application or virtual directory of the same path.
      const found = place(configuration, path)
      return found.is === 'place' && samePath(found.webConfig, windowsPath(file))
    })
}

/** Every known site path that reads a file: all of them for applicationHost.config, else its own and those below. */
export function readersOf(configuration: Configuration, file: string): readonly string[] {
  const named = namedPaths(configuration)
  if (samePath(file, configuration.file)) return named
  const own = pathOfFile(configuration, file)
  const inheriting = named.filter((path) => {
    const found = own.some((above) => isWithin(path, above)) ? place(configuration, path) : undefined
    return found?.is === 'place' && webConfigsOf(configuration, found).some((each) => samePath(each, file))
  })
  const all = new Map([...own, ...inheriting].map((path) => [path.toLowerCase(), path]))
  return [...all.values()]
}
