/** Whether a rule on a server is the one that a mitigation calls so; see kinds/mark.ts for how ours are named. */
export function isOurs(found: string, mitigation: string, name: string): boolean {
  return found.toLowerCase() === `stopgap ${mitigation} ${name}`.toLowerCase()
}
