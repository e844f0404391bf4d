const PREFIX = 'Stopgap '

/** The name of an element of ours on the server: `Stopgap M1 PowerShell - inbound`. */
export function markedName(mitigation: string, name: string): string {
  return `${PREFIX}${mitigation} ${name}`
}

/** What a marked name says; null for a name that does not carry our mark. Names of mitigations have no blanks. */
export function unmarked(marked: string): { readonly mitigation: string; readonly name: string } | null {
  if (!marked.toLowerCase().startsWith(PREFIX.toLowerCase())) return null
  const [mitigation = '', ...words] = marked.slice(PREFIX.length).split(' ')
  return mitigation === '' || words.length === 0 ? null : { mitigation, name: words.join(' ') }
}

/** URL Rewrite compares names of rules without case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
