import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { greetingOf } from '../../../reconciler/targets/windows/answers.ts'
import { temporaryFolder } from '../../helpers/folder.ts'
import { AGENT, noPwsh, PWSH } from '../../helpers/powershell.ts'
import { codeIn, commandsIn, functionsIn } from '../../helpers/powershell-code.ts'

const text = readFileSync(AGENT, 'utf8')
const code = codeIn(text)
const withTexts = codeIn(text, { texts: true })

/** What a rule forbids, and a line that breaks it: a rule that does not even see that one is none. */
interface Rule {
  readonly forbids: string
  readonly pattern: RegExp
  readonly breach: string
}

const rule = (forbids: string, pattern: RegExp, breach: string): Rule => ({ forbids, pattern, breach })

// Each of these is an error, or something else, in Windows PowerShell 5.1 or in the .NET Framework beneath it.
const LATER: readonly Rule[] = [
  rule('the ternary operator (7.0)', /\s\?\s+[^{}\n]*\s:\s/, '$a = $b ? 1 : 2'),
  rule('null coalescing (7.0)', /\?\?/, '$a = $b ?? 1'),
  rule('null-conditional access (7.1)', /\}\?[.[]/, ['$', '{a}?.Length'].join('')),
  rule('pipeline chains (7.0)', /&&|\|\|/, 'git fetch && git log'),
  rule('a job by an ampersand (6.0)', /\S\s+&\s*$/m, 'Get-Process &'),
  rule('a clean block (7.3)', /\bclean\s*\{/i, 'clean { $a.Dispose() }'),
  rule(
    'using namespace and the like',
    /^\s*using\s+(namespace|module|assembly)\b/im,
    'using namespace System.IO',
  ),
  rule('numbers with suffixes of 6 and 7', /\b\d+(u|uy|y|s|n|us|ul)\b|\b0b[01]+/i, '$a = 1n'),
  rule('escapes of 6.0', /`e|`u\{/, '"`e[0m"'),
  rule(
    'variables of 6.0 and later',
    /\$(IsWindows|IsLinux|IsMacOS|IsCoreCLR|PSStyle|PSNativeCommand\w*)\b/i,
    '$PSStyle.Reset',
  ),
  rule(
    'JSON as a hashtable, and other parameters of JSON',
    /-AsHashtable|-NoEnumerate|-DateKind|-EscapeHandling|-AsArray/i,
    '$a | ConvertFrom-Json -AsHashtable',
  ),
  rule('loops side by side (7.0)', /-Parallel\b|-ThrottleLimit\b/i, '1..3 | ForEach-Object -Parallel { $_ }'),
  rule(
    'cmdlets of 6 and 7',
    /\b(Join-String|Test-Json|Get-Error|Get-Uptime|Remove-Service|ConvertFrom-Markdown|Show-Markdown|Get-SecureRandom|Remove-Alias|Start-ThreadJob|Switch-Process|ConvertTo-CliXml)\b/i,
    'Get-Error',
  ),
  rule(
    'parameters of 6 and 7',
    /-(AsByteStream|AsUTC|UnixTimeSeconds|SkipCertificateCheck|SkipHttpErrorCheck|UseQuotes|SecurityDescriptorSddl|NoNewWindowTitle|LeafBase|Extension|MaximumRetryCount|ShowSecondHop|StableSort|CaseInsensitive|Top|Bottom)\b/i,
    'Get-Content x -AsByteStream',
  ),
  rule(
    'a delayed start for Set-Service (6.0)',
    /Set-Service\b|-StartupType\b/i,
    'Set-Service x -StartupType AutomaticDelayedStart',
  ),
  rule('the type semver (6.0)', /\[semver\]/i, '[semver]"1.0.0"'),
  rule('hexadecimal by Convert (.NET 5)', /\bToHexString|\bFromHexString/, '[Convert]::ToHexString($a)'),
  rule('one-shot hashing (.NET 5)', /::HashData/, '[Security.Cryptography.SHA256]::HashData($a)'),
  rule(
    'a move over a file (.NET Core 3.0)',
    /\[IO\.File\]::Move\([^()\n]*,[^()\n]*,/i,
    '[IO.File]::Move($a, $b, $true)',
  ),
  rule(
    'paths of .NET Core',
    /\[IO\.Path\]::(Exists|GetRelativePath|EndsInDirectorySeparator|Join|TrimEndingDirectorySeparator|IsPathFullyQualified)/i,
    '[IO.Path]::Exists($a)',
  ),
  rule('arguments as a list (.NET Core)', /\.ArgumentList\b/, '$start.ArgumentList.Add($a)'),
  rule(
    'a kill of children, a wait without a thread (.NET Core)',
    /\.Kill\(\$|WaitForExitAsync/,
    '$process.Kill($true)',
  ),
  rule(
    'links, modes and times of .NET 6 and later',
    /UnixFileMode|ResolveLinkTarget|CreateSymbolicLink|UnixEpoch|ProcessPath|ProcessId\b/,
    '[DateTime]::UnixEpoch',
  ),
  rule(
    'a class, which is compiled before a language mode is asked for',
    /^\s*(class|enum)\s+\w+/im,
    'class Look { }',
  ),
]

// Data never becomes code, nothing else is read from standard input, and nothing but lines of ours is written.
const SAFE: readonly Rule[] = [
  rule(
    'evaluation',
    /Invoke-Expression|\biex\b|\[ScriptBlock\]|NewScriptBlock|\.AddScript\(|InvokeScript|ExpandString/i,
    'Invoke-Expression $a',
  ),
  rule('calls of what a variable names', /(^|[\s({;|=])&\s*[$({"']|(^|[\s({;])\.\s+[$({"']/m, '& $a'),
  rule('compiled code', /Add-Type|Reflection\.Assembly|\[Assembly\]/i, 'Add-Type -TypeDefinition $a'),
  rule('members named by data', /\.\$\w|::\$\w|\.Invoke\(/i, '$a.$b'),
  rule(
    'another PowerShell',
    /-EncodedCommand|powershell(\.exe)?\s+-|pwsh|Start-Process|Start-Job|Invoke-Command/i,
    'Start-Process cmd',
  ),
  rule('the variable that makes PowerShell read standard input itself', /\$input\b/i, '$input | Out-Null'),
  rule(
    'output beside the lines',
    /Write-(Output|Host|Warning|Verbose|Error|Information|Debug|Progress)|Out-(Host|Default|String)/i,
    'Write-Host $a',
  ),
  rule(
    'cmdlets for JSON, whose depth, length and dates differ',
    /Convert(To|From)-Json/i,
    '$a | ConvertTo-Json',
  ),
  rule(
    'cmdlets for files, whose encodings differ',
    /(Set|Add|Get|Clear)-Content|Out-File|Export-|Import-|Copy-Item|Move-Item|Remove-Item|New-Item|Rename-Item/i,
    'Set-Content x $a',
  ),
  rule('modules', /Import-Module|#requires/i, 'Import-Module WebAdministration'),
  rule(
    'downloads',
    /Invoke-WebRequest|Invoke-RestMethod|WebClient|\biwr\b|\birm\b|curl/i,
    'Invoke-WebRequest $a',
  ),
  rule(
    'the registry written to',
    /\.SetValue\(|CreateSubKey|DeleteSubKey|OpenSubKey\([^()\n]*,\s*\$true/i,
    '$key.SetValue("a", 1)',
  ),
]

for (const { forbids, pattern, breach } of [...LATER, ...SAFE]) {
  test(`the program does without: ${forbids}`, (t) => {
    t.regex(codeIn(breach, { texts: true }), pattern, 'the rule sees its own example')
    const lines = withTexts
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${index + 1}: ${line}`] : []))
    t.deepEqual(lines, [])
  })
}

/** All that is used of what Windows PowerShell 5.1 brings along. */
const IN_BOX = [
  'ForEach-Object',
  'Get-Acl',
  'Get-Process',
  'Get-Service',
  'New-Object',
  'Select-Object',
  'Set-Acl',
  'Set-StrictMode',
  'Start-Sleep',
  'Where-Object',
]

test('every command is a function of the program or comes with 5.1, and every function is used', (t) => {
  const functions = functionsIn(code)
  const used = commandsIn(code)
  t.deepEqual([...used].filter((name) => !functions.has(name)).sort(), IN_BOX)
  t.deepEqual(
    [...functions].filter((name) => !used.has(name)),
    [],
  )
  t.true(functions.size > 80, 'they were found')
})

test('a command that is not there is seen', (t) => {
  const used = commandsIn(
    codeIn("function Get-A { Get-B 'Get-C' } # Get-D\n$x = Get-E | Get-F; if (Get-G) { 'a-b' }"),
  )
  t.deepEqual([...used].sort(), ['Get-B', 'Get-E', 'Get-F', 'Get-G'])
})

test('the program is ASCII with plain line ends, so that no encoding and no checkout can change it', (t) => {
  t.notRegex(text, /[^\n\x20-\x7e]/)
  t.true(text.endsWith('\n$null = Start-Agent\n'))
})

test('the language mode is asked for before anything that only the full language has', (t) => {
  const before = code.slice(0, code.indexOf("-ne 'FullLanguage'"))
  t.true(before.length > 100)
  t.notRegex(before, /\[[A-Z]\w+(\.\w+)*\]|New-Object|function /)
})

test('functions are short', (t) => {
  const long = text
    .split(/^(?=function )/m)
    .slice(1)
    .map((piece) => piece.slice(0, piece.search(/^\}|\}$/m) + 1).split('\n'))
    .filter((lines) => lines.length > 60)
  t.deepEqual(
    long.map(([first]) => first),
    [],
  )
})

const parse = noPwsh === null ? test : test.skip
parse(`PowerShell's own parser reads it${noPwsh === null ? '' : ` (${noPwsh})`}`, (t) => {
  const script = `$e = $null; [void][Management.Automation.Language.Parser]::ParseFile('${AGENT}', [ref]$null, [ref]$e); $e.Count`
  const { stdout } = spawnSync(PWSH ?? 'pwsh', ['-NoProfile', '-NonInteractive', '-Command', script], {
    encoding: 'utf8',
  })
  t.is(stdout.trim(), '0')
})

parse(
  `a PowerShell older than 5 is refused in so many words${noPwsh === null ? '' : ` (${noPwsh})`}`,
  async (t) => {
    const script = join(await temporaryFolder(t), 'agent.ps1')
    await writeFile(script, text.replaceAll('$PSVersionTable.PSVersion', "[version]'4.0'"))
    const { stdout, status } = spawnSync(PWSH ?? 'pwsh', ['-NoProfile', '-NonInteractive', '-File', script], {
      encoding: 'utf8',
      input: '',
    })
    t.is(status, 0)
    const greeting = greetingOf(stdout.trim())
    t.is(greeting.is, 'refused')
    t.regex(greeting.is === 'refused' ? greeting.why : '', /PowerShell 4\.0, and Stopgap needs 5\.1/)
  },
)
