import type { Fields, Json } from '../model/resource.ts'
import { attribute as attributeOf, childrenNamed, type Element } from './document.ts'
import { type Known, known, unknown } from './known.ts'
import { canonical } from './schema/normalise.ts'
import { inside, schemaOf } from './schema/schema.ts'
import type { AttributeSchema, ElementSchema } from './schema/types.ts'

const REWRITE = 'system.webServer/rewrite'

/**
 * An inbound rule as canonical fields with every default filled in, its name left out: rules that do the same have
 * equal fields, however they are written. Unknown when it holds what the schema does not know or IIS would refuse.
 * Fields: enabled, patternSyntax, stopProcessing, responseCacheDirective, match, logicalGrouping, trackAllCaptures,
 * conditions (a list), serverVariables (a list), action.
 */
export function ruleFields(rule: Element, section: 'rules' | 'globalRules' = 'rules'): Known<Fields> {
  const read = readBy(rule, `${REWRITE}/${section}/rule`)
  if (read.is === 'unknown') return read
  const { name: _, conditions, serverVariables, ...others } = read.value
  return known({ ...others, ...hoisted(conditions), serverVariables: entries(serverVariables) })
}

/**
 * An outbound rule likewise; its pre-condition stands in it by content, without its name, null when it names none.
 * `preConditions` are the elements `preCondition` in effect at the path.
 * Fields: enabled, patternSyntax, stopProcessing, match, logicalGrouping, trackAllCaptures, conditions, action,
 * preCondition.
 */
export function outboundRuleFields(rule: Element, preConditions: readonly Element[]): Known<Fields> {
  const read = readBy(rule, `${REWRITE}/outboundRules/rule`)
  if (read.is === 'unknown') return read
  const { name: _, conditions, preCondition: wanted, ...others } = read.value
  const fields = { ...others, ...hoisted(conditions) }
  if (wanted === '') return known({ ...fields, preCondition: null })
  const key = String(wanted).toLowerCase()
  const found = preConditions.find((each) => attributeOf(each, 'name')?.toLowerCase() === key)
  if (found === undefined) return unknown(`there is no pre-condition ${wanted}`)
  const preCondition = preConditionFields(found)
  return preCondition.is === 'unknown' ? preCondition : known({ ...fields, preCondition: preCondition.value })
}

/** A pre-condition as canonical fields, its name left out: logicalGrouping, patternSyntax, conditions. */
export function preConditionFields(preCondition: Element): Known<Fields> {
  const read = readBy(preCondition, `${REWRITE}/outboundRules/preConditions/preCondition`)
  if (read.is === 'unknown') return read
  const { name: _, entries: conditions = [], ...others } = read.value
  return known({ ...others, conditions })
}

/** The list takes the name of its element, and what the element says about the list stands beside it. */
function hoisted(conditions: Json | undefined): Fields {
  const { entries: list = [], ...about } = conditions as Fields
  return { ...about, conditions: list }
}

function entries(list: Json | undefined): Json {
  return (list as Fields)['entries'] ?? []
}

// Every rule of ours is compared with all rules of its path: without this, a path of many rules costs their square.
const understood = new WeakMap<Element, { readonly path: string; readonly fields: Known<Fields> }>()

function readBy(element: Element, path: string): Known<Fields> {
  const before = understood.get(element)
  if (before?.path === path) return before.fields
  const schema = schemaOf(path)
  const fields = schema === undefined ? unknown(`nothing is known of ${path}`) : fieldsOf(element, schema)
  understood.set(element, { path, fields })
  return fields
}

/**
 * All of an element by its schema: its attributes, its child elements under their names, and as `entries` what it
 * collects. A missing element is one that says nothing.
 */
function fieldsOf(element: Element | undefined, schema: ElementSchema): Known<Fields> {
  const stranger = element?.children.find((child) => inside(schema, child.name) === undefined)
  if (stranger !== undefined) return unknown(`the element ${stranger.name} is not known`)
  const fields = attributesOf(element, schema)
  if (fields.is === 'unknown') return fields
  const all: { [name: string]: Json } = { ...fields.value }
  for (const [name, child] of Object.entries(schema.children)) {
    const found = element === undefined ? [] : childrenNamed(element, name)
    if (found.length > 1) return unknown(`<${name}> stands ${found.length} times in one element`)
    const inner = fieldsOf(found[0], child)
    if (inner.is === 'unknown') return inner
    all[name] = inner.value
  }
  const list = entriesOf(element, schema)
  if (list.is === 'unknown') return list
  return known(schema.collection === undefined ? all : { ...all, entries: list.value })
}

function entriesOf(element: Element | undefined, { collection }: ElementSchema): Known<readonly Fields[]> {
  const list: Fields[] = []
  for (const child of element?.children ?? []) {
    if (!collection?.add.includes(child.name)) continue
    const fields = fieldsOf(child, collection.entry)
    if (fields.is === 'unknown') return fields
    list.push(fields.value)
  }
  return known(list)
}

function attributesOf(element: Element | undefined, schema: ElementSchema): Known<Fields> {
  const fields: { [name: string]: Json } = {}
  const written = new Map(element?.attributes.map(({ name, value }) => [name, value]))
  for (const [name, attribute] of Object.entries(schema.attributes)) {
    const read = valueIn(attribute, written.get(name), element !== undefined)
    if (read.is === 'unknown') return unknown(`${name}: ${read.why}`)
    fields[name] = read.value
    written.delete(name)
  }
  // Locks change who may edit a rule, not what it does.
  const stranger = [...written.keys()].find((name) => !name.startsWith('lock'))
  return stranger === undefined ? known(fields) : unknown(`the attribute ${stranger} is not known`)
}

function valueIn(attribute: AttributeSchema, text: string | undefined, there: boolean): Known<Json> {
  if (text === undefined)
    return attribute.required && there ? unknown('it is missing') : known(attribute.otherwise)
  const normal = canonical(attribute, text)
  return normal.is === 'value' ? known(normal.value) : unknown(normal.why)
}
