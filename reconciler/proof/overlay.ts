import type { AnySighting, See, Sighting, Thing, Things } from '../model/thing.ts'
import { thingKey } from '../model/thing.ts'

/** The same machine with one file as given; null: it is not there. */
export function over(see: See, file: string, value: Uint8Array | null): See {
  const wanted = thingKey('file', file)
  const sighting: AnySighting =
    value === null ? { is: 'absent' } : { is: 'here', digest: 'sha256:given', value }
  return <T extends Thing>(thing: T, name: string) =>
    thingKey(thing, name) === wanted ? (sighting as Sighting<Things[T]>) : see(thing, name)
}
