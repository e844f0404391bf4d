import type { Facts } from '../model/facts.ts'
import { attribute, childrenNamed, type Element } from './document.ts'
import { type Known, unknown } from './known.ts'
import { childNamed, elementsAt, isTrue } from './lookup.ts'
import { expand, joinSitePath, sitePath } from './paths.ts'

/** A part of an application that is mapped to a folder. */
export interface VirtualDirectory {
  /** Site path: `Default Web Site/owa`. */
  readonly path: string
  /** Full Windows path of its folder; unknown when a variable in it is. */
  readonly folder: Known<string>
  /** Whether web.config files of folders below are read. */
  readonly subDirectories: boolean
  readonly element: Element
}

export interface Application {
  /** Site path: `Default Web Site/owa`; that of the root application is the site's name. */
  readonly path: string
  readonly pool: string
  /** False: the pool makes IIS ignore every web.config file. */
  readonly override: boolean
  /** In order of the file; the one with the application's own path is its root. */
  readonly virtualDirectories: readonly VirtualDirectory[]
  readonly element: Element
}

export interface Site {
  readonly name: string
  readonly id: string
  readonly applications: readonly Application[]
  readonly element: Element
}

interface Surroundings {
  readonly environment: Facts['environment']
  readonly sites: Element
  /** Lower case names of pools whose applications have no web.config files. */
  readonly deaf: ReadonlySet<string>
}

/** Sites, their applications and virtual directories, from the root element of applicationHost.config. */
export function sitesOf(root: Element, environment: Facts['environment']): readonly Site[] {
  const deaf = deafPools(root)
  return elementsAt(root, 'system.applicationHost/sites').flatMap((sites) =>
    childrenNamed(sites, 'site').map((site) => siteOf(site, { environment, sites, deaf })),
  )
}

function deafPools(root: Element): ReadonlySet<string> {
  const sections = elementsAt(root, 'system.applicationHost/applicationPools')
  return new Set(
    sections.flatMap((section) => {
      const defaults = childNamed(section, 'applicationPoolDefaults')
      const usual = defaults === undefined || isTrue(defaults, 'enableConfigurationOverride', true)
      return childrenNamed(section, 'add')
        .filter((pool) => !isTrue(pool, 'enableConfigurationOverride', usual))
        .map((pool) => (attribute(pool, 'name') ?? '').toLowerCase())
    }),
  )
}

function siteOf(element: Element, around: Surroundings): Site {
  const name = attribute(element, 'name') ?? ''
  return {
    name,
    id: attribute(element, 'id') ?? '',
    applications: childrenNamed(element, 'application').map((each) => applicationOf(each, element, around)),
    element,
  }
}

function applicationOf(element: Element, site: Element, around: Surroundings): Application {
  const path = joinSitePath(attribute(site, 'name') ?? '', sitePath(attribute(element, 'path') ?? '/'))
  const pool =
    attribute(element, 'applicationPool') ??
    fromDefaults([site, around.sites], 'applicationDefaults', 'applicationPool') ??
    'DefaultAppPool'
  return {
    path,
    pool,
    override: !around.deaf.has(pool.toLowerCase()),
    virtualDirectories: childrenNamed(element, 'virtualDirectory').map((each) =>
      virtualDirectoryOf(each, path, [element, site, around]),
    ),
    element,
  }
}

function virtualDirectoryOf(
  element: Element,
  application: string,
  [parent, site, around]: readonly [Element, Element, Surroundings],
): VirtualDirectory {
  const physical = attribute(element, 'physicalPath')
  const path = joinSitePath(application, sitePath(attribute(element, 'path') ?? '/'))
  const below =
    attribute(element, 'allowSubDirConfig') ??
    fromDefaults([parent, site, around.sites], 'virtualDirectoryDefaults', 'allowSubDirConfig')
  return {
    path,
    folder:
      physical === undefined ? unknown(`${path} has no physicalPath`) : expand(physical, around.environment),
    subDirectories: below?.trim().toLowerCase() !== 'false',
    element,
  }
}

/** The nearest of several elements whose defaults element sets the attribute. */
function fromDefaults(elements: readonly Element[], defaults: string, name: string): string | undefined {
  for (const element of elements) {
    const found = childNamed(element, defaults)
    const value = found === undefined ? undefined : attribute(found, name)
    if (value !== undefined) return value
  }
  return undefined
}

/** Every application of every site, in order of the file. */
export function applicationsOf(sites: readonly Site[]): readonly Application[] {
  return sites.flatMap((site) => site.applications)
}
