const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The bytes of a run of escapes such as `%c3%a9`. */
export function escapedBytes(run: string): Uint8Array {
  const bytes = new Uint8Array(run.length / 3)
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(run.slice(i * 3 + 1, i * 3 + 3), 16)
  return bytes
}

/**
 * The function UrlDecode: takes percent-encoding away once. Bytes are UTF-8; what is not, becomes U+FFFD and takes no
 * letter with it, so that no pattern is said to see more than IIS shows it. Malformed escapes, `%uXXXX` and `+` stay.
 */
export function urlDecode(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => utf8.decode(escapedBytes(run)))
}

/** The function UrlEncode: everything but letters, digits and `-_.~` as UTF-8 bytes, a space as `%20`. */
export function urlEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, escaped)
}

/**
 * A text as it can stand in a header that holds an address: what no address may contain is encoded, and what is
 * encoded already stays. Line ends that came decoded out of a path would otherwise make headers of their own.
 */
export function addressEncode(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]/gu, encodeURIComponent)
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** The function HtmlEncode. */
export function htmlEncode(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
