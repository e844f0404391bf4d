import type { Snapshot, VerifiedSnapshot } from '../model/source.ts'

/**
 * The only maker of a `VerifiedSnapshot`. What is verified today: that the files have the hashes their commit names.
 * Nobody's signature is checked, so `signature` says `unsigned`, and everything that shows a revision shows that.
 */
export function verify(snapshot: Snapshot): VerifiedSnapshot {
  const unsigned: Omit<VerifiedSnapshot, keyof Branded> = { ...snapshot, signature: 'unsigned' }
  return unsigned as VerifiedSnapshot
}

/** The brand, which no value carries; it is what other files cannot write down. */
type Branded = Omit<VerifiedSnapshot, keyof Snapshot | 'signature'>
