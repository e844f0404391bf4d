import test from 'ava'
import { StopgapError } from '../../../reconciler/errors/error.ts'
import {
  POWERSHELL_ARGUMENTS,
  programLine,
  REMOTE_COMMAND,
} from '../../../reconciler/targets/windows/bootstrap.ts'
import { localTransport } from '../../../reconciler/targets/windows/local.ts'

const never = () => new AbortController().signal
const bootstrap = Buffer.from(POWERSHELL_ARGUMENTS.at(-1) ?? '', 'base64').toString('utf16le')

test('the bootstrap is constant, short enough for cmd.exe, and nothing in it means anything to a shell', (t) => {
  t.true(REMOTE_COMMAND.length < 8_191, `${REMOTE_COMMAND.length} characters`)
  t.regex(REMOTE_COMMAND, /^[A-Za-z0-9 .+/=-]+$/)
  t.regex(bootstrap, /^[\n\r -~]+$/)
})

test('the bootstrap leaves standard input to the program, and has no word for running text but one', (t) => {
  // With the word in it PowerShell reads all input before the first statement.
  t.notRegex(bootstrap, /\$input\b/i)
  t.notRegex(bootstrap, /Invoke-Expression|\biex\b|Add-Type|Start-Process|DownloadString/i)
  t.is(bootstrap.match(/\[ScriptBlock\]::Create/g)?.length, 1)
})

test('the program is sent as one line', async (t) => {
  const line = await programLine()
  t.regex(line, /^[A-Za-z0-9+/]+=*$/)
  t.regex(Buffer.from(line, 'base64').toString('utf8'), /function /)
})

test('on Windows PowerShell is started by its whole path, never by one that SysWOW64 or the PATH decides', async (t) => {
  const transport = localTransport({ server: 'ex01', platform: 'win32', windir: '/nowhere/Windows' })
  const error = await t.throwsAsync(transport.open(never()), {
    instanceOf: StopgapError,
    code: 'SERVER_UNREACHABLE',
  })
  t.regex(
    error?.message ?? '',
    /\/nowhere\/Windows\\System32\\WindowsPowerShell\\v1\.0\\powershell\.exe cannot be started: ENOENT/,
  )
})
