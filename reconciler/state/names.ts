import { digestOf } from '../util/digest.ts'

const LONGEST = 120
// Windows gives these names to devices in every folder, whatever follows a dot.
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/

/**
 * A file name for any text: different texts (case aside) get different names, and none leaves its folder, is hidden,
 * or means something to a file system. Readable for what is readable; a long text ends in a digest.
 */
export function safeName(text: string): string {
  const lower = text.toLowerCase()
  const escaped = [...Buffer.from(lower)].map(escapeByte).join('')
  const guarded = escaped.replace(/^\.|\.$/g, '%2e')
  const name = DEVICE.test(guarded) || guarded === '' ? `%${guarded}` : guarded
  // A tilde is never left unescaped, so no short text can have such a name.
  return name.length <= LONGEST ? name : `${name.slice(0, 60)}~${digestOf(lower).slice(7, 47)}`
}

function escapeByte(byte: number): string {
  const char = String.fromCharCode(byte)
  return /[a-z0-9._-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`
}
