import { SaxesParser } from 'saxes'

/** Where and why a text is not well-formed; line and column count from 1. */
export interface Malformed {
  readonly why: string
  readonly line: number
  readonly column: number
}

/**
 * Asks an independent parser, which knows nothing of ours, whether a text is well-formed XML with sound namespaces.
 * Our own parser and this one must agree before anything is written.
 */
export function wellFormed(text: string): Malformed | null {
  const parser = new SaxesParser({ xmlns: true })
  let first: Malformed | null = null
  parser.on('error', (error) => {
    first ??= { why: error.message.replace(/^\d+:\d+: /, ''), line: parser.line, column: parser.column + 1 }
    // Without this, a hostile text could make it collect an error for each of its characters.
    throw error
  })
  try {
    parser.write(text).close()
    return null
  } catch (error) {
    if (first === null) throw error
    return first
  }
}
