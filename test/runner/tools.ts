import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that some tests use, and the Debian package that brings it. */
const TOOLS: readonly (readonly [program: string, pack: string])[] = [
  ['git', 'git'],
  ['sshd', 'openssh-server'],
  ['promtool', 'prometheus'],
  ['chromium', 'chromium'],
  ['strace', 'strace'],
  ['faketime', 'faketime'],
]

const MINUTE = 60_000

/** Programs that tests would use and that are not here. */
export function missingTools(): readonly string[] {
  return TOOLS.filter(([program]) => !isHere(program)).map(([program]) => program)
}

/**
 * Installs what is missing where that is ours to do: on Debian, as root. Elsewhere, or when it fails, says what is
 * missing; the tests that need it skip with that as their reason. Never throws.
 */
export function provideTools(say: (line: string) => void): void {
  const missing = missingTools()
  if (missing.length === 0) return
  if (!isDebianRoot()) {
    say(`not on this machine: ${missing.join(', ')}; tests that need them are skipped`)
    return
  }
  const packs = TOOLS.filter(([program]) => missing.includes(program)).map(([, pack]) => pack)
  say(`installing ${packs.join(', ')}`)
  aptGet(['update', '-q'], say)
  // One by one: a package that is not to be had must not keep the others away.
  for (const pack of packs) aptGet(['install', '-q', '-y', '--no-install-recommends', pack], say)
  const still = missingTools()
  if (still.length > 0) say(`still not here: ${still.join(', ')}; tests that need them are skipped`)
}

function aptGet(args: readonly string[], say: (line: string) => void): void {
  const done = spawnSync('apt-get', args, {
    // At run level 1 Debian's packages do not start their services: tests start their own.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 5 * MINUTE,
  })
  if (done.status === 0) return
  const why = done.error?.message ?? done.stderr.trim().split('\n').at(-1)
  say(`apt-get ${args[0]} ${args.at(-1)} did not work: ${why}`)
}

function isHere(program: string): boolean {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program]
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  // Daemons lie in folders that are not on everybody's PATH.
  if (process.platform !== 'win32') folders.push('/usr/sbin', '/usr/local/sbin')
  return folders.some((folder) => folder !== '' && names.some((name) => existsSync(join(folder, name))))
}

function isDebianRoot(): boolean {
  if (process.getuid?.() !== 0 || !isHere('apt-get')) return false
  try {
    return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}
