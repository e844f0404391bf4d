import type { Response } from './exchange.ts'
import { attributeValues, type TagAttributes } from './html.ts'
import type { OutboundRule } from './outbound-rule.ts'
import { replaceMatches, splice } from './page.ts'
import { headerValues, withHeader } from './response-headers.ts'
import { Unworkable, type WayBack } from './way-back.ts'

/**
 * Carries out the rules for the body. Neighbouring rules for attributes are carried out together, all of them for one
 * attribute and then all for the next, as the reference of the module says (Rules Execution); a rule for the whole page
 * sees what those before it made.
 */
export function rewriteBody(
  rules: readonly OutboundRule[],
  applying: ReadonlySet<OutboundRule>,
  back: WayBack,
): void {
  refuseEncoded(
    rules.find((rule) => applying.has(rule)),
    back,
  )
  const before = back.response.body
  let page = before
  for (let at = 0; at < rules.length; ) {
    const run = runAt(rules, at)
    at += run.length
    for (const rule of run) back.reach(rule)
    const acting = page === '' ? [] : run.filter((rule) => applying.has(rule))
    const after = carryOut(acting, page, back)
    page = after.page
    if (after.stop) break
  }
  if (page !== before) back.response = corrected({ ...back.response, body: page })
}

// The module does not decompress; it gives up on the response, unless there is no body anyway.
function refuseEncoded(rule: OutboundRule | undefined, { request, response }: WayBack): void {
  const bodyless = request.method === 'HEAD' || response.status === 204 || response.status === 304
  const encoding = headerValues(response.headers, 'Content-Encoding').join(', ')
  if (rule === undefined || bodyless || encoding === '' || /^identity$/i.test(encoding)) return
  const message = `the body is encoded ("${encoding}"): no outbound rule can rewrite it; let its pre-condition leave it out, or take Accept-Encoding from the request`
  throw new Unworkable(rule.name, message)
}

/** One rule for the whole page, or neighbouring rules for attributes. */
function runAt(rules: readonly OutboundRule[], at: number): readonly OutboundRule[] {
  const next = rules.findIndex(
    (rule, i) => i > at && (rule.target.is === 'page' || rules[at]?.target.is === 'page'),
  )
  return rules.slice(at, next === -1 ? rules.length : next)
}

interface Carried {
  readonly page: string
  /** The rules behind do not have their turn. */
  readonly stop: boolean
}

function carryOut(run: readonly OutboundRule[], page: string, back: WayBack): Carried {
  const [first] = run
  if (first === undefined) return { page, stop: false }
  if (first.target.is !== 'page') return { page: rewriteAttributes(run, page, back), stop: false }
  return rewritePage(first, first.target.search, page, back)
}

function rewritePage(rule: OutboundRule, search: RegExp, page: string, back: WayBack): Carried {
  let acts = 0
  const act = (match: readonly string[] | null): string | null => {
    const done = back.meet(rule, match)
    if (!done.acts) return null
    acts += 1
    return done.value
  }
  const enough = (): boolean => rule.occurrences > 0 && acts >= rule.occurrences
  // Nothing in it matches, so there is no part to replace: it is the whole that the rule is about.
  const after = rule.negate
    ? (act(page.search(search) === -1 ? null : []) ?? page)
    : replaceMatches(page, search, act, enough)
  return { page: after, stop: acts > 0 && rule.stopProcessing }
}

function rewriteAttributes(rules: readonly OutboundRule[], page: string, back: WayBack): string {
  // How often each rule has acted: `occurrences` counts over the page, not for each attribute.
  const acts = new Map<OutboundRule, number>()
  const places = attributeValues(page, union(rules.map(attributesOf)))
  const changes = places.map(({ tag, attribute, start, end }) => {
    let value = page.slice(start, end)
    for (const rule of rules) {
      const before = acts.get(rule) ?? 0
      if (rule.occurrences > 0 && before >= rule.occurrences) continue
      if (attributesOf(rule).get(tag)?.has(attribute) !== true) continue
      const act = back.meet(rule, rule.pattern.exec(value))
      if (!act.acts) continue
      acts.set(rule, before + 1)
      value = act.value ?? value
      if (rule.stopProcessing) break
    }
    return { start, end, value }
  })
  return splice(page, changes)
}

const NO_ATTRIBUTES: TagAttributes = new Map()

function attributesOf({ target }: OutboundRule): TagAttributes {
  return target.is === 'tags' ? target.attributes : NO_ATTRIBUTES
}

function union(all: readonly TagAttributes[]): TagAttributes {
  const [only] = all
  if (all.length === 1 && only !== undefined) return only
  const wanted = new Map<string, Set<string>>()
  for (const [tag, attributes] of all.flatMap((each) => [...each]))
    wanted.set(tag, new Set([...(wanted.get(tag) ?? []), ...attributes]))
  return wanted
}

const utf8 = new TextEncoder()

/** With the length of its new body, where it told one. */
function corrected(response: Response): Response {
  if (headerValues(response.headers, 'Content-Length').length === 0) return response
  const length = String(utf8.encode(response.body).length)
  return { ...response, headers: withHeader(response.headers, 'Content-Length', [length]) }
}
