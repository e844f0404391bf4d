/** Where the value of an attribute stands in a page: what is between its quotes, from `start` up to before `end`. */
export interface AttributeValue {
  /** Names of tag and attribute in lower case. */
  readonly tag: string
  readonly attribute: string
  readonly start: number
  readonly end: number
}

/** Which attributes of which tags are looked for; names in lower case. */
export type TagAttributes = ReadonlyMap<string, ReadonlySet<string>>

/** What stands between these tags is text, even where it looks like markup. */
const TEXT_ONLY: Readonly<Record<string, RegExp>> = {
  script: /<\/script(?=[\t\n\f\r />])/gi,
  style: /<\/style(?=[\t\n\f\r />])/gi,
  textarea: /<\/textarea(?=[\t\n\f\r />])/gi,
  title: /<\/title(?=[\t\n\f\r />])/gi,
}

const TAG_NAME = /[a-z][^\t\n\f\r />]*/iy
const ATTRIBUTE_NAME = /[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)/y
const EQUALS = /[\t\n\f\r ]*=[\t\n\f\r ]*/y
const UNQUOTED = /[^\t\n\f\r >]*/y

/**
 * The values of the wanted attributes in the order in which they stand. Reads what the standard of HTML reads as start
 * tags: not comments, not the text of scripts. A tag that never ends is none, nor is anything behind it. Takes time in
 * proportion to the length, whatever the page holds.
 */
export function attributeValues(page: string, wanted: TagAttributes): readonly AttributeValue[] {
  const found: AttributeValue[] = []
  let at = page.indexOf('<')
  while (at !== -1) {
    const next = page.startsWith('<!--', at) ? behind(page, '-->', at + 4) : readTag(page, at, wanted, found)
    at = next === -1 ? -1 : page.indexOf('<', next)
  }
  return found
}

/** Adds what is wanted of the tag that may begin here; where to go on, -1 at the end of the page. */
function readTag(page: string, at: number, wanted: TagAttributes, found: AttributeValue[]): number {
  const name = matchAt(TAG_NAME, page, at + 1)
  if (name === null) return /[/!?]/.test(page.charAt(at + 1)) ? behind(page, '>', at + 1) : at + 1
  const tag = name[0].toLowerCase()
  const values: AttributeValue[] = []
  const end = readAttributes(page, at + 1 + name[0].length, tag, values)
  if (end === -1) return -1
  const attributes = wanted.get(tag)
  if (attributes !== undefined) found.push(...values.filter(({ attribute }) => attributes.has(attribute)))
  return Object.hasOwn(TEXT_ONLY, tag) ? endOfText(page, end, tag) : end
}

/** Collects attributes up to the end of the tag; where that is, -1 when it has none. */
function readAttributes(page: string, from: number, tag: string, values: AttributeValue[]): number {
  let at = from
  for (;;) {
    const name = matchAt(ATTRIBUTE_NAME, page, at)
    if (name === null) return behind(page, '>', at)
    at += name[0].length
    const equals = matchAt(EQUALS, page, at)
    if (equals === null) continue
    at += equals[0].length
    const quote = page.charAt(at)
    const quoted = quote === '"' || quote === "'"
    const start = quoted ? at + 1 : at
    const end = quoted
      ? page.indexOf(quote, start)
      : start + (matchAt(UNQUOTED, page, start)?.[0].length ?? 0)
    if (end === -1) return -1
    values.push({ tag, attribute: (name[1] ?? '').toLowerCase(), start, end })
    at = quoted ? end + 1 : end
  }
}

function endOfText(page: string, from: number, tag: string): number {
  const end = TEXT_ONLY[tag]
  if (end === undefined) return from
  end.lastIndex = from
  return end.exec(page)?.index ?? -1
}

function behind(page: string, mark: string, from: number): number {
  const at = page.indexOf(mark, from)
  return at === -1 ? -1 : at + mark.length
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(text)
}
