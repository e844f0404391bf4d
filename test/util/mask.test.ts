import test from 'ava'
import fc from 'fast-check'
import { mask, secretsOf } from '../../reconciler/util/mask.ts'

const masks = test.macro({
  exec: (t, text: string, becomes: string) => t.is(mask(text), becomes),
  title: (_given, text: string) => `masks ${JSON.stringify(text).slice(0, 70)}`,
})

test(masks, 'https://ops:s3cret@git.example/a.git', 'https://***@git.example/a.git')
test(
  masks,
  "unable to access 'https://ghp_abc@git.example/a.git/': 403",
  "unable to access 'https://***@git.example/a.git/': 403",
)
test(masks, 'https://ops:p@ss:w@git.example/a', 'https://***@git.example/a')
test(masks, 'ssh://git:pw@git.example/a', 'ssh://git:***@git.example/a')
test(masks, 'Authorization: Bearer abcdef.12345', 'Authorization: Bearer ***')
test(masks, 'proxy-authorization: Basic b3BzOnBhc3M=', 'proxy-authorization: Basic ***')
test(masks, 'token=abc123&x=1', 'token=***&x=1')
test(masks, '"password": "hunter2", x', '"password": "***", x')
test(masks, 'remote: ghp_0123456789abcdef is revoked', 'remote: *** is revoked')
test(masks, '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----', '***')

test('leaves what holds no secret', (t) => {
  for (const plain of [
    'ssh://git@git.example/a.git',
    'git@git.example:ops/a.git',
    'https://git.example/a.git: 404',
    'mitigations/m1.yaml:3:1: the token of line 3 is not closed',
  ]) {
    t.is(mask(plain), plain)
  }
})

test('a known secret goes wherever it stands, as written and decoded', (t) => {
  const secrets = secretsOf('https://ops:p%40ss-word@git.example/a')
  t.deepEqual([...secrets], ['ops', 'p%40ss-word', 'p@ss-word'])
  t.is(mask('server says p@ss-word (p%40ss-word) is wrong', secrets), 'server says *** (***) is wrong')
  t.deepEqual([...secretsOf('ssh://git@git.example/a')], [])
  t.deepEqual([...secretsOf('/srv/policy.git')], [])
})

test('no user and password of a URL survives, and masking twice is masking once', (t) => {
  const part = fc.stringMatching(/^[A-Za-z0-9_.~!$&'()*+,;=:@-]{6,20}$/)
  fc.assert(
    fc.property(part, part, fc.string(), (user, password, rest) => {
      const url = `https://${user}:${password}@git.example/x`
      const once = mask(`fatal: ${url} ${rest.replaceAll(password, '')}`)
      t.false(once.includes(`${user}:${password}`))
      t.is(mask(once), once)
    }),
  )
})
