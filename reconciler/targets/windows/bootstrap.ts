import { readFile } from 'node:fs/promises'

// Constant text. It reads the program from the first line of its input and runs it, so that a server needs no file of ours
// and no command line ever holds data. Three traps: the word $input would make PowerShell swallow the lines itself; progress
// would arrive as CLIXML; a constrained language has no [Console], so that is said with what every language mode has.
const BOOTSTRAP = `$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$mode = "$($ExecutionContext.SessionState.LanguageMode)"
if ($mode -ne 'FullLanguage') {
  '{"hello":"stopgap","refused":"PowerShell runs in the language mode ' + $mode + ' there, and Stopgap needs FullLanguage"}'
  exit 3
}
$bytes = [Convert]::FromBase64String([Console]::In.ReadLine())
$program = [ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($bytes))
& $program
`

/**
 * The arguments of powershell.exe on every server, whatever the way to it: constant, and free of anything that a shell
 * would read otherwise. An execution policy set by Group Policy does not apply to encoded commands.
 */
export const POWERSHELL_ARGUMENTS: readonly string[] = [
  '-NoLogo',
  '-NoProfile',
  '-NonInteractive',
  '-ExecutionPolicy',
  'Bypass',
  '-OutputFormat',
  'Text',
  '-EncodedCommand',
  Buffer.from(BOOTSTRAP, 'utf16le').toString('base64'),
]

/** What SSH asks for. The path is not redirected for a service of 64 bits, as that of OpenSSH is. */
export const REMOTE_COMMAND = ['powershell.exe', ...POWERSHELL_ARGUMENTS].join(' ')

/** The program for the server, as the bootstrap reads it. */
export async function programLine(): Promise<string> {
  return (await readFile(new URL('./agent.ps1', import.meta.url))).toString('base64')
}
