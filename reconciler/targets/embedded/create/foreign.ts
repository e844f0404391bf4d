import { type Element, element } from './xml.ts'

/** The inbound rule of the EM service against CVE-2022-41040, in the form it writes: defaults left out. */
export function eemsM1(): Element {
  return element(
    'rule',
    { name: 'EEMS M1.1 PowerShell - inbound', stopProcessing: true },
    element('match', { url: '.*' }),
    element(
      'conditions',
      {},
      element('add', { input: '{UrlDecode:{REQUEST_URI}}', pattern: '(?=.*autodiscover)(?=.*powershell)' }),
    ),
    element('action', { type: 'AbortRequest' }),
  )
}

/** The outbound rule of the EM service against CVE-2026-42897, with its precondition. */
export function eemsM2(): Element {
  const preCondition = 'EEMS M2.1 OWA SPA HTML shell - precondition'
  const pages = '^/owa/?($|\\?|default\\.aspx|projection\\.aspx|readingPane\\.aspx|popout\\.aspx)'
  return element(
    'outboundRules',
    {},
    element(
      'rule',
      { name: 'EEMS M2.1 OWA CSP - outbound', preCondition },
      element('match', { serverVariable: 'RESPONSE_Content_Security_Policy', pattern: '(.*)' }),
      element('action', { type: 'Rewrite', value: "{R:1}; script-src-attr 'none'" }),
    ),
    element(
      'preConditions',
      {},
      element(
        'preCondition',
        { name: preCondition },
        element('add', { input: '{RESPONSE_CONTENT_TYPE}', pattern: '^text/html' }),
        element('add', { input: '{REQUEST_URI}', pattern: pages }),
      ),
    ),
  )
}

/** Rules that administrators put into the root of the front end: a way to OWA, and no way without TLS. */
export function rootRules(): Element[] {
  return [
    // An address without a path only: all else must reach the applications.
    element(
      'rule',
      { name: 'Root to OWA', stopProcessing: true },
      element('match', { url: '^$' }),
      element('action', { type: 'Redirect', url: '/owa/', redirectType: 'Found' }),
    ),
    element(
      'rule',
      { name: 'HTTP to HTTPS', stopProcessing: true },
      element('match', { url: '^(owa|ecp)(/.*)?$' }),
      element(
        'conditions',
        { logicalGrouping: 'MatchAll' },
        element('add', { input: '{HTTPS}', pattern: '^OFF$' }),
      ),
      element('action', {
        type: 'Redirect',
        url: 'https://{HTTP_HOST}{REQUEST_URI}',
        appendQueryString: false,
        redirectType: 'Permanent',
      }),
    ),
    element(
      'rule',
      // Switched off, yet a name that is taken: a second rule of this name would be a duplicate.
      { name: 'Old addresses', enabled: false },
      element('match', { url: '^(exchange|public)$' }),
      element('action', { type: 'Rewrite', url: '{OldAddresses:{R:1}}' }),
    ),
  ]
}

/** The lookup table that one of `rootRules` uses. */
export function rootMaps(): Element {
  return element(
    'rewriteMaps',
    {},
    element(
      'rewriteMap',
      { name: 'OldAddresses', defaultValue: '/owa/' },
      element('add', { key: 'public', value: '/owa/?folder=public&view=list' }),
    ),
  )
}

/** The administration pages for the own network only. */
export function ecpRules(): Element[] {
  return [
    element(
      'rule',
      // With a default spelled out, as people do who copy from documentation.
      { name: 'ECP from inside only', patternSyntax: 'ECMAScript', stopProcessing: true },
      element('match', { url: '.*' }),
      element('conditions', {}, element('add', { input: '{REMOTE_ADDR}', pattern: '^10\\.', negate: true })),
      element('action', {
        type: 'CustomResponse',
        statusCode: 403,
        statusReason: 'Forbidden',
        statusDescription: 'Not from here',
      }),
    ),
  ]
}

/** A rule for the whole server, which a CU leaves alone. */
export function globalRules(): Element {
  return element(
    'globalRules',
    {},
    element(
      'rule',
      { name: 'Known scanners', stopProcessing: true },
      element('match', { url: '.*' }),
      element(
        'conditions',
        { logicalGrouping: 'MatchAny' },
        element('add', { input: '{HTTP_USER_AGENT}', pattern: 'masscan|zgrab' }),
      ),
      element('action', { type: 'AbortRequest' }),
    ),
  )
}
