import test from 'ava'
import type { ExaminedRemote, ExaminedState, Way } from '../../../reconciler/model/examined.ts'
import { type ReadPolicy, sourceExamination } from '../../../reconciler/stages/doctor/source.ts'
import { stateExamination } from '../../../reconciler/stages/doctor/state.ts'
import { flaws, linesOf } from '../../helpers/findings.ts'

const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const READ: ReadPolicy = { is: 'read', mitigations: 10, warnings: [] }

function remote(way: Way, code?: string): ExaminedRemote {
  const answer =
    code === undefined
      ? ({ is: 'revision', revision: 'main@sha1:12' } as const)
      : ({ is: 'failed', trouble: { code, message: 'it failed', hint: 'do something' }, exit: 1 } as const)
  return { name: 'https://git.contoso.example/a.git', way, answer }
}

const HTTPS: Way = {
  is: 'http',
  encrypted: true,
  proxy: null,
  authorities: 'the authorities of this machine',
  certificate: { issuer: 'Contoso CA', validTo: NOW + 90 * DAY },
}
const SSH: Way = { is: 'ssh', proxy: null, command: null, known: ['SHA256:abc (ED25519)'] }

const reached = test.macro({
  exec: (t, way: Way, code: string | undefined, expected: readonly string[]) => {
    const source = { git: 'git version 2.39.5', usesGit: true, remotes: [remote(way, code)] }
    const { findings } = sourceExamination(source, code === undefined ? READ : { is: 'none' }, NOW)
    const unsigned = code === undefined ? ['warning signature'] : []
    t.deepEqual(flaws(findings), [...expected, ...unsigned])
  },
  title: (given) => `a remote ${given}`,
})

test('over HTTPS', reached, HTTPS, undefined, [])
test('with a certificate that is not believed', reached, HTTPS, 'FETCH_TLS', [
  'failure reach 1',
  'failure certificate 1',
])
test(
  'with a certificate that runs out',
  reached,
  { ...HTTPS, certificate: { issuer: 'CA', validTo: NOW + 5 * DAY } },
  undefined,
  ['warning certificate'],
)
test('behind a proxy', reached, { ...HTTPS, proxy: 'http://proxy:3128', certificate: null }, undefined, [])
test(
  'behind a proxy and not reached',
  reached,
  { ...HTTPS, proxy: 'http://proxy:3128', certificate: null },
  'FETCH_CONNECT',
  ['failure reach 1'],
)
test('that refuses us', reached, HTTPS, 'FETCH_AUTH', ['failure reach 1'])
test('on this machine', reached, { is: 'here' }, undefined, [])
test('over SSH', reached, SSH, undefined, [])
test('over SSH with a key that is not the known one', reached, SSH, 'FETCH_HOST_KEY', [
  'failure reach 1',
  'failure host-key 1',
])
test('over SSH with a key that nobody knows', reached, { ...SSH, known: [] }, 'FETCH_HOST_KEY', [
  'failure reach 1',
  'failure host-key 1',
])
test('over SSH by a careful command', reached, { ...SSH, command: 'ssh -i /etc/key' }, undefined, [])
for (const careless of ['no', 'off', 'accept-new']) {
  const command = `ssh -o StrictHostKeyChecking=${careless}`
  test(`over SSH by a command with ${careless}`, reached, { ...SSH, command }, undefined, [
    'warning host-key',
  ])
}

test('a certificate says who issued it, until when, and by whom it is believed', (t) => {
  const { findings } = sourceExamination({ git: 'git', usesGit: true, remotes: [remote(HTTPS)] }, READ, NOW)
  t.true(
    linesOf(findings).includes(
      'ok certificate: believed by the authorities of this machine, issued by Contoso CA, good until 2027-02-20',
    ),
  )
})

test('without git, without a source, with a policy that is refused', (t) => {
  const none = sourceExamination({ git: null, usesGit: true, remotes: [] }, { is: 'none' }, NOW)
  t.deepEqual(flaws(none.findings), ['failure git 1', 'failure reach 3'])
  const refused: ReadPolicy = { is: 'refused', message: 'it has 1 fault', hint: 'correct it', exit: 3 }
  const here = { git: null, usesGit: false, remotes: [remote({ is: 'here' })] }
  t.deepEqual(flaws(sourceExamination(here, refused, NOW).findings), ['failure policy 3'])
  const noted = sourceExamination(here, { ...READ, warnings: ['a.yaml:1:1: odd', 'b', 'c'] }, NOW)
  t.true(linesOf(noted.findings).includes('warning policy: a.yaml:1:1: odd (and 2 further warnings)'))
})

const STATE: ExaminedState = {
  path: '/state',
  exists: true,
  writable: true,
  open: false,
  free: 1e10,
  instance: 'mine',
  trouble: null,
  holder: null,
}

const state = test.macro({
  exec: (t, change: Partial<ExaminedState>, expected: readonly string[]) => {
    t.deepEqual(flaws(stateExamination({ ...STATE, ...change }).findings), expected)
  },
  title: (_, change) => `a state folder with ${JSON.stringify(change)}`,
})

test(state, {}, [])
test(state, { exists: false, instance: null }, [])
test(state, { writable: 'it is read-only' }, ['failure state-access 1'])
test(state, { open: true }, ['warning state-access'])
test(state, { free: 1e6 }, ['warning state-space'])
test(state, { free: null }, [])
test(state, { holder: 'stopgap run' }, [])
test(state, { trouble: { code: 'STATE_NEWER', message: 'newer', hint: 'update', exit: 1 } }, [
  'failure state 1',
])
