import { StopgapError } from '../errors/error.ts'
import type { Role } from '../model/facts.ts'
import { type CreateOptions, createServer } from '../targets/embedded/create/create.ts'
import { EXTRAS, LEFT_OUT } from '../targets/embedded/create/profile.ts'
import { type UpdateOptions, updateServer } from '../targets/embedded/create/update.ts'
import { type Console, printJson } from './context.ts'

const ROLES: readonly Role[] = ['Mailbox', 'ClientAccess', 'EdgeTransport']

export interface ServerFlags {
  readonly json?: boolean | undefined
}

/** Makes an embedded server. */
export async function create(options: CreateOptions, flags: ServerFlags, console: Console): Promise<number> {
  const { name, exchange, line } = await createServer(options)
  if (flags.json) printJson(console, { name, exchange, dir: options.dir })
  else console.out(`${name}: Exchange ${line} ${exchange} in ${options.dir}`)
  return 0
}

/** Updates an embedded server as an Exchange update would. */
export async function update(
  dir: string,
  flags: ServerFlags & Omit<UpdateOptions, 'dir'>,
  console: Console,
): Promise<number> {
  const { exchange, cu, during } = flags
  const updated = await updateServer({ dir, exchange, cu, during })
  const { name, from, to, setup, files } = updated
  if (flags.json) printJson(console, updated)
  else {
    const moved = from === to ? `stays at ${to}` : `${from} -> ${to}`
    const running =
      setup === 'running' ? '; Setup is still running (update again without --during to end it)' : ''
    console.out([`${name}: ${moved}${running}`, ...files.map((file) => `  written anew: ${file}`)].join('\n'))
  }
  return 0
}

/** Options of `server create` from the words of the command line; what cannot be is refused where it is used. */
export function createOptions(dir: string, flags: { readonly [name: string]: unknown }): CreateOptions {
  return {
    dir,
    exchange: String(flags['exchange']),
    ...(typeof flags['name'] === 'string' ? { name: flags['name'] } : {}),
    roles: words(flags['role'], ROLES, '--role'),
    without: words(flags['without'], LEFT_OUT, '--without'),
    with: words(flags['with'], EXTRAS, '--with'),
  }
}

function words<T extends string>(
  given: unknown,
  known: readonly T[],
  flag: string,
): readonly T[] | undefined {
  if (!Array.isArray(given)) return undefined
  return given.map((word) => {
    const found = known.find((one) => one === word)
    if (found !== undefined) return found
    throw new StopgapError('ARGUMENT_INVALID', {
      what: `${flag} ${word} is not known`,
      remedy: `There are: ${known.join(', ')}.`,
    })
  })
}
