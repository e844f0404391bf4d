import test from 'ava'
import { childrenNamed, parseText } from '../../reconciler/iis/document.ts'
import { ruleFields } from '../../reconciler/iis/rule.ts'
import { compile, type RuleSet } from '../../reconciler/rewrite/compile.ts'
import type { Inbound, Request, Surroundings } from '../../reconciler/rewrite/exchange.ts'
import { inbound } from '../../reconciler/rewrite/inbound.ts'
import type { RewriteMap, RuleSource } from '../../reconciler/rewrite/rule-set.ts'

/** A set of inbound rules as text: the `<rule>` elements of each section, and what they refer to. */
export interface RulesText {
  readonly global?: string
  readonly rules?: string
  /** Further rules by the folder that they are of. */
  readonly below?: { readonly [base: string]: string }
  readonly maps?: readonly (Partial<RewriteMap> & Pick<RewriteMap, 'name'>)[]
  readonly allowed?: readonly string[]
}

export function ruleSet({
  global = '',
  rules = '',
  below = {},
  maps = [],
  allowed = [],
}: RulesText): RuleSet {
  return compile({
    globalRules: sources('globalRules', global, ''),
    rules: [
      ...sources('rules', rules, ''),
      ...Object.entries(below).flatMap(([base, text]) => sources('rules', text, base)),
    ],
    outboundRules: [],
    customTags: {},
    rewriteMaps: maps.map((map) => ({ defaultValue: '', ignoreCase: true, entries: [], ...map })),
    allowedServerVariables: allowed,
  })
}

function sources(section: 'rules' | 'globalRules', text: string, base: string): readonly RuleSource[] {
  const parsed = parseText(`<${section}>${text}</${section}>`)
  if (parsed.is === 'refused') throw new Error(parsed.why)
  return childrenNamed(parsed.root, 'rule').map((rule, i) => {
    const fields = ruleFields(rule, section)
    if (fields.is === 'unknown') throw new Error(fields.why)
    const name = rule.attributes.find((each) => each.name === 'name')?.value ?? `r${i}`
    return { name, fields: fields.value, base }
  })
}

/** One rule. `conditions`: `<add …/>` elements; `action`: the attributes of the action. */
export function ruleText(parts: {
  readonly name?: string
  readonly rule?: string
  readonly url?: string
  readonly match?: string
  readonly conditions?: string
  readonly grouping?: string
  readonly variables?: string
  readonly action?: string
}): string {
  const { name = 'r', rule = '', url = '.*', match = '', conditions = '', grouping = '' } = parts
  const { variables = '', action = 'type="AbortRequest"' } = parts
  return (
    `<rule name="${name}" ${rule}><match url="${url}" ${match} />` +
    `<conditions ${grouping}>${conditions}</conditions>` +
    `<serverVariables>${variables}</serverVariables><action ${action} /></rule>`
  )
}

export const REQUEST: Request = {
  method: 'GET',
  url: '/',
  headers: {},
  https: true,
  host: 'mail.contoso.example',
  port: 443,
}

export const AROUND: Surroundings = {
  reading: 'raw',
  onDisk: () => null,
  physicalPath: () => null,
  variables: {},
}

/** What becomes of a request; what is not said of it is `GET /` over TLS. */
export function meets(
  rules: RulesText,
  request: string | Partial<Request>,
  around: Partial<Surroundings> = {},
): Inbound {
  const said = typeof request === 'string' ? { url: request } : request
  return inbound(ruleSet(rules), { ...REQUEST, ...said }, { ...AROUND, ...around })
}

/** An outcome on one line. */
export function words(result: Inbound): string {
  switch (result.is) {
    case 'pass':
    case 'rewrite':
      return `${result.is} ${result.url}`
    case 'redirect':
      return `redirect ${result.status} ${result.location}`
    case 'response':
      return `response ${result.status}.${result.subStatus} ${result.reason}|${result.description}`
    case 'abort':
      return 'abort'
    case 'parse-error':
      return `error 500.${result.error.subStatus} ${result.error.rule}: ${result.error.message}`
  }
}

/** A set of one rule of the site. */
export const one = (parts: Parameters<typeof ruleText>[0]): RulesText => ({ rules: ruleText(parts) })

/** Attributes of an action that rewrites, and of one that redirects. */
export const to = (url: string, more = ''): string => `type="Rewrite" url="${url}" ${more}`
export const away = (url: string, more = ''): string => `type="Redirect" url="${url}" ${more}`

/** A condition. */
export const pattern = (input: string, text: string, more = ''): string =>
  `<add input="${input}" pattern="${text}" ${more} />`

/** A test: what becomes of a request that meets rules, in words. */
export const becomes = test.macro({
  exec(
    t,
    rules: RulesText,
    request: string | Partial<Request>,
    expected: string,
    around?: Partial<Surroundings>,
  ) {
    t.is(words(meets(rules, request, around)), expected)
  },
  title: (title = '') => title,
})
