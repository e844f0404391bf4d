import { execFile, spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import {
  fingerprintOf,
  hostName,
  keyType,
  knownTypes,
  type Standing,
  standingOf,
} from '../../../reconciler/targets/windows/known-hosts.ts'
import { effort } from '../../helpers/effort.ts'
import { temporaryFolder } from '../../helpers/folder.ts'

const run = promisify(execFile)

const AT = { host: 'ex02.contoso.example', port: 22 }

/** A public key as it goes over the wire: its type and something. */
function key(type = 'ssh-ed25519'): Buffer {
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([field(Buffer.from(type)), field(randomBytes(32))])
}

const [OURS, OTHER, RSA] = [key(), key(), key('ssh-rsa')]
const line = (hosts: string, one: Buffer) => `${hosts} ${keyType(one)} ${one.toString('base64')} a comment`

const stands = test.macro<[string, Standing, typeof AT?]>({
  title: (title) => title ?? '',
  exec: (t, text, standing, at = AT) => t.deepEqual(standingOf(text, at, OURS), standing),
})

test('an empty file knows nobody', stands, '', { is: 'unknown' })
test('its own line', stands, line(AT.host, OURS), { is: 'known' })
test('a line with blanks before it and CR LF behind', stands, `  \t${line(AT.host, OURS)}\r\n`, {
  is: 'known',
})
test('names are compared without case', stands, line('EX02.Contoso.Example', OURS), { is: 'known' })
test('one of several hosts', stands, line('10.0.0.2,ex02.contoso.example', OURS), { is: 'known' })
test('a pattern', stands, line('ex0?.*.example', OURS), { is: 'known' })
test('a pattern is for the whole name', stands, line('ex02', OURS), { is: 'unknown' })
test('a dot is a dot', stands, line('ex02xcontoso.example', OURS), { is: 'unknown' })
test('but for one', stands, line('*.example,!ex02.contoso.example', OURS), { is: 'unknown' })
test('a comment', stands, `# ${line(AT.host, OURS)}`, { is: 'unknown' })
test('another host', stands, line('ex03.contoso.example', OURS), { is: 'unknown' })
test('one of several keys', stands, `${line(AT.host, OTHER)}\n${line(AT.host, OURS)}`, { is: 'known' })
test('another key', stands, `# keys\n${line(AT.host, OTHER)}`, { is: 'changed', line: 2 })
test('a key of another type counts as another key', stands, line(AT.host, RSA), { is: 'changed', line: 1 })
test('a line that is cut off is none', stands, line(AT.host, OURS).slice(0, 50), { is: 'unknown' })
test('a type that the key does not have', stands, line(AT.host, OURS).replace('ssh-ed25519', 'ssh-rsa'), {
  is: 'unknown',
})
test('a revoked key', stands, `@revoked ${line('*', OURS)}`, { is: 'revoked' })
test('a revoked key that is also known', stands, `${line(AT.host, OURS)}\n@revoked ${line('*', OURS)}`, {
  is: 'revoked',
})
test('another key is revoked', stands, `@revoked ${line('*', OTHER)}`, { is: 'unknown' })
test('a key revoked elsewhere only', stands, `@revoked ${line('ex09', OURS)}\n${line(AT.host, OURS)}`, {
  is: 'known',
})
test('an authority is no key of a host', stands, `@cert-authority ${line('*', OURS)}`, { is: 'unknown' })
test('an unknown marker', stands, `@trusted ${line('*', OURS)}`, { is: 'unknown' })
const far = { host: AT.host, port: 2222 }
test('another port has its own name', stands, line('[ex02.contoso.example]:2222', OURS), { is: 'known' }, far)
test('the key of port 22 is not that of another', stands, line(AT.host, OURS), { is: 'unknown' }, far)
test('and the other way round', stands, line('[ex02.contoso.example]:2222', OURS), { is: 'unknown' })

test('only keys of this host that are not revoked say what to ask for', (t) => {
  const text = [line(AT.host, RSA), line('ex03', OURS), `@revoked ${line('*', OTHER)}`].join('\n')
  t.deepEqual([...knownTypes(text, AT)], ['ssh-rsa'])
})

test('what is no key has no type', (t) => {
  for (const bytes of ['', '\0', '\0\0\0\u0003a b', '\xff\xff\xff\xff'])
    t.is(keyType(Buffer.from(bytes, 'latin1')), 'unknown')
})

const letters = fc.constantFrom('a', 'b', '.', '*', '?')

test('patterns match as a regular expression of the same meaning does', (t) => {
  const law = fc.property(
    fc.string({ unit: letters, maxLength: 8, minLength: 1 }),
    fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8, minLength: 1 }),
    (pattern, host) => {
      const meaning = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
      const expected = new RegExp(`^${meaning}$`).test(host) ? 'known' : 'unknown'
      return standingOf(line(pattern, OURS), { host, port: 22 }, OURS).is === expected
    },
  )
  t.notThrows(() => fc.assert(law, { numRuns: 3_000 }))
})

test('a pattern of many stars takes no time', (t) => {
  const known = line(`${'*a'.repeat(500)}b`, OURS)
  const took = effort(() =>
    t.is(standingOf(known, { host: 'a'.repeat(2_000), port: 22 }, OURS).is, 'unknown'),
  )
  t.true(took < 1_000, `${took} ms`)
})

test('no file makes it throw', (t) => {
  const law = fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, host) => {
    standingOf(text, { host, port: 22 }, OURS)
    standingOf(`|1|${text}|${text} ${text}`, { host, port: 22 }, OURS)
  })
  t.notThrows(() => fc.assert(law, { numRuns: 500 }))
})

const keygen = spawnSync('ssh-keygen', ['-?']).error === undefined ? null : 'there is no ssh-keygen here'
const beside = keygen === null ? test : test.skip
const because = keygen === null ? '' : ` (skipped: ${keygen})`

beside(
  `ssh-keygen finds the same hosts, hashed by itself, and the same fingerprints${because}`,
  async (t) => {
    const folder = await temporaryFolder(t)
    const path = join(folder, 'known_hosts')
    // Real keys: what is none, ssh-keygen leaves out.
    const real = () => {
      const { publicKey } = generateKeyPairSync('ed25519')
      const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
      return Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 ', 'latin1'), raw])
    }
    const hosts = [
      AT,
      far,
      { host: 'ex03', port: 22 },
      { host: 'EX04', port: 22 },
      { host: 'fe80::1', port: 2022 },
    ]
    const keys = hosts.map(() => real())
    await writeFile(path, hosts.map((at, index) => `${line(hostName(at), keys[index]!)}\n`).join(''))
    await run('ssh-keygen', ['-q', '-H', '-f', path])
    const hashed = await readFile(path, 'utf8')
    t.regex(hashed, /^\|1\|/)
    t.false(hashed.includes('ex0'))
    for (const [index, at] of hosts.entries()) {
      const one = keys[index]!
      t.is(standingOf(hashed, at, one).is, 'known', hostName(at))
      t.is(standingOf(hashed, at, OURS).is, 'changed', hostName(at))
      t.is(standingOf(hashed, { ...at, port: at.port + 1 }, one).is, 'unknown', hostName(at))
      const { stdout } = await run('ssh-keygen', ['-l', '-F', hostName(at), '-f', path])
      t.true(stdout.includes(fingerprintOf(one)), stdout)
    }
  },
)
