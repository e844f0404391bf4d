import { faultsOf } from '../iis/check.ts'
import { collectionIn } from '../iis/collection.ts'
import type { Configuration } from '../iis/configuration.ts'
import { attribute, type Element } from '../iis/document.ts'
import { type Layer, layers } from '../iis/layers.ts'
import { elementsAt } from '../iis/lookup.ts'
import { type Place, place } from '../iis/place.ts'
import type { See } from '../model/thing.ts'
import type { RuleSet } from '../rewrite/compile.ts'
import type { Refused, Served } from './answer.ts'
import { compiled } from './compiled.ts'
import { type Filter, filterAt } from './filtering.ts'

/** What is so for every request to one level. */
export type LevelState =
  | {
      readonly is: 'serving'
      readonly place: Place
      readonly served: Served
      /** Null: the module of request filtering is not there, whatever its settings say. */
      readonly filter: Filter | null
      /** Null: no rule acts there. */
      readonly rules: RuleSet | null
      /** Server variables that are the same for all of it. */
      readonly variables: { readonly [name: string]: string }
    }
  | { readonly is: 'not-serving'; readonly served: Served | null; readonly refused: Refused }

/** Judges a level once: is there an application, does its pool run, can IIS read what is said there, which rules act. */
export function levelState(see: See, configuration: Configuration, level: string): LevelState {
  const located = place(configuration, level)
  if (located.is === 'unknown') return notServing({ is: 'unknown', why: located.why })
  if (located.is !== 'place')
    return notServing({
      is: 'not-found',
      status: 404,
      why: located.is === 'nowhere' ? located.why : 'no site',
    })
  const served: Served = {
    site: located.site.name,
    level: located.path,
    application: located.application.path,
    pool: located.application.pool,
    ruleCount: 0,
  }
  const stopped = poolTrouble(see, served)
  if (stopped !== null) return notServing(stopped, served)
  const [fault] = faultsOf(see, configuration, level)
  if (fault !== undefined) return notServing({ is: 'broken', status: 500, subStatus: 19, fault }, served)
  const all = layers(see, configuration, level)
  if (all.is === 'unknown') return notServing({ is: 'unknown', why: all.why }, served)
  const where: Where = { configuration, all: all.value, path: located.path }
  const common = {
    is: 'serving',
    place: located,
    filter: moduleActs('requestfilteringmodule', where, false) ? filterAt(all.value, located.path) : null,
    variables: applicationVariables(located),
  } as const
  if (!moduleActs('rewritemodule', where, true)) return { ...common, served, rules: null }
  const found = compiled(all.value, located.path)
  if (found.is === 'unknown') return notServing({ is: 'unknown', why: found.why }, served)
  if (found.is === 'refused')
    return notServing({ is: 'broken', status: 500, subStatus: 19, fault: found.fault }, served)
  const { rules, count } = found
  return { ...common, served: { ...served, ruleCount: count }, rules: count === 0 ? null : rules }
}

function notServing(refused: Refused, served: Served | null = null): LevelState {
  return { is: 'not-serving', served, refused }
}

// As IIS names them in the metabase of old: the site by its number, the application below its root.
function applicationVariables({ site, application, virtualDirectory }: Place): {
  readonly [name: string]: string
} {
  const root =
    application.virtualDirectories.find(({ path }) => path === application.path) ?? virtualDirectory
  const folder = root.folder.is === 'known' ? root.folder.value : ''
  return {
    APP_POOL_ID: application.pool,
    APPL_MD_PATH: `/LM/W3SVC/${site.id}/ROOT${application.path.slice(site.name.length)}`,
    APPL_PHYSICAL_PATH: `${folder}\\`,
    DOCUMENT_ROOT: folder,
    INSTANCE_ID: site.id,
    INSTANCE_META_PATH: `/LM/W3SVC/${site.id}`,
    INSTANCE_NAME: site.name,
  }
}

function poolTrouble(see: See, { pool }: Served): Refused | null {
  const seen = see('pool', pool)
  if (seen.is === 'unknown') return { is: 'unknown', why: `the application pool ${pool}: ${seen.why}` }
  const why = seen.is === 'absent' ? 'does not exist' : seen.value.state === 'Stopped' ? 'is stopped' : null
  if (why === null) return null
  return { is: 'stopped', status: 503, what: 'pool', why: `the application pool ${pool} ${why}` }
}

/** Whether a module works there: it is loaded and on. `unsaid`: what applicationHost.config means that lists no modules at all. */
function moduleActs(name: string, { configuration, all, path }: Where, unsaid: boolean): boolean {
  const loaded = elementsAt(configuration.root, 'system.webServer/globalModules/add')
  const isIt = (each: Element) => attribute(each, 'name')?.toLowerCase() === name
  if (loaded.length > 0 && !loaded.some(isIt)) return false
  const here = collectionIn(all, 'system.webServer/modules', path)
  if (here.is === 'unknown') return unsaid
  const { entries, operations } = here.value
  if (entries.some(({ element }) => isIt(element))) return true
  if (operations.some(({ is, element }) => is === 'clear' || isIt(element))) return false
  const listed = [...entries, ...operations.flatMap(({ dropped }) => dropped)]
  return listed.some(({ layer }) => layer.level === '') ? false : unsaid
}

interface Where {
  readonly configuration: Configuration
  readonly all: readonly Layer[]
  readonly path: string
}
