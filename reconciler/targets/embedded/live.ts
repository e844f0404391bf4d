import type { AnySighting, See, Sighting, Thing, Things } from '../../model/thing.ts'
import { thingKey } from '../../model/thing.ts'
import { Disk } from './disk.ts'
import { ENVIRONMENT } from './facts.ts'
import { see } from './look.ts'
import { readServerFile } from './serverfile.ts'

/** A server in a folder, as it is whenever it is asked. */
export interface Live {
  /** What is on the server at this moment; each thing is read when it is first asked for, and once. Throws as `look` does. */
  now(): See
}

/**
 * What reads configuration remembers it by the very bytes, so what has the digest of last time is given as the same
 * value: a question costs reading the files, and understanding only what has changed.
 */
export function liveServer({ name, dir }: { readonly name: string; readonly dir: string }): Live {
  const last = new Map<string, AnySighting>()
  return {
    now: () => {
      const machine = { server: readServerFile(dir, name), disk: new Disk(dir, ENVIRONMENT) }
      const asked = new Map<string, AnySighting>()
      return <T extends Thing>(thing: T, thingName: string) => {
        const key = thingKey(thing, thingName)
        const sighting = asked.get(key) ?? settled(last, key, see(machine, { thing, name: thingName }))
        asked.set(key, sighting)
        return sighting as Sighting<Things[T]>
      }
    },
  }
}

function settled(last: Map<string, AnySighting>, key: string, sighting: AnySighting): AnySighting {
  const before = last.get(key)
  if (before?.is === 'here' && sighting.is === 'here' && before.digest === sighting.digest) return before
  last.set(key, sighting)
  return sighting
}
