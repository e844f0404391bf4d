/** Text of a file, or why it is none; `offset` counts characters of the readable part before the fault. */
export type Decoded =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'fault'; readonly before: string; readonly message: string }

/** UTF-8 without NUL; a byte order mark is left out. Anything else is refused with a remedy, nothing is guessed. */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]))
    return { is: 'fault', before: '', message: 'the file is UTF-16. Save it as UTF-8.' }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return { is: 'fault', before: validPrefix(bytes), message: 'the file is not UTF-8. Save it as UTF-8.' }
  }
  const nul = text.indexOf('\0')
  if (nul < 0) return { is: 'text', text }
  return {
    is: 'fault',
    before: text.slice(0, nul),
    message: 'a NUL byte: this is not a text file. Remove it.',
  }
}

/** Windows PowerShell 5 writes UTF-16 by default, so this one fault deserves words of its own. */
function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte)
}

/** By halving: a streaming decoder takes a prefix that ends within a character, so it fails only behind the fault. */
function validPrefix(bytes: Uint8Array): string {
  let good = 0
  let bad = bytes.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (decodePrefix(bytes, middle) === null) bad = middle
    else good = middle
  }
  return decodePrefix(bytes, good) ?? ''
}

function decodePrefix(bytes: Uint8Array, length: number): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
  } catch {
    return null
  }
}
