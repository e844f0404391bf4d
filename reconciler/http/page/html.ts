declare const safe: unique symbol

/** Markup that is safe to send as it is; only `html` and `raw` make it. */
export type Html = { readonly markup: string; readonly [safe]: true }

type Part = Html | string | number | null | readonly Html[]

const ENTITIES: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Fit for text and for quoted attribute values alike. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '')
}

/** Markup of our own that no value from outside ever entered. */
export function raw(markup: string): Html {
  return { markup } as Html
}

/** A template whose every value is escaped unless it is markup already. Null is nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = texts[0] ?? ''
  for (const [at, part] of parts.entries()) markup += written(part) + (texts[at + 1] ?? '')
  return raw(markup)
}

function written(part: Part): string {
  if (part === null) return ''
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return 'markup' in part ? part.markup : part.map((one) => one.markup).join('')
}
