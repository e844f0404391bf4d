import { expand } from '../../iis/paths.ts'
import type { Facts } from '../../model/facts.ts'

/** A full Windows path that names something below a drive, in parts; or why it is not taken for one. */
export type WindowsPath =
  | { readonly is: 'path'; readonly drive: string; readonly parts: readonly string[] }
  | Refused

export interface Refused {
  readonly is: 'refused'
  readonly why: string
}

// Windows opens the device whatever folder or extension is written around its name.
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i

/** Environment variables are resolved first. Whatever could mean anything but a file below a drive is refused. */
export function windowsPath(name: string, environment: Facts['environment']): WindowsPath {
  const expanded = expand(name, environment)
  if (expanded.is === 'unknown') return { is: 'refused', why: expanded.why }
  const text = expanded.value.replaceAll('/', '\\')
  if (text.startsWith('\\\\')) return refused(name, 'is on another machine or a device')
  const drive = /^([A-Za-z]):\\/.exec(text)?.[1]
  if (drive === undefined) return refused(name, 'is not a full path with a drive')
  const parts = text
    .slice(3)
    .split('\\')
    .filter((part) => part !== '' && part !== '.')
  if (parts.length === 0) return refused(name, 'names a drive, not a file')
  for (const part of parts) {
    const fault = faultOf(part)
    if (fault !== null) return refused(name, fault)
  }
  return { is: 'path', drive: drive.toUpperCase(), parts }
}

function faultOf(part: string): string | null {
  if (part === '..') return 'goes upwards'
  // A colon names an alternate stream of a file.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
  if (/[<>:"|?*\u0000-\u001f]/.test(part)) return 'has a character that no file name has'
  // Windows drops these, so the name means another file there than here.
  if (/[. ]$/.test(part)) return 'has a part that ends in a dot or a blank'
  if (DEVICE.test(part.split('.')[0]?.trimEnd() ?? '')) return 'names a device'
  return Buffer.byteLength(part) > 255 ? 'has a part longer than 255 bytes' : null
}

function refused(name: string, fault: string): Refused {
  return { is: 'refused', why: `the path ${JSON.stringify(name)} ${fault}` }
}
