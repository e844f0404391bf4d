import type { AreBlocked, Blocked } from '../../reconciler/proof/bypass/blocked.ts'
import { READINGS, type Request } from '../../reconciler/rewrite/exchange.ts'
import { inbound } from '../../reconciler/rewrite/inbound.ts'
import { cooked } from '../../reconciler/rewrite/url.ts'
import { AROUND, REQUEST, type RulesText, ruleSet, ruleText } from './rewrite.ts'

/** What these rules block at the root of a site, as HTTP.sys and the module have it. */
export function blockedBy(text: RulesText): AreBlocked {
  const rules = ruleSet(text)
  return (requests) =>
    requests.map((request): Blocked => {
      if (cooked(request.url).refused !== null) return true
      const [raw, decoded] = READINGS.map((reading) => {
        const { is } = inbound(rules, request, { ...AROUND, reading })
        return is === 'abort' || is === 'response'
      })
      return raw === decoded ? raw === true : 'differs'
    })
}

/** A rule of the published form: all URLs, one condition, the connection is cut. */
export function abortRule(input: string, pattern: string): RulesText {
  const quoted = pattern.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  return {
    rules: ruleText({
      rule: 'stopProcessing="true"',
      conditions: `<add input="${input}" pattern="${quoted}" />`,
    }),
  }
}

/** A request as one line, and its headers. */
export function sent(line: string, headers: Request['headers'] = {}): Request {
  const [method = 'GET', url = '/'] = line.split(' ')
  return { ...REQUEST, method, url, headers }
}

/** The published rule against CVE-2022-41040, version by version; the last one is not by Microsoft. */
export const HISTORY = {
  1: abortRule('{REQUEST_URI}', '.*autodiscover\\.json.*\\@.*Powershell.*'),
  2: abortRule('{REQUEST_URI}', '.*autodiscover\\.json.*Powershell.*'),
  3: abortRule('{UrlDecode:{REQUEST_URI}}', '.*autodiscover\\.json.*Powershell.*'),
  4: abortRule('{UrlDecode:{REQUEST_URI}}', '(?=.*autodiscover)(?=.*powershell)'),
  stronger: abortRule('{UrlDecode:{REQUEST_URI}}', '^(?=[\\s\\S]*autodiscover)(?=[\\s\\S]*powershell)'),
} as const
