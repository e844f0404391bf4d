import { attribute, childrenNamed, type Element, parseText } from '../../reconciler/iis/document.ts'
import { outboundRuleFields } from '../../reconciler/iis/rule.ts'
import { compile } from '../../reconciler/rewrite/compile.ts'
import type { Outbound, Request, Response, Surroundings } from '../../reconciler/rewrite/exchange.ts'
import { outbound } from '../../reconciler/rewrite/outbound.ts'
import type { RuleSetSource } from '../../reconciler/rewrite/rule-set.ts'

/** What is inside of an `<outboundRules>` element, with nothing around it, as a set of rules. */
export function outboundSource(inner: string, more: Partial<RuleSetSource> = {}): RuleSetSource {
  const parsed = parseText(`<outboundRules>${inner}</outboundRules>`)
  if (parsed.is === 'refused') throw new Error(parsed.why)
  const { root } = parsed
  const preConditions = all(root, 'preConditions', 'preCondition')
  return {
    globalRules: [],
    rules: [],
    outboundRules: childrenNamed(root, 'rule').map((rule) => {
      const fields = outboundRuleFields(rule, preConditions)
      if (fields.is === 'unknown') throw new Error(fields.why)
      return { name: named(rule), fields: fields.value, base: '' }
    }),
    customTags: Object.fromEntries(
      all(root, 'customTags', 'tags').map((group) => [
        named(group).toLowerCase(),
        childrenNamed(group, 'tag').map((tag) => ({
          name: named(tag),
          attribute: attribute(tag, 'attribute') ?? '',
        })),
      ]),
    ),
    rewriteMaps: [],
    allowedServerVariables: [],
    ...more,
  }
}

function all(root: Element, section: string, name: string): readonly Element[] {
  return childrenNamed(root, section).flatMap((each) => childrenNamed(each, name))
}

function named(element: Element): string {
  return attribute(element, 'name') ?? ''
}

const REQUEST: Request = {
  method: 'GET',
  url: '/owa/?id=1',
  headers: { Referer: '<b>' },
  https: true,
  host: 'mail.contoso.example',
  port: 443,
}

const AROUND: Surroundings = {
  reading: 'raw',
  onDisk: () => null,
  physicalPath: () => null,
  variables: {},
}

/** What becomes of a response to `GET /owa/?id=1` over TLS; what is not said of either is 200, without headers and body. */
export function respond(
  source: RuleSetSource,
  response: Partial<Response>,
  request: Partial<Request> = {},
  variables: Surroundings['variables'] = {},
): Outbound {
  const whole = { status: 200, headers: {}, body: '', ...response }
  return outbound(compile(source), { ...REQUEST, ...request }, whole, { ...AROUND, variables })
}

/** The response that goes out; fails where there is none. */
export function served(result: Outbound): Response {
  if (result.is !== 'response') throw new Error(result.error.message)
  return result.response
}
