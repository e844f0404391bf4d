import test from 'ava'
import { type FetchCode, gitError } from '../../reconciler/sources/classify.ts'
import { never } from '../helpers/source.ts'

const url = 'https://ops:hunter2hunter2@git.example/a.git'

const says = test.macro({
  exec: (t, code: FetchCode, stderr: string, told: RegExp) => {
    const error = gitError({ code: 128, stdout: Buffer.alloc(0), stderr, ended: null }, url, never)
    t.is(error.code, code)
    t.regex(error.message, told)
    for (const bad of ['hunter2', '\u001b', '\n']) t.false(error.message.includes(bad))
  },
  title: (_given, code: FetchCode, stderr: string) => `${code}: ${stderr.split('\n')[0]?.slice(0, 70)}`,
})

test(
  says,
  'FETCH_DNS',
  'ssh: Could not resolve hostname git.example: Name or service not known\nfatal: Could not read from remote repository.\n',
  /resolve hostname/,
)
test(
  says,
  'FETCH_CONNECT',
  "fatal: unable to access 'https://ops:hunter2hunter2@git.example/': Failed to connect to git.example port 443 after 0 ms: Couldn't connect to server\n",
  /Failed to connect/,
)
test(
  says,
  'FETCH_CONNECT',
  'ssh: connect to host git.example port 22: Connection refused\nfatal: Could not read from remote repository.\n',
  /refused/,
)
test(
  says,
  'FETCH_CONNECT',
  'error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: early EOF\nfatal: index-pack failed\n',
  /RPC failed/,
)
test(
  says,
  'FETCH_TLS',
  "fatal: unable to access 'https://git.example/': server certificate verification failed. CAfile: none CRLfile: none\n",
  /certificate/,
)
test(
  says,
  'FETCH_TLS',
  "fatal: unable to access 'https://git.example/': SSL: no alternative certificate subject name matches target host name\n",
  /certificate/,
)
test(
  says,
  'FETCH_AUTH',
  "fatal: could not read Username for 'https://git.example': terminal prompts disabled\n",
  /prompts disabled/,
)
test(
  says,
  'FETCH_AUTH',
  "remote: bad token hunter2hunter2\nfatal: Authentication failed for 'https://git.example/'\n",
  /Authentication failed/,
)
test(
  says,
  'FETCH_AUTH',
  'git@git.example: Permission denied (publickey).\nfatal: Could not read from remote repository.\n',
  /publickey/,
)
test(says, 'FETCH_AUTH', "fatal: detected dubious ownership in repository at '/srv/a.git'\n", /dubious/)
test(
  says,
  'FETCH_HOST_KEY',
  'Host key verification failed.\nfatal: Could not read from remote repository.\n',
  /Host key/,
)
test(says, 'FETCH_NOT_FOUND', 'remote: Repository not found.\nfatal: repository not found\n', /not found/)
test(says, 'FETCH_NOT_FOUND', "fatal: couldn't find remote ref refs/heads/x\n", /remote ref/)
test(
  says,
  'FETCH_CORRUPT',
  'error: inflate: data stream error (incorrect data check)\nfatal: index-pack failed\n',
  /inflate/,
)
test(
  says,
  'FETCH_CORRUPT',
  'error: object 1234: hasDotdot: contains ..\nfatal: fsck error in packed object\n',
  /fsck/,
)
test(
  says,
  'FETCH_DISK',
  'fatal: write error: No space left on device\nfatal: index-pack failed\n',
  /No space/,
)
test(
  says,
  'FETCH_DISK',
  "error: cannot lock ref 'refs/stopgap/newest': Unable to create '/state/clone/refs/stopgap/newest.lock': File exists.\n",
  /File exists.* apply and run clear up/,
)
test(
  says,
  'FETCH_OTHER',
  "remote: \u001b[31mred\u001b[0m\nfatal: unable to access 'https://git.example/': The requested URL returned error: 500\n",
  /500/,
)
test(says, 'FETCH_OTHER', '', /exit code 128/)
