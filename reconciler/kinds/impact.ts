import type { Configuration } from '../iis/configuration.ts'
import { webConfigsOf } from '../iis/layers.ts'
import { samePath } from '../iis/paths.ts'
import { place } from '../iis/place.ts'
import { applicationsOf } from '../iis/sites.ts'

/** Applications (site paths) that read a web.config: writing it restarts each of them. */
export function applicationsReading(configuration: Configuration, file: string): readonly string[] {
  return applicationsOf(configuration.sites)
    .filter(({ path }) => {
      const located = place(configuration, path)
      return (
        located.is === 'place' && webConfigsOf(configuration, located).some((each) => samePath(each, file))
      )
    })
    .map(({ path }) => path)
}

/** Applications (site paths) of all sites that run in a pool. */
export function applicationsInPool(configuration: Configuration, pool: string): readonly string[] {
  return applicationsOf(configuration.sites)
    .filter((application) => samePath(application.pool, pool))
    .map(({ path }) => path)
}

/** All applications of the server. */
export function allApplications(configuration: Configuration): readonly string[] {
  return applicationsOf(configuration.sites).map(({ path }) => path)
}
