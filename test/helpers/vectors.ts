import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYaml } from '../../reconciler/formats/yaml.ts'

type Texts = { readonly [name: string]: string }
type Texted = { readonly [name: string]: string | null }

/** What a line of `request --batch` must come to; what is not named is not looked at. A header of null must not be there. */
export interface Expectation {
  readonly outcome?: string
  readonly status?: number
  readonly subStatus?: number
  readonly reason?: string
  readonly location?: string
  readonly url?: string
  readonly ruleCount?: number
  /** By name of the rule, then by reference such as `R:1`. */
  readonly captures?: { readonly [rule: string]: Texts }
  readonly requestHeaders?: Texted
  readonly responseHeaders?: Texted
  readonly body?: string
}

/** A line of `request --batch` as it is written. */
export interface Line {
  readonly id: string
  readonly rewriteXml: string
  readonly request: { readonly method: string; readonly url: string; readonly headers: Texts }
  readonly serverVariables?: Texts
  readonly response?: { readonly status: number; readonly headers: Texts; readonly body: string }
}

/** One fact of the outside: a rule, a request and its outcome. */
export interface Vector {
  readonly file: string
  readonly source: string
  readonly name: string
  readonly line: Line
  readonly expect: Expectation
  readonly note?: string
}

interface Case extends Omit<Vector, 'line' | 'file' | 'source'> {
  /** `GET /path`, or the whole request. */
  readonly request: string | Line['request']
  readonly serverVariables?: Texts
  readonly response?: Line['response']
  /** Text for `$NAME` in the group's markup. */
  readonly with?: Texts
  /** Markup for `$NAME` there. */
  readonly attributes?: Texts
}

interface Group {
  readonly source?: string
  readonly rewriteXml: string
  readonly cases: readonly Case[]
}

interface Document {
  readonly source: string
  readonly vectors: readonly Group[]
}

const KEYS: ReadonlySet<string> = new Set(
  'name note request with attributes serverVariables response expect'.split(' '),
)

const FOLDER = join(import.meta.dirname, '..', 'rewrite', 'vectors')

/** All vectors of `test/rewrite/vectors`, file by file. */
export function vectors(): readonly Vector[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
  return files.sort().flatMap((file) => {
    const { documents, faults } = parseYaml(readFileSync(join(FOLDER, file), 'utf8'))
    if (faults.length > 0) throw new Error(`${file}: ${JSON.stringify(faults)}`)
    return documents.flatMap(({ value }) => vectorsOf(file, value as unknown as Document))
  })
}

function vectorsOf(file: string, { source, vectors: groups }: Document): readonly Vector[] {
  return groups.flatMap((group) =>
    group.cases.map((each) => ({
      file,
      source: group.source ?? source,
      name: each.name,
      line: lineOf(group, each),
      expect: each.expect,
      ...(each.note === undefined ? {} : { note: each.note }),
    })),
  )
}

function lineOf({ rewriteXml }: Group, each: Case): Line {
  // A comma in a name that is not quoted makes a key of what follows it.
  const strange = Object.keys(each).filter((key) => !KEYS.has(key))
  if (strange.length > 0) throw new Error(`${each.name}: unknown keys: ${strange.join('; ')}`)
  const { request, serverVariables, response } = each
  const [method = '', ...url] = typeof request === 'string' ? request.split(' ') : []
  return {
    id: each.name,
    rewriteXml: filled(rewriteXml, each),
    request: typeof request === 'string' ? { method, url: url.join(' '), headers: {} } : request,
    ...(serverVariables === undefined ? {} : { serverVariables }),
    ...(response === undefined ? {} : { response }),
  }
}

function filled(text: string, { name, with: texts = {}, attributes = {} }: Case): string {
  return text.replace(/\$([A-Z]+)/g, (whole, key: string) => {
    const value = attributes[key] ?? (texts[key] === undefined ? undefined : escaped(texts[key]))
    if (value === undefined) throw new Error(`${name}: nothing stands for ${whole}`)
    return value
  })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
