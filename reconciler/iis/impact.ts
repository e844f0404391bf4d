import type { Configuration } from './configuration.ts'
import { samePath } from './paths.ts'
import { place } from './place.ts'
import { readersOf } from './readers.ts'
import { type Application, applicationsOf } from './sites.ts'

/**
 * Site paths of the applications that restart when a web.config is written: every one that reads it, on its own level,
 * in a folder inside it or by inheritance. For applicationHost.config none does by the mere writing: what a change
 * there restarts depends on what is changed, see `applicationsInPool` and `applicationsOfModules`.
 */
export function applicationsReading(configuration: Configuration, file: string): readonly string[] {
  if (samePath(file, configuration.file)) return []
  const found = readersOf(configuration, file).flatMap((path) => {
    const located = place(configuration, path)
    return located.is === 'place' && located.application.override ? [located.application.path] : []
  })
  return [...new Set(found)]
}

/** Site paths of the applications of a pool, over all sites: Exchange shares pools between front and back end. */
export function applicationsInPool(configuration: Configuration, pool: string): readonly string[] {
  return pathsOf(applicationsOf(configuration.sites).filter((each) => samePath(each.pool, pool)))
}

/** What a change of the section `globalModules` restarts: every worker process, so every application. */
export function applicationsOfModules(configuration: Configuration): readonly string[] {
  return pathsOf(applicationsOf(configuration.sites))
}

function pathsOf(applications: readonly Application[]): readonly string[] {
  return applications.map((each) => each.path)
}
