import { READING } from './reading.ts'
import type { Row } from './row.ts'
import { SERVERS } from './servers.ts'
import { SERVICE } from './service.ts'
import { TRYING } from './trying.ts'
import { WRITING } from './writing.ts'

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly Row[] = [...TRYING, ...READING, ...WRITING, ...SERVICE, ...SERVERS]

/** What a first word means that only stands before others. */
export const GROUPS: { readonly [word: string]: string } = {
  service: 'the daemon as a service of this machine',
  server: 'embedded servers: folders that behave like a server',
}
