import type { AnySighting, See, Sighting, Thing, Things } from '../../../model/thing.ts'
import { thingKey } from '../../../model/thing.ts'
import { digestOf } from '../../../util/digest.ts'
import type { Content } from '../disk.ts'
import { ENVIRONMENT } from '../facts.ts'
import { type Lookable, see } from '../look.ts'
import { windowsPath } from '../paths.ts'
import { serverText } from '../serverfile.ts'
import type { Profile } from './profile.ts'
import { serverFiles, serverState } from './server.ts'

/**
 * The server that `server create` would write, without a folder: everything on it can be seen at once, and what is not
 * there is absent. Equal profiles give equal sightings.
 */
export function serverInMemory(profile: Profile): See {
  const machine: Lookable = { server: serverOf(profile), disk: { read: readerOf(profile) } }
  // A caller asks for the same few files hundreds of times, and what reads them remembers by the very bytes.
  const seen = new Map<string, AnySighting>()
  return <T extends Thing>(thing: T, name: string) => {
    const key = thingKey(thing, name)
    const known = seen.get(key) ?? see(machine, { thing, name })
    seen.set(key, known)
    return known as Sighting<Things[T]>
  }
}

function serverOf(profile: Profile): Lookable['server'] {
  const root = serverState(profile)
  const digest = digestOf(new TextEncoder().encode(serverText(root)))
  return { path: 'server.json', digest, bom: false, root, name: profile.name }
}

function readerOf(profile: Profile): (name: string) => Content {
  // Whoever only asks for facts need not wait for files.
  let files: ReadonlyMap<string, Uint8Array> | undefined
  return (name) => {
    const { key, why } = keyOf(name)
    if (why !== null) return { is: 'unknown', why }
    files ??= filesOf(profile)
    const bytes = files.get(key)
    return bytes === undefined ? { is: 'absent' } : { is: 'bytes', bytes }
  }
}

function filesOf(profile: Profile): ReadonlyMap<string, Uint8Array> {
  const written = [...serverFiles(profile)]
  return new Map(written.map(([name, text]) => [keyOf(name).key, new TextEncoder().encode(text)]))
}

/** One key for every way in which a path may be written. */
function keyOf(name: string): { readonly key: string; readonly why: string | null } {
  const path = windowsPath(name, ENVIRONMENT)
  if (path.is === 'refused') return { key: '', why: path.why }
  return { key: [path.drive, ...path.parts].join('\\').toLowerCase(), why: null }
}
