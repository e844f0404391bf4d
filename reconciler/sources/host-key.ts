import { execFile } from 'node:child_process'
import type { Env } from './environment.ts'

const PATIENCE = 10_000

/** What the account's own ssh would do for a host. */
export interface SshPlan {
  /** What is in between, in words; null: nothing. */
  readonly proxy: string | null
  /** Fingerprints of the keys that its known_hosts files have for the host. */
  readonly known: readonly string[]
}

/** Reads, as ssh itself does, its configuration and known_hosts; nothing is sent to the host. */
export async function sshPlan(
  { host, port }: { readonly host: string; readonly port: string | null },
  env: Env,
  signal: AbortSignal,
): Promise<SshPlan> {
  const asked = port === null ? [] : ['-p', port]
  const settings = settingsIn(await output('ssh', ['-G', ...asked, '--', host], env, signal))
  const name = settings.get('hostkeyalias') ?? settings.get('hostname') ?? host
  const number = settings.get('port') ?? port ?? '22'
  const wanted = number === '22' || settings.has('hostkeyalias') ? name : `[${name}]:${number}`
  const files = ['userknownhostsfile', 'globalknownhostsfile'].flatMap(
    (key) => settings.get(key)?.split(' ') ?? [],
  )
  const home = env['HOME'] ?? env['USERPROFILE'] ?? ''
  const listed = await Promise.all(
    files.map((file) =>
      output('ssh-keygen', ['-l', '-F', wanted, '-f', file.replace(/^~(?=[/\\])/, home)], env, signal),
    ),
  )
  return { proxy: proxyIn(settings), known: [...new Set(listed.flatMap(fingerprints))] }
}

/** Lines of `ssh -G`: a key in small letters, a blank, the value. */
function settingsIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(' ')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
    }),
  )
}

function proxyIn(settings: ReadonlyMap<string, string>): string | null {
  const jump = settings.get('proxyjump')
  if (jump !== undefined && jump !== 'none') return jump
  const command = settings.get('proxycommand')
  // The command may hold secrets, and whose it is does not matter.
  return command === undefined || command === 'none' ? null : 'a ProxyCommand of ssh'
}

/** `host ED25519 SHA256:…`; lines that begin with # are comments. */
function fingerprints(text: string): readonly string[] {
  return [...text.matchAll(/^[^#].*?\s([A-Z0-9-]+) (SHA256:\S+)/gm)].map(
    ([, type, print]) => `${print} (${type})`,
  )
}

/** What a program prints; nothing when it cannot be run or knows nothing. */
function output(file: string, args: readonly string[], env: Env, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { env: { ...env }, signal, timeout: PATIENCE, maxBuffer: 1_000_000, windowsHide: true },
      (error, stdout) => resolve(error === null ? stdout : ''),
    )
  })
}
