import test from 'ava'
import { addressIn, LAUNCHER, Running } from '../../helpers/cli.ts'
import { workplace } from '../../helpers/workplace.ts'

test('a daemon that a wrapper keeps ends by itself, and well, when its input ends', async (t) => {
  const place = await workplace(t)
  const env = { STOPGAP_STOP: 'input-end' }
  const daemon = new Running(
    process.execPath,
    [LAUNCHER, 'run', '--listen', '127.0.0.1:0'],
    place.folder,
    env,
  )
  t.teardown(() => void daemon.child.kill('SIGKILL'))
  await addressIn(place.state, () => daemon.stderr)
  daemon.child.stdin.end()
  const { code, stderr } = await daemon.ended
  t.is(code, 0, stderr)
  t.regex(stderr, /stopping: SIGTERM/)
})

test('without a wrapper it does not care for its input', async (t) => {
  const place = await workplace(t)
  const daemon = new Running(process.execPath, [LAUNCHER, 'run', '--listen', '127.0.0.1:0'], place.folder)
  t.teardown(() => void daemon.child.kill('SIGKILL'))
  daemon.child.stdin.end()
  const url = await addressIn(place.state, () => daemon.stderr)
  t.is((await fetch(`${url}/healthz`)).status, 200)
  t.is((await daemon.interrupt()).code, 0)
})

test('one that cannot begin does not wait for its input to end', async (t) => {
  const place = await workplace(t)
  await place.write('stopgap.yaml', 'source: { remote: [x] }\n')
  const env = { STOPGAP_STOP: 'input-end' }
  const daemon = new Running(process.execPath, [LAUNCHER, 'run'], place.folder, env)
  t.teardown(() => void daemon.child.kill('SIGKILL'))
  t.is((await daemon.ended).code, 3)
})
