import { type Fault, refusal } from '../iis/check.ts'
import { collectionIn, type Entry } from '../iis/collection.ts'
import { attribute, childrenNamed, type Element } from '../iis/document.ts'
import type { Known } from '../iis/known.ts'
import type { Layer } from '../iis/layers.ts'
import { isTrue } from '../iis/lookup.ts'
import { outboundRuleFields, ruleFields } from '../iis/rule.ts'
import type { Fields } from '../model/resource.ts'
import type { CustomTag, RewriteMap, RuleSetSource, RuleSource } from '../rewrite/rule-set.ts'

const REWRITE = 'system.webServer/rewrite'

/** The rules in effect at one path, or the first thing in them that IIS refuses. */
export type Effective =
  | { readonly is: 'rules'; readonly source: RuleSetSource }
  | { readonly is: 'refused'; readonly fault: Fault }
  /** A section stands in a file that is not read. */
  | { readonly is: 'unknown'; readonly why: string }

/**
 * What URL Rewrite does at a site path, worked out from all layers that are read for it: inheritance, `clear` and
 * `remove` are done, disabled rules are left out, and each distributed rule knows the folder it was defined for.
 */
export function effective(layers: readonly Layer[], path: string): Effective {
  const away = sectionElsewhere(layers, path)
  if (away !== null) return { is: 'unknown', why: away }
  const within = (section: string) => entriesIn(layers, `${REWRITE}/${section}`, path)
  const preConditions = within('outboundRules/preConditions').map(({ element }) => element)
  // Only the server's own level may say them, so what a location says is no global rule.
  const server = layers.filter((layer) => layer.path === '')
  const globalRules = sources(entriesIn(server, `${REWRITE}/globalRules`, ''), (element) =>
    ruleFields(element, 'globalRules'),
  )
  const rules = sources(within('rules'), (element) => ruleFields(element))
  const outboundRules = sources(within('outboundRules'), (element) =>
    outboundRuleFields(element, preConditions),
  )
  for (const each of [globalRules, rules, outboundRules])
    if (each.is === 'refused') return { is: 'refused', fault: each.fault }
  return {
    is: 'rules',
    source: {
      globalRules: rooted(listOf(globalRules)),
      rules: listOf(rules),
      outboundRules: rooted(listOf(outboundRules)),
      customTags: customTags(within('outboundRules/customTags')),
      rewriteMaps: within('rewriteMaps').map(({ element }) => mapOf(element)),
      allowedServerVariables: within('allowedServerVariables').map(({ element }) => nameOf(element)),
    },
  }
}

const SECTIONS = ['globalRules', 'rules', 'outboundRules', 'rewriteMaps', 'allowedServerVariables']

function sectionElsewhere(layers: readonly Layer[], path: string): string | null {
  for (const section of SECTIONS) {
    const found = collectionIn(layers, `${REWRITE}/${section}`, path)
    if (found.is === 'unknown') return found.why
  }
  return null
}

function entriesIn(layers: readonly Layer[], section: string, path: string): readonly Entry[] {
  const found = collectionIn(layers, section, path)
  return found.is === 'known' ? found.value.entries : []
}

type Sources =
  | { readonly is: 'list'; readonly list: readonly RuleSource[] }
  | { readonly is: 'refused'; readonly fault: Fault }

function sources(entries: readonly Entry[], fieldsOf: (element: Element) => Known<Fields>): Sources {
  const list: RuleSource[] = []
  for (const { element, layer } of entries) {
    const fields = fieldsOf(element)
    if (fields.is === 'unknown') {
      const what = `The rule '${nameOf(element)}' is not valid: ${fields.why}`
      return { is: 'refused', fault: refusal(layer.text, element, { path: layer.path, what }) }
    }
    if (fields.value['enabled'] === false) continue
    list.push({ name: nameOf(element), fields: fields.value, base: baseOf(layer) })
  }
  return { is: 'list', list }
}

function listOf(sources: Sources): readonly RuleSource[] {
  return sources.is === 'list' ? sources.list : []
}

/** The first part of a site path is the site's name; what the server says is said for the root of every site. */
function baseOf({ path }: Layer): string {
  return path.split('/').slice(1).join('/')
}

function rooted(rules: readonly RuleSource[]): readonly RuleSource[] {
  return rules.map((rule) => ({ ...rule, base: '' }))
}

function nameOf(element: Element): string {
  return attribute(element, 'name') ?? ''
}

function customTags(entries: readonly Entry[]): RuleSetSource['customTags'] {
  return Object.fromEntries(
    entries.map(({ element }) => [
      nameOf(element).toLowerCase(),
      childrenNamed(element, 'tag').map(
        (tag): CustomTag => ({ name: nameOf(tag), attribute: attribute(tag, 'attribute') ?? '' }),
      ),
    ]),
  )
}

function mapOf(element: Element): RewriteMap {
  const entries = new Map<string, string>()
  for (const child of element.children) {
    const key = attribute(child, 'key') ?? ''
    if (child.name === 'add') entries.set(key, attribute(child, 'value') ?? '')
    else if (child.name === 'remove') entries.delete(key)
    else if (child.name === 'clear') entries.clear()
  }
  return {
    name: nameOf(element),
    defaultValue: attribute(element, 'defaultValue') ?? '',
    ignoreCase: isTrue(element, 'ignoreCase', true),
    entries: [...entries],
  }
}

/** How many rules act at the path: enabled ones, of all three sections. */
export function ruleCount(source: RuleSetSource): number {
  return source.globalRules.length + source.rules.length + source.outboundRules.length
}
