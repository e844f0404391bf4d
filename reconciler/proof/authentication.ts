import { collection } from '../iis/collection.ts'
import type { Configuration } from '../iis/configuration.ts'
import { attribute } from '../iis/document.ts'
import { setting } from '../iis/setting.ts'
import type { See } from '../model/thing.ts'
import type { Authentication } from './answer.ts'

const SECTION = 'system.webServer/security/authentication'

/**
 * What the settings of a site path ask of a request without credentials. What the application itself asks for, such as
 * a bearer token or the form of OWA, is its own matter.
 */
export function authenticationAt(see: See, configuration: Configuration, path: string): Authentication {
  const enabled = (scheme: string) =>
    setting(see, configuration, path, [`${SECTION}/${scheme}Authentication`, 'enabled'])
  const [anonymous, windows, basic, digest] = (['anonymous', 'windows', 'basic', 'digest'] as const).map(
    enabled,
  )
  for (const each of [anonymous, windows, basic, digest]) if (each?.is === 'unknown') return each
  const on = (each: typeof anonymous) => each?.is === 'known' && each.value.value === true
  if (on(anonymous)) return { is: 'open' }
  return {
    is: 'asked',
    challenges: [
      ...(on(windows) ? providers(see, configuration, path) : []),
      ...(on(digest) ? ['Digest'] : []),
      ...(on(basic) ? [`Basic realm="${realm(see, configuration, path)}"`] : []),
    ],
  }
}

function providers(see: See, configuration: Configuration, path: string): readonly string[] {
  const found = collection(see, configuration, path, `${SECTION}/windowsAuthentication/providers`)
  const names =
    found.is === 'known' ? found.value.entries.map(({ element }) => attribute(element, 'value') ?? '') : []
  return names.filter((name) => name !== '').map((name) => name.replace(/:.*/, ''))
}

/** A fixed word where none is set: the host would be another on each way to the server. */
function realm(see: See, configuration: Configuration, path: string): string {
  const found = setting(see, configuration, path, [`${SECTION}/basicAuthentication`, 'realm'])
  const text = found.is === 'known' && typeof found.value.value === 'string' ? found.value.value : ''
  return (text || 'server').replaceAll(/["\\]/g, '')
}
