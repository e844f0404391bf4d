/** What a stream of text came to: a line, or one that was too long to be kept. */
export type Cut = { readonly is: 'line'; readonly text: string } | { readonly is: 'too-long' }

/** The longest line that is kept, in characters: a configuration with all its rules is far shorter. */
export const LONGEST = 16 * 1024 * 1024

/**
 * The lines of a stream, as many at once as have arrived, so that answers come as soon as their lines do. Ends of lines
 * may be of either kind; empty lines and a byte order mark are left out; the last line needs no end.
 */
export async function* linesOf(chunks: AsyncIterable<string>): AsyncIterable<readonly Cut[]> {
  let parts: string[] = []
  let length = 0
  let first = true
  const take = (tail: string): Cut | null => {
    const whole = length + tail.length > LONGEST ? null : parts.join('') + tail
    parts = []
    length = 0
    if (whole === null) return { is: 'too-long' }
    const text = (first ? whole.replace(/^\uFEFF/, '') : whole).replace(/\r$/, '')
    first = false
    return text.trim() === '' ? null : { is: 'line', text }
  }
  for await (const chunk of chunks) {
    const pieces = chunk.split('\n')
    const last = pieces.pop() ?? ''
    const cuts = pieces.map(take).filter((cut) => cut !== null)
    if (cuts.length > 0) yield cuts
    length += last.length
    // What is too long is counted on and not kept.
    if (length <= LONGEST) parts.push(last)
    else parts = []
  }
  const rest = take('')
  if (rest !== null) yield [rest]
}
