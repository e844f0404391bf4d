import { StopgapError } from '../errors/error.ts'
import { configuration } from '../iis/configuration.ts'
import { type Element, parseText, textOf, type XmlDocument } from '../iis/document.ts'
import { place } from '../iis/place.ts'
import type { See } from '../model/thing.ts'
import { USUAL_SITE } from './address.ts'
import { over } from './overlay.ts'

/** A bare server on which a line's configuration is tried, and where on it that goes. */
export interface Bare {
  readonly see: See
  /** Text and full path of its applicationHost.config. */
  readonly host: { readonly file: string; readonly text: string }
  /** Full path of the web.config of the site's root. */
  readonly webConfig: string
}

/** Only rules are on trial: a line about a path such as `/bin/` must come to them. */
const FILTERING = /<add name="RequestFilteringModule"[^>]*\/>/g

/** The parts of a server in memory that lines need; it must be readable and have the usual site. */
export function bareOf(see: See): Bare {
  const read = configuration(see)
  const site = read.is === 'known' ? place(read.value, USUAL_SITE) : null
  if (read.is !== 'known' || site?.is !== 'place')
    throw new StopgapError('BUG', { detail: 'the server for lines has no configuration' })
  const { file, text } = read.value
  const host = text.document.text.replaceAll(FILTERING, '')
  return {
    see: over(see, file, new TextEncoder().encode(host)),
    host: { file, text: host },
    webConfig: site.webConfig,
  }
}

/** The configuration of one line, in one of its two forms. */
export type Given =
  | { readonly is: 'rewrite'; readonly xml: string }
  | { readonly is: 'config'; readonly text: string }

/** What a line's configuration makes of the bare server, or why its XML cannot be read. */
export type Made = { readonly is: 'see'; readonly see: See } | { readonly is: 'fault'; readonly why: string }

/** What may stand in `<rewrite>`, and by itself too: then it is taken for the only part of one. */
const PARTS = ['globalRules', 'rules', 'outboundRules', 'rewriteMaps', 'allowedServerVariables', 'providers']

/** What a web.config may not say; reading the whole server's file anew for each line would be slow. */
const OF_THE_SERVER = ['globalRules', 'allowedServerVariables']

/** The bare server with a line's configuration on it; the rest of the web.config of the site's root is gone. */
export function withGiven(bare: Bare, given: Given): Made {
  if (given.is === 'config') {
    const value = new TextEncoder().encode(given.text)
    return { is: 'see', see: over(bare.see, bare.webConfig, value) }
  }
  const parsed = parseText(given.xml.replace(/^\uFEFF/, ''))
  if (parsed.is === 'refused')
    return { is: 'fault', why: `rewriteXml:${parsed.line}:${parsed.column}: ${parsed.why}` }
  const { root } = parsed
  if (root.name !== 'rewrite' && !PARTS.includes(root.name))
    return { is: 'fault', why: `rewriteXml: its root is <${root.name}>, not <rewrite>` }
  const parts = root.name === 'rewrite' ? root.children : [root]
  const file = parts.some(({ name }) => OF_THE_SERVER.includes(name))
    ? { name: bare.host.file, text: hostText(bare.host.text, parsed, parts) }
    : { name: bare.webConfig, text: `<configuration>${section(parsed, parts)}</configuration>` }
  const empty = over(bare.see, bare.webConfig, null)
  return { is: 'see', see: over(empty, file.name, new TextEncoder().encode(file.text)) }
}

/**
 * Global rules are the server's own. All else goes into a location for the site: there the list of allowed server
 * variables is not locked, and rules act as if they stood in the site's web.config.
 */
function hostText(host: string, document: XmlDocument, parts: readonly Element[]): string {
  const own = parts.filter(({ name }) => name === 'globalRules')
  const others = parts.filter(({ name }) => name !== 'globalRules')
  const added = `${section(document, own)}<location path="${USUAL_SITE}">${section(document, others)}</location>`
  const end = host.lastIndexOf('</configuration>')
  return host.slice(0, end) + added + host.slice(end)
}

function section(document: XmlDocument, parts: readonly Element[]): string {
  const inner = parts.map((each) => textOf(document, each)).join('')
  return `<system.webServer><rewrite>${inner}</rewrite></system.webServer>`
}
