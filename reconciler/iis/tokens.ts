/**
 * One token: a stretch of the text. Tokens lie end to end, so that joined they are the text.
 * `open` is a whole start tag, self-closed or not; `pi` includes the XML declaration.
 */
export interface Token {
  readonly kind: 'text' | 'comment' | 'cdata' | 'pi' | 'open' | 'close'
  readonly start: number
  readonly end: number
}

/** What is wrong with a text, and at which offset. */
export interface Fault {
  readonly why: string
  readonly at: number
}

const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
/** Source of a regular expression (flag u) for an XML name. */
export const NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F-\\u2040]*`

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 forbids
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')(?:\s+encoding\s*=\s*(?:"[\w.-]+"|'[\w.-]+'))?(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*\?>$/
const TARGET = new RegExp(`^<\\?${NAME}(?=[\\s?])`, 'u')

/** The end of a start tag: the first `>` that stands in no quotes; -1 when there is none. */
function endOfTag(text: string, start: number): number {
  let quote = 0
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (quote !== 0) {
      if (code === quote) quote = 0
      // A value cannot hold `<`: without this, one lost quote would swallow the rest of the file.
      else if (code === 0x3c) return -1
    } else if (code === 0x22 || code === 0x27) quote = code
    else if (code === 0x3e) return index + 1
    else if (code === 0x3c) return -1
  }
  return -1
}

function endAfter(text: string, from: number, mark: string): number {
  const index = text.indexOf(mark, from)
  return index < 0 ? -1 : index + mark.length
}

function comment(text: string, start: number): Token | Fault {
  const end = endAfter(text, start + 4, '--')
  if (end < 0) return { why: 'a comment is not closed', at: start }
  if (text[end] !== '>') return { why: 'a comment holds --', at: end - 2 }
  return { kind: 'comment', start, end: end + 1 }
}

function cdata(text: string, start: number): Token | Fault {
  const end = endAfter(text, start + 9, ']]>')
  return end < 0 ? { why: 'a CDATA section is not closed', at: start } : { kind: 'cdata', start, end }
}

function instruction(text: string, start: number): Token | Fault {
  const end = endAfter(text, start + 2, '?>')
  if (end < 0) return { why: 'a processing instruction is not closed', at: start }
  const whole = text.slice(start, end)
  const target = TARGET.exec(whole)?.[0].slice(2)
  if (target === undefined) return { why: 'a processing instruction has no name', at: start }
  if (target.toLowerCase() === 'xml' && (start !== 0 || !DECLARATION.test(whole))) {
    return { why: 'an XML declaration is misplaced or malformed (only version 1.0 is read)', at: start }
  }
  return { kind: 'pi', start, end }
}

function tag(text: string, start: number): Token | Fault {
  const kind = text[start + 1] === '/' ? 'close' : 'open'
  const end = endOfTag(text, start)
  return end < 0 ? { why: 'a tag is not closed', at: start } : { kind, start, end }
}

function markup(text: string, start: number): Token | Fault {
  if (text.startsWith('<!--', start)) return comment(text, start)
  if (text.startsWith('<![CDATA[', start)) return cdata(text, start)
  if (text.startsWith('<!', start)) {
    // A DOCTYPE can define entities, and with them what every value means.
    return { why: 'it has a DOCTYPE or another declaration, which is not read', at: start }
  }
  return text[start + 1] === '?' ? instruction(text, start) : tag(text, start)
}

function plain(text: string, start: number): Token {
  const next = text.indexOf('<', start)
  return { kind: 'text', start, end: next < 0 ? text.length : next }
}

/** Characters that stand nowhere in XML; null when there are none. To be asked once, before the first token. */
export function forbidden(text: string): Fault | null {
  const at = text.search(FORBIDDEN)
  if (at >= 0) return { why: 'it holds a character that XML forbids', at }
  return text.isWellFormed() ? null : { why: 'it holds half of a surrogate pair', at: 0 }
}

/** The token that starts at an offset before the end. Tags are only found, not yet read. */
export function nextToken(text: string, at: number): Token | Fault {
  return text.charCodeAt(at) === 0x3c ? markup(text, at) : plain(text, at)
}
