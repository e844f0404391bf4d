import type { Configuration } from './configuration.ts'
import type { Unknown } from './known.ts'
import { locationsAt } from './locations.ts'
import { isWithin, joinFolder, samePath, sitePathOf } from './paths.ts'
import type { Application, Site, VirtualDirectory } from './sites.ts'

/** Where a site path lies. */
export interface Place {
  readonly is: 'place'
  /**
   * Its spelling in the configuration, as far as that has one: `Default Web Site/owa`.
   * `inside` means that nothing but the caller names this path: a folder or file of the application, or a slip of the
   * pen. Whoever means to write there should first see its web.config, or take it for nowhere.
   */
  readonly path: string
  readonly what: 'site' | 'application' | 'virtual-directory' | 'location' | 'inside'
  readonly site: Site
  /** The innermost application that serves the path. */
  readonly application: Application
  readonly virtualDirectory: VirtualDirectory
  /** Full Windows path of the folder (or file) it is mapped to. */
  readonly folder: string
  /** Full Windows path of the web.config of that folder, whether it exists or not. */
  readonly webConfig: string
}

/** `server`: the level of applicationHost.config itself. nowhere: no site has it. unknown: its folder is not known. */
export type Located =
  | { readonly is: 'server'; readonly path: '' }
  | Place
  | { readonly is: 'nowhere'; readonly why: string }
  | Unknown

/** Steps upwards, streams and devices: a path from a policy must not lead out of its virtual directory. */
const NO_FOLDER = /^\.+$|[<>:"|?*]|\p{Cc}|[. ]$/u

// Judging one change asks for the same paths hundreds of times.
const located = new WeakMap<Configuration, Map<string, Located>>()

/** Resolves what a resource's `at` names. Pure: whether files exist is not looked at. */
export function place(configuration: Configuration, at: string): Located {
  const known = located.get(configuration) ?? new Map<string, Located>()
  located.set(configuration, known)
  const found = known.get(at) ?? locate(configuration, sitePathOf(at))
  known.set(at, found)
  return found
}

function locate(configuration: Configuration, path: string): Located {
  if (path === '') return { is: 'server', path: '' }
  const [name = ''] = path.split('/')
  const site = configuration.sites.find((each) => samePath(each.name, name))
  if (site === undefined) return { is: 'nowhere', why: `there is no site ${name}` }
  const application = innermost(site.applications, path)
  if (application === undefined)
    return { is: 'nowhere', why: `no application of ${site.name} serves ${path}` }
  const directory = innermost(application.virtualDirectories, path)
  if (directory === undefined)
    return {
      is: 'nowhere',
      why: `no virtual directory of the application ${application.path} serves ${path}`,
    }
  if (directory.folder.is === 'unknown') return directory.folder
  const below = path.slice(directory.path.length).split('/').filter(Boolean)
  const odd = below.find((part) => NO_FOLDER.test(part))
  if (odd !== undefined) return { is: 'nowhere', why: `"${odd}" in ${path} can be no folder` }
  const folder = joinFolder(directory.folder.value, ...below)
  return {
    is: 'place',
    path: directory.path + below.map((part) => `/${part}`).join(''),
    what: whatOf(configuration, path, application, directory),
    site,
    application,
    virtualDirectory: directory,
    folder,
    webConfig: joinFolder(folder, 'web.config'),
  }
}

function whatOf(
  configuration: Configuration,
  path: string,
  application: Application,
  directory: VirtualDirectory,
): Place['what'] {
  if (samePath(application.path, path)) return path.includes('/') ? 'application' : 'site'
  if (samePath(directory.path, path)) return 'virtual-directory'
  return locationsAt(configuration.root, path).length > 0 ? 'location' : 'inside'
}

/** The one with the longest path that the given path is or lies below. */
function innermost<T extends { readonly path: string }>(all: readonly T[], path: string): T | undefined {
  return all
    .filter((each) => isWithin(path, each.path))
    .reduce<T | undefined>(
      (best, each) => (best && best.path.length >= each.path.length ? best : each),
      undefined,
    )
}

/** Applications strictly below a site path, in order of the file; all of them for the server. */
export function applicationsBelow(configuration: Configuration, path: string): readonly Application[] {
  return configuration.sites
    .flatMap((site) => site.applications)
    .filter((each) => isWithin(each.path, path) && !samePath(each.path, path))
}
