/** A revision of a git source, taken apart: `main@sha1:…`. */
export interface GitRevision {
  readonly branch: string
  readonly format: 'sha1' | 'sha256'
  readonly oid: string
}

/** The revision that a commit of this ref is. */
export function gitRevision(ref: string, oid: string): string {
  const branch = ref.replace(/^refs\/(?:heads\/|tags\/)?/, '')
  return `${branch}@${formatOf(oid)}:${oid}`
}

/** Null for what is no revision of a git source. */
export function parseGitRevision(revision: string): GitRevision | null {
  const [, branch, format, oid] = /^(.+)@(sha1|sha256):([0-9a-f]+)$/.exec(revision) ?? []
  if (branch === undefined || oid === undefined || format !== formatOf(oid)) return null
  return { branch, format, oid }
}

/** Whether this is written as a revision is, of git or of a folder. */
export function isRevision(text: string): boolean {
  return /^[^\s@]+@(?:sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64})$/.test(text)
}

/** The hash that an object id was made with. */
export function formatOf(oid: string): 'sha1' | 'sha256' {
  return oid.length === 64 ? 'sha256' : 'sha1'
}
