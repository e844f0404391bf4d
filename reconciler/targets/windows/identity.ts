import { readFile } from 'node:fs/promises'
import { StopgapError } from '../../errors/error.ts'
import { errno } from '../../util/atomic.ts'
import { printable } from '../../util/words.ts'
import type { SshOptions } from './transport.ts'

/** Makes a key of the text of a file, or says why not. It is handed in, since one file alone knows the library. */
export type ParseKey<K> = (data: Buffer, passphrase?: string) => K | Error

/** What we log in with. */
export type Identity<K> =
  | { readonly is: 'key'; readonly key: K; readonly path: string }
  | { readonly is: 'agent'; readonly path: string }

/** Reads the key, anew each time, and unlocks it. Throws SSH_KEY_UNUSABLE; neither key nor passphrase is in its words. */
export async function identityOf<K>(options: SshOptions, parse: ParseKey<K>): Promise<Identity<K>> {
  const { identityFile, agent } = options
  if (identityFile !== null) return fromFile(options, identityFile, parse)
  if (agent !== null && agent !== '') return { is: 'agent', path: agent }
  throw unusable(
    options,
    'no identityFile is configured and no agent is running',
    'Set identityFile, or start an agent and set SSH_AUTH_SOCK for the account that runs Stopgap.',
  )
}

async function fromFile<K>(options: SshOptions, path: string, parse: ParseKey<K>): Promise<Identity<K>> {
  const data = await readFile(path).catch((error: unknown) => {
    const what = `${path} cannot be read: ${errno(error) ?? String(error)}`
    throw unusable(options, what, 'See that it is there, and that the account that runs Stopgap may read it.')
  })
  const open = parse(data)
  if (!(open instanceof Error)) return { is: 'key', key: open, path }
  // The library tells a locked key only by its words.
  if (!/encrypted/i.test(open.message)) {
    const what = `${path} is no private key: ${printable(open.message)}`
    throw unusable(options, what, 'Name the private half, as ssh-keygen writes it, not the .pub file.')
  }
  const key = parse(data, await passphraseOf(options, path))
  if (!(key instanceof Error)) return { is: 'key', key, path }
  throw unusable(
    options,
    `${path} cannot be unlocked`,
    'Correct the passphrase; passphraseEnv or passphraseFile says where it comes from.',
  )
}

async function passphraseOf(options: SshOptions, path: string): Promise<string> {
  const { passphrase } = options
  const remedy = 'Set passphraseEnv or passphraseFile, or let an agent hold the key.'
  if (passphrase === null)
    throw unusable(options, `${path} is locked, and no passphrase is configured`, remedy)
  try {
    return await passphrase()
  } catch (error) {
    if (error instanceof StopgapError) throw error
    const detail = errno(error) ?? (error instanceof Error ? printable(error.message) : 'no reason given')
    throw unusable(options, `the passphrase of ${path} cannot be read: ${detail}`, remedy)
  }
}

function unusable(options: SshOptions, what: string, remedy: string): StopgapError {
  return new StopgapError('SSH_KEY_UNUSABLE', { server: options.server, what, remedy })
}
