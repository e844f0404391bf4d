import type { Kind } from '../model/resource.ts'
import type { Example } from './example.ts'
import { examples as pingExamples } from './ping/examples.ts'
import { ping } from './ping/resource.ts'
import { examples as serviceExamples } from './service/examples.ts'
import { service } from './service/resource.ts'

/** Every kind of resource there is, in the order in which they are documented. */
export const kinds: readonly Kind[] = [service, ping]

/** The kind of that name (names have case); undefined when there is none. */
export function kindNamed(name: string): Kind | undefined {
  return kinds.find((kind) => kind.name === name)
}

/** Examples of each kind: documentation that is tested. */
export const examplesByKind: { readonly [kind: string]: readonly Example[] } = {
  service: serviceExamples,
  ping: pingExamples,
}
