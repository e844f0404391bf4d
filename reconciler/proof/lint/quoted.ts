/** A text as YAML to paste, whatever it holds. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
