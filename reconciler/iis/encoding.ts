/** How a text lies in a file. Nothing else is written by us, so nothing else is read. */
export interface Encoding {
  readonly name: 'utf-8' | 'utf-16le' | 'utf-16be'
  /** Whether the file starts with a byte order mark. Always true for UTF-16. */
  readonly bom: boolean
}

/** The text of a file without its byte order mark, or why it is not read; `at` is the offset in what could be decoded. */
export type Decoded =
  | { readonly is: 'text'; readonly text: string; readonly encoding: Encoding }
  | { readonly is: 'refused'; readonly why: string; readonly text: string; readonly at: number }

export const UTF8: Encoding = { name: 'utf-8', bom: false }

const REPLACEMENT = '\uFFFD'
const DECLARATION = /^<\?xml\s[^>]*?\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/

function refused(why: string, text = '', at = 0): Decoded {
  return { is: 'refused', why, text, at }
}

function startsWith(bytes: Uint8Array, ...mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte)
}

function encodingOf(bytes: Uint8Array): Encoding | string {
  // The mark of UTF-32 LE starts like that of UTF-16 LE, so it is asked for first.
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff)) return 'it is UTF-32'
  if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return { name: 'utf-8', bom: true }
  if (startsWith(bytes, 0xff, 0xfe)) return { name: 'utf-16le', bom: true }
  if (startsWith(bytes, 0xfe, 0xff)) return { name: 'utf-16be', bom: true }
  if (startsWith(bytes, 0x3c, 0) || startsWith(bytes, 0, 0x3c))
    return 'it is UTF-16 without a byte order mark'
  return UTF8
}

/** Bytes that the mark takes. */
function markLength(encoding: Encoding): number {
  if (!encoding.bom) return 0
  return encoding.name === 'utf-8' ? 3 : 2
}

/** XML lets a file say its encoding; one that says another than it has would be read differently by IIS. */
function contradiction(text: string, encoding: Encoding): string | null {
  const found = DECLARATION.exec(text)
  const declared = (found?.[1] ?? found?.[2])?.toLowerCase()
  if (declared === undefined || declared === encoding.name) return null
  if (declared === 'utf-16' && encoding.name !== 'utf-8') return null
  return `its XML declaration says encoding "${declared}", but it is written in ${encoding.name}`
}

/** Bytes to text. Never throws: what cannot be read, and written back as it was, is refused with a reason. */
export function decode(bytes: Uint8Array): Decoded {
  if (bytes.length === 0) return refused('the file is empty')
  const encoding = encodingOf(bytes)
  if (typeof encoding === 'string') return refused(`${encoding}, which is not supported`)
  const body = bytes.subarray(markLength(encoding))
  try {
    const text = new TextDecoder(encoding.name, { fatal: true, ignoreBOM: true }).decode(body)
    const why = contradiction(text, encoding)
    return why === null ? { is: 'text', text, encoding } : refused(why, text)
  } catch {
    // Decoded again only to say where; a replacement character that really stands in the file can mislead, no more.
    const text = new TextDecoder(encoding.name, { ignoreBOM: true }).decode(body)
    const why = contradiction(text, encoding)
    return refused(
      why ?? `it has bytes that are not ${encoding.name}`,
      text,
      Math.max(0, text.indexOf(REPLACEMENT)),
    )
  }
}

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0xfeff, littleEndian)
  for (let index = 0; index < text.length; index++) {
    view.setUint16(2 + index * 2, text.charCodeAt(index), littleEndian)
  }
  return bytes
}

/** Text to bytes; the inverse of `decode`. */
export function encode(text: string, encoding: Encoding): Uint8Array {
  if (encoding.name !== 'utf-8') return utf16(text, encoding.name === 'utf-16le')
  return new TextEncoder().encode(encoding.bom ? `\uFEFF${text}` : text)
}
