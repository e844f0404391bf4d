import { BACK_END, EXCHANGE, FRONT_END, type Place } from './applications.ts'
import { type Element, element } from './xml.ts'

/**
 * `<location>` elements of applicationHost.config: one per Exchange site and place. Authentication and access are
 * locked sections, so Exchange sets them here and not in web.config.
 */
export function locations(places: readonly Place[], extendedProtection: boolean): Element[] {
  const used = [FRONT_END, BACK_END].filter((site) => places.some((place) => place.site === site))
  return [
    ...used.map(siteLocation),
    ...places.map((place) => placeLocation(place, extendedProtection)),
    ...places.filter(({ path }) => path === 'owa').map(signInPages),
  ]
}

/** Exchange wants TLS for a whole site and takes it back where a place needs less. */
function siteLocation(site: string): Element {
  const folder = site === FRONT_END ? 'FrontEnd\\HttpProxy\\bin' : 'ClientAccess\\owa\\auth'
  return location(
    site,
    element(
      'security',
      {},
      element('access', { sslFlags: 'Ssl, Ssl128' }),
      element('authentication', {}, ...certificates()),
    ),
    element(
      'isapiFilters',
      {},
      element('clear'),
      element('filter', {
        name: 'Exchange OWA Cookie Authentication ISAPI Filter',
        path: `${EXCHANGE}\\${folder}\\owaauth.dll`,
        enabled: true,
      }),
    ),
    element('urlCompression', { doDynamicCompression: false }),
  )
}

/** An application, or a path below one such as that of the ActiveSync proxy, which has no folder of its own. */
function placeLocation(place: Place, extendedProtection: boolean): Element {
  return location(
    `${place.site}/${place.path}`,
    element('directoryBrowse', { enabled: false, showFlags: 'Date, Size, Extension, LongDate' }),
    element('handlers', { accessPolicy: 'Read, Script' }),
    element(
      'security',
      {},
      ...(place.sslFlags === undefined ? [] : [element('access', { sslFlags: place.sslFlags })]),
      authentication(place, extendedProtection),
    ),
    element(
      'defaultDocument',
      { enabled: true },
      element('files', {}, element('clear'), element('add', { value: 'default.aspx' })),
    ),
    element('urlCompression', { doStaticCompression: true, doDynamicCompression: false }),
  )
}

function authentication({ schemes, protection }: Place, extendedProtection: boolean): Element {
  const windows = schemes.includes('w')
  // Without the clear, Negotiate and NTLM of the server would be there a second time.
  const providers = windows
    ? [element('clear'), element('add', { value: 'Negotiate' }), element('add', { value: 'NTLM' })]
    : [element('clear')]
  const children = [element('providers', {}, ...providers)]
  // Before Setup cared for it the element was not written at all: absent is not the same text as None.
  if (extendedProtection && protection !== undefined) {
    children.push(element('extendedProtection', { tokenChecking: protection }))
  }
  return element(
    'authentication',
    {},
    element('windowsAuthentication', { enabled: windows }, ...children),
    element('anonymousAuthentication', { enabled: schemes.includes('a') }),
    element('digestAuthentication', { enabled: false }),
    element('basicAuthentication', { enabled: schemes.includes('b') }),
    ...certificates(),
  )
}

/** The pages of the sign-in form must be reachable by everyone. */
function signInPages(place: Place): Element {
  return location(
    `${place.site}/${place.path}/auth`,
    element('directoryBrowse', { enabled: false, showFlags: 'Date, Size, Extension, LongDate' }),
    element(
      'security',
      {},
      element(
        'authentication',
        {},
        element('windowsAuthentication', { enabled: false }),
        element('anonymousAuthentication', { enabled: true, logonMethod: 'ClearText' }),
        element('digestAuthentication', { enabled: false }),
        element('basicAuthentication', { enabled: false, logonMethod: 'ClearText' }),
      ),
    ),
  )
}

function certificates(): Element[] {
  return [
    element('clientCertificateMappingAuthentication', { enabled: false }),
    element('iisClientCertificateMappingAuthentication', { enabled: false }),
  ]
}

function location(path: string, ...sections: Element[]): Element {
  return element('location', { path }, element('system.webServer', {}, ...sections))
}
