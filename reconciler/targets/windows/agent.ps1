# What Stopgap runs on a Windows server, once per session: it answers requests, a line of JSON each, until its input ends.
# The protocol is in protocol.ts. It is constant text for Windows PowerShell 5.1 and PowerShell 7, and never becomes other
# text: values of a request are compared, hashed, written to a file, or handed to a call as one argument.
#
# Traps that shape it: PowerShell swallows standard input as soon as a script names its variable for pipeline input, so that
# one is never named; a console has some code page, so only ASCII is written; ConvertTo-Json of 5.1 cuts off at a depth and
# ConvertFrom-Json at a length and makes dates of texts, so the few lines of JSON are read and written here; a function
# unrolls what it returns, so lists go through a leading comma; messages are in the language of the server, so exceptions are
# told apart by type and number.
#
# Whatever only Windows has is behind the functions named *-Platform*, at the end. Tests put other ones behind them.

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$DebugPreference = 'SilentlyContinue'
$InformationPreference = 'SilentlyContinue'
Set-StrictMode -Version 1.0

# Before anything else, and by means that every language mode has: the others have no [Console].
$mode = "$($ExecutionContext.SessionState.LanguageMode)"
if ($mode -ne 'FullLanguage') {
    '{"hello":"stopgap","refused":"PowerShell runs in the language mode ' + $mode + ' there, and Stopgap needs FullLanguage"}'
    return
}

# What Server 2012 R2 has by itself is older, and lacks much of what follows.
if ($PSVersionTable.PSVersion.Major -lt 5) {
    '{"hello":"stopgap","refused":"it has PowerShell ' + $PSVersionTable.PSVersion + ', and Stopgap needs 5.1, which comes with Windows Management Framework 5.1"}'
    return
}

# A server may have a culture in which I is no capital of i, and patterns compare by it.
[Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::InvariantCulture

$script:Protocol = 1
$script:Largest = 64 * 1024 * 1024
# Created only where policies of FIPS allow it, unlike what the base class makes in the .NET Framework.
$script:Sha = New-Object Security.Cryptography.SHA256CryptoServiceProvider
$script:Ascii = [regex]'\A[ !#-\[\]-~]*\z'
# A mark, a text, a word or a whole number: no request has another.
$script:JsonTokens = [regex]'\G\s*(?:([{}\[\],:])|"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"|(true|false|null)|(-?\d{1,18})(?![\d.eE]))'
$script:JsonWords = @{ 'true' = $true; 'false' = $false; 'null' = $null }
$script:JsonEscapes = @{ '"' = '"'; '\' = '\'; '/' = '/'; 'b' = "`b"; 'f' = "`f"; 'n' = "`n"; 'r' = "`r"; 't' = "`t" }
# A part of a path that is not simply the name of a file or a folder.
$script:OddPart = [regex]'(?i)[<>:"|?*\x00-\x1f]|[. ]\z|\A.{256}|\A(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(\.|\z)'
# By path: what this session left there itself.
$script:Ours = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
# What was listed once for the look or the step that is going on.
$script:Listed = @{}

# --- JSON ------------------------------------------------------------------------------------------------------------

# Token by token, each of which begins at the end of the one before. In one loop: a call of a function costs PowerShell more
# than all else that happens here. Objects become tables whose keys keep their case, lists become ArrayLists.
function Read-Json([string]$Text) {
    $above = [Collections.Stack]::new()
    $top = $null
    $wanted = 'value'
    $end = 0
    for ($token = $script:JsonTokens.Match($Text); $token.Success; $token = $token.NextMatch()) {
        $end = $token.Index + $token.Length
        $mark = $token.Groups[1].Value
        $isText = $token.Groups[2].Success
        if ($wanted -eq ':' -and $mark -eq ':') { $wanted = 'value' }
        elseif ($wanted -eq 'next' -and $mark -eq ',') { $wanted = $(if ($top -is [Collections.ArrayList]) { 'value' } else { 'key' }) }
        elseif (($wanted -eq 'next' -or $wanted -eq 'first') -and ($mark -eq '}' -or $mark -eq ']')) {
            if (($mark -eq ']') -ne ($top -is [Collections.ArrayList])) { throw "what ends at character $end is something else" }
            $value = $top
            $top = $above.Pop()
            $wanted = $(if ($null -eq $top) { 'nothing' } else { 'next' })
        }
        elseif ($isText -and ($wanted -eq 'key' -or ($wanted -eq 'first' -and $top -isnot [Collections.ArrayList]))) {
            $key = Read-JsonText $token.Groups[2].Value
            if ($top.ContainsKey($key)) { throw "a name comes twice, at character $end" }
            $wanted = ':'
        }
        elseif ($wanted -eq 'value' -or ($wanted -eq 'first' -and $top -is [Collections.ArrayList])) {
            if ($isText) { $value = Read-JsonText $token.Groups[2].Value }
            elseif ($token.Groups[4].Success) { $value = [long]$token.Groups[4].Value }
            elseif ($token.Groups[3].Success) { $value = $script:JsonWords[$token.Groups[3].Value] }
            elseif ($mark -eq '{') { $value = [Collections.Hashtable]::new([StringComparer]::Ordinal) }
            elseif ($mark -eq '[') { $value = [Collections.ArrayList]::new() }
            else { throw "a value is missing, at character $end" }
            if ($top -is [Collections.ArrayList]) { [void]$top.Add($value) } elseif ($null -ne $top) { $top[$key] = $value }
            $wanted = $(if ($null -eq $top) { 'nothing' } else { 'next' })
            if ($mark) {
                if ($above.Count -gt 20) { throw 'the line is nested too deeply' }
                $above.Push($top)
                $top = $value
                $wanted = 'first'
            }
        }
        else { throw "this is not JSON, at character $end" }
    }
    if ($wanted -ne 'nothing' -or $Text.Substring($end).Trim() -ne '') { throw "this is not JSON, behind character $end" }
    , $value
}

# What stands between the quotes. Most texts are paths, whose only escape is that of the backslash; no control character
# comes in through a token, so one can stand for it.
function Read-JsonText([string]$Raw) {
    if ($Raw.IndexOf([char]92) -lt 0) { return $Raw }
    $plain = $Raw.Replace('\\', "`0")
    if ($plain.IndexOf([char]92) -lt 0) { return $plain.Replace("`0", '\') }
    $text = [Text.StringBuilder]::new()
    for ($at = 0; $at -lt $Raw.Length; $at++) {
        if ($Raw[$at] -ne '\') { [void]$text.Append($Raw[$at]); continue }
        $at++
        $escape = [string]$Raw[$at]
        if ($escape -ceq 'u') {
            [void]$text.Append([char][Convert]::ToInt32($Raw.Substring($at + 1, 4), 16))
            $at += 4
        } elseif ($script:JsonEscapes.ContainsKey($escape)) { [void]$text.Append($script:JsonEscapes[$escape]) }
        else { throw "the escape \$escape is not known" }
    }
    $text.ToString()
}

# One line of ASCII. Only what is written here by hand goes in: a live object would bring half of the server along.
function Write-Json($Value) {
    $text = [Text.StringBuilder]::new()
    Add-Json $text $Value
    $text.ToString()
}

function Add-Json([Text.StringBuilder]$Text, $Value) {
    if ($null -eq $Value) { [void]$Text.Append('null') }
    elseif ($Value -is [string]) { Add-JsonText $Text $Value }
    elseif ($Value -is [bool]) { [void]$Text.Append($(if ($Value) { 'true' } else { 'false' })) }
    elseif ($Value -is [int] -or $Value -is [long]) { [void]$Text.Append([string]$Value) }
    elseif ($Value -is [Collections.IDictionary]) {
        $mark = '{'
        foreach ($key in $Value.Keys) {
            [void]$Text.Append($mark)
            Add-JsonText $Text $key
            [void]$Text.Append(':')
            Add-Json $Text $Value[$key]
            $mark = ','
        }
        [void]$Text.Append($(if ($mark -eq '{') { '{}' } else { '}' }))
    }
    elseif ($Value -is [Collections.IEnumerable]) {
        $mark = '['
        foreach ($item in $Value) {
            [void]$Text.Append($mark)
            Add-Json $Text $item
            $mark = ','
        }
        [void]$Text.Append($(if ($mark -eq '[') { '[]' } else { ']' }))
    }
    else { throw "an answer has no place for $($Value.GetType())" }
}

function Add-JsonText([Text.StringBuilder]$Text, [string]$Value) {
    [void]$Text.Append('"')
    # Whole files arrive here as base64: those need no look at every character.
    if ($script:Ascii.IsMatch($Value)) { [void]$Text.Append($Value) }
    else {
        foreach ($character in $Value.ToCharArray()) {
            $code = [int]$character
            if ($code -eq 34 -or $code -eq 92) { [void]$Text.Append('\').Append($character) }
            elseif ($code -ge 32 -and $code -le 126) { [void]$Text.Append($character) }
            else { [void]$Text.Append('\u').Append($code.ToString('x4')) }
        }
    }
    [void]$Text.Append('"')
}

# --- Digests and words -----------------------------------------------------------------------------------------------

function Get-Digest([byte[]]$Bytes) {
    'sha256:' + [BitConverter]::ToString($script:Sha.ComputeHash($Bytes)).Replace('-', '').ToLowerInvariant()
}

# Of a value: its members are always put in the same order.
function Get-ValueDigest($Value) {
    Get-Digest ([Text.Encoding]::UTF8.GetBytes((Write-Json $Value)))
}

# Cmdlets and .NET wrap what happened in exceptions of their own.
function Get-Cause($Record) { $Record.Exception.GetBaseException() }

function Get-FaultKind([Exception]$Fault) {
    if ($Fault -is [IO.FileNotFoundException] -or $Fault -is [IO.DirectoryNotFoundException]) { return 'absent' }
    if ($Fault -is [UnauthorizedAccessException] -or $Fault -is [Security.SecurityException]) { return 'denied' }
    if ($Fault -isnot [IO.IOException]) { return 'other' }
    switch ($Fault.HResult -band 0xFFFF) {
        19 { return 'write-protected' }
        # Shared with nobody, locked; and what ReplaceFile says where it could not move one of the two, with both still there.
        { $_ -in 32, 33, 1175, 1176 } { return 'in-use' }
        # The last is how .NET says it on systems that are not Windows.
        { $_ -in 39, 112, 28 } { return 'full' }
    }
    'other'
}

# What the file system refuses, in words that stand behind the name of the file.
function Get-FaultWords([Exception]$Fault, [string]$Verb) {
    switch (Get-FaultKind $Fault) {
        'absent' { return 'is not there any more' }
        'denied' { return "may not be $Verb by $(Get-PlatformUser)" }
        'write-protected' { return 'is on a disk that is read-only' }
        'in-use' { return "cannot be ${Verb}: another program has it open" }
        'full' { return "cannot be ${Verb}: the disk is full" }
    }
    "cannot be ${Verb}: $($Fault.Message)"
}

function New-Done { @{ is = 'done' } }
function New-Failed([string]$Detail) { [ordered]@{ is = 'failed'; detail = $Detail } }
function New-Conflict([string]$Name, [string]$Detail) { [ordered]@{ is = 'conflict'; detail = "${Name}: $Detail" } }

# --- Paths: a full path with a drive that can mean nothing but a file below it ---------------------------------------

# Gives `path`, or `why` not. Refused as the embedded target refuses it (targets/embedded/paths.ts).
function Resolve-FilePath([string]$Name) {
    try {
        $text = $Name
        if ($text.IndexOf([char]37) -ge 0) { $text = Expand-Variables $text }
        $text = $text.Replace('/', '\')
        if ($text -match '\A\\\\') { throw 'is on another machine or a device' }
        if ($text -notmatch '\A[A-Za-z]:\\') { throw 'is not a full path with a drive' }
        $parts = [Collections.ArrayList]::new()
        foreach ($part in $text.Substring(3).Split('\')) {
            if ($part.Length -eq 0 -or $part -eq '.') { continue }
            if ($script:OddPart.IsMatch($part)) { Deny-PathPart $part }
            [void]$parts.Add($part)
        }
        if ($parts.Count -eq 0) { throw 'names a drive, not a file' }
    } catch {
        return @{ why = "the path $Name $($_.Exception.Message)" }
    }
    try {
        @{ path = Get-PlatformPath ($text.Substring(0, 1).ToUpperInvariant()) $parts.ToArray() }
    } catch {
        @{ why = (Get-Cause $_).Message }
    }
}

function Expand-Variables([string]$Name) {
    $text = [Text.StringBuilder]::new()
    $from = 0
    foreach ($match in [regex]::Matches($Name, '%([^%]*)%')) {
        $value = Get-PlatformVariable ($match.Groups[1].Value)
        if ($null -eq $value) { throw "has the variable $($match.Value), which is not set" }
        [void]$text.Append($Name.Substring($from, $match.Index - $from)).Append($value)
        $from = $match.Index + $match.Length
    }
    $text.Append($Name.Substring($from)).ToString()
}

function Deny-PathPart([string]$Part) {
    if ($Part -eq '..') { throw 'goes upwards' }
    # A colon names an alternate stream of a file.
    if ($Part -match '[<>:"|?*\x00-\x1f]') { throw 'has a character that no file name has' }
    # Windows drops these, so the name would mean another file.
    if ($Part -match '[. ]\z') { throw 'has a part that ends in a dot or a blank' }
    if ($Part.Length -gt 255) { throw 'has a part longer than 255 characters' }
    # Windows opens the device whatever extension stands behind its name.
    throw 'names a device'
}

# --- Looking ---------------------------------------------------------------------------------------------------------

function Get-Looks($Queries) {
    $script:Listed = @{}
    $sightings = [Collections.ArrayList]::new()
    foreach ($query in $Queries) { [void]$sightings.Add((Get-Sighting $query)) }
    , $sightings.ToArray()
}

# What is as it is known is only named.
function Get-Sighting($Query) {
    $thing = $Query['thing']
    $name = $Query['name']
    $seen = Get-Seen $thing $name
    $is = $seen['is']
    if ($is -eq 'unknown') { return [ordered]@{ thing = $thing; name = $name; is = $is; why = $seen['why'] } }
    $now = if ($is -eq 'here') { $seen['digest'] } else { $is }
    if ($now -ceq $Query['known']) { return [ordered]@{ thing = $thing; name = $name; is = 'same' } }
    if ($is -eq 'absent') { return [ordered]@{ thing = $thing; name = $name; is = $is } }
    $value = if ($seen.Contains('bytes')) { [Convert]::ToBase64String($seen['bytes']) } else { $seen['value'] }
    [ordered]@{ thing = $thing; name = $name; is = $is; digest = $seen['digest']; value = $value }
}

# Never throws: what cannot be read is unknown. A file has its bytes in place of a value.
function Get-Seen([string]$Thing, [string]$Name) {
    try {
        switch ($Thing) {
            'file' { return Get-SeenFile $Name }
            'version' { return Get-SeenVersion $Name }
            'service' { return Get-SeenService $Name }
            'pool' { return Get-SeenPool $Name }
            'facts' { return New-Here (Get-PlatformFacts) }
        }
        New-Unknown "there is no such thing as $Thing"
    } catch {
        New-Unknown "${Thing} ${Name}: $((Get-Cause $_).Message)"
    }
}

function New-Here($Value) { [ordered]@{ is = 'here'; digest = Get-ValueDigest $Value; value = $Value } }
function New-Unknown([string]$Why) { [ordered]@{ is = 'unknown'; why = $Why } }

function Get-SeenFile([string]$Name) {
    $place = Resolve-FilePath $Name
    if ($place.ContainsKey('why')) { return New-Unknown $place['why'] }
    Read-File $place['path']
}

# Opened so that nobody is kept from replacing or writing it meanwhile; somebody who writes it lets go soon.
function Read-File([string]$Path) {
    for ($attempt = 1; ; $attempt++) {
        try {
            if ([IO.Directory]::Exists($Path)) { return New-Unknown "$Path is not a file" }
            $stream = [IO.File]::Open($Path, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]'ReadWrite, Delete')
            try {
                if ($stream.Length -gt $script:Largest) { return New-Unknown "$Path is larger than 64 MB" }
                $memory = [IO.MemoryStream]::new()
                $stream.CopyTo($memory)
            } finally { $stream.Dispose() }
            $bytes = $memory.ToArray()
            return @{ is = 'here'; digest = Get-Digest $bytes; bytes = $bytes }
        } catch {
            $fault = Get-Cause $_
            $kind = Get-FaultKind $fault
            if ($kind -eq 'absent') { return @{ is = 'absent' } }
            if ($kind -ne 'in-use' -or $attempt -ge 10) { return New-Unknown "$Path $(Get-FaultWords $fault 'read')" }
            Start-Sleep -Milliseconds 50
        }
    }
}

function Get-SeenVersion([string]$Name) {
    $place = Resolve-FilePath $Name
    if ($place.ContainsKey('why')) { return New-Unknown $place['why'] }
    $version = Get-PlatformFileVersion $Name $place['path']
    if ($null -eq $version) { return @{ is = 'absent' } }
    if ($version -eq '') { return New-Unknown "the version of $Name is not known" }
    New-Here $version
}

function Get-SeenService([string]$Name) {
    $service = (Get-Services)[$Name]
    if ($null -eq $service) { return @{ is = 'absent' } }
    if ($service.Contains('why')) { return New-Unknown $service['why'] }
    New-Here (Get-ServiceValue $service)
}

function Get-Services {
    if (-not $script:Listed.ContainsKey('services')) { $script:Listed['services'] = Add-Dependents (Get-PlatformServices) }
    $script:Listed['services']
}

# Who depends on whom is written down at the one that depends.
function Add-Dependents($Services) {
    foreach ($service in $Services.Values) { $service['dependents'] = [Collections.ArrayList]::new() }
    foreach ($service in $Services.Values) {
        foreach ($needed in $service['dependsOn']) {
            $other = $Services[$needed]
            if ($null -ne $other) { [void]$other['dependents'].Add($service['name']) }
        }
    }
    foreach ($service in $Services.Values) { $service['dependents'].Sort([StringComparer]::Ordinal) }
    $Services
}

function Get-ServiceValue($Service) {
    [ordered]@{
        startType = $Service['startType']
        status = $Service['status']
        dependsOn = @($Service['dependsOn'])
        dependents = $Service['dependents'].ToArray()
    }
}

function Get-SeenPool([string]$Name) {
    if (-not $script:Listed.ContainsKey('pools')) { $script:Listed['pools'] = Get-PlatformPools }
    $state = $script:Listed['pools'][$Name]
    if ($null -eq $state) { return @{ is = 'absent' } }
    if ($state -cne 'Started' -and $state -cne 'Stopped') { return New-Unknown "the pool $Name is $state" }
    New-Here @{ state = $state }
}

# --- Acting ----------------------------------------------------------------------------------------------------------

# Steps in order; after the first that is not done the rest is left.
function Invoke-Steps($Steps) {
    # Starting a service can start others: a later step on one of those expects what was there before, and that is still
    # what everybody but us left there. So what our own steps moved is remembered.
    $script:Moved = @{}
    $script:Done = [Collections.ArrayList]::new()
    $results = [Collections.ArrayList]::new()
    $going = $true
    foreach ($step in $Steps) {
        $result = if ($going) { Invoke-Step $step $Steps } else { @{ is = 'not-attempted' } }
        $going = $going -and $result['is'] -eq 'done'
        if ($going) { [void]$script:Done.Add($step) }
        [void]$results.Add($result)
    }
    , $results.ToArray()
}

# Never throws: what the system refuses is `failed`.
function Invoke-Step($Step, $Steps) {
    $name = $Step['name']
    try {
        $script:Listed = @{}
        if ($Step['thing'] -eq 'file') { return Set-File $Step }
        $before = Get-ServiceDigests $Steps
        $conflict = Test-Expected $Step
        if ($null -ne $conflict) { return $conflict }
        $fault = if ($Step['thing'] -eq 'service') { Step-Service $Step } else { Step-Pool $Step }
        if ($fault) { return New-Failed $fault }
        $script:Listed = @{}
        $after = Get-ServiceDigests $Steps
        foreach ($key in $before.Keys) {
            if ($before[$key] -ceq $after[$key]) { continue }
            $from = if ($script:Moved.ContainsKey($key)) { $script:Moved[$key]['from'] } else { $before[$key] }
            $script:Moved[$key] = @{ from = $from; to = $after[$key] }
        }
        New-Done
    } catch {
        $fault = Get-Cause $_
        if ($Step['thing'] -eq 'file') { New-Failed "$name $(Get-FaultWords $fault 'written')" }
        else { New-Failed "the $($Step['thing']) ${name}: $($fault.Message)" }
    }
}

# Unknown is never as expected, not even where `absent` is: something may be there.
function Test-Expected($Step) {
    $seen = Get-Seen $Step['thing'] $Step['name']
    if ($seen['is'] -eq 'unknown') { return New-Failed $seen['why'] }
    $digest = if ($seen['is'] -eq 'absent') { 'absent' } else { $seen['digest'] }
    if ($digest -ceq $Step['expect']) { return $null }
    $moved = $script:Moved["$($Step['thing']):$($Step['name'])"]
    if ($null -ne $moved -and $moved['to'] -ceq $digest -and $moved['from'] -ceq $Step['expect']) { return $null }
    New-Conflict $Step['name'] $(if ($digest -eq 'absent') { 'it is not there' } else { 'it is not as it was when the plan was made' })
}

# Whether a thing is as a step left it.
function Test-Holds($Step) {
    $seen = Get-Seen $Step['thing'] $Step['name']
    $become = $Step['become']
    if ($null -eq $become) { return $seen['is'] -eq 'absent' }
    if ($seen['is'] -ne 'here') { return $false }
    if ($Step['thing'] -eq 'file') { return $seen['digest'] -ceq (Get-Digest ([Convert]::FromBase64String($become))) }
    foreach ($field in $become.Keys) { if ($seen['value'][$field] -cne $become[$field]) { return $false } }
    $true
}

function Get-ServiceDigests($Steps) {
    $digests = @{}
    foreach ($step in $Steps) {
        if ($step['thing'] -ne 'service') { continue }
        $seen = Get-Seen 'service' $step['name']
        if ($seen['is'] -eq 'here') { $digests["service:$($step['name'])"] = $seen['digest'] }
    }
    $digests
}

# --- Files: compare, write beside it, compare again, put into place, let IIS read it, or put the old one back --------

function Set-File($Step) {
    $name = $Step['name']
    $place = Resolve-FilePath $name
    if ($place.ContainsKey('why')) { return New-Failed $place['why'] }
    $path = $place['path']
    $conflict = Test-Expected $Step
    if ($null -ne $conflict) { return $conflict }
    if ($Step['confirms']) {
        foreach ($one in $script:Done) {
            if (-not (Test-Holds $one)) { return New-Conflict $one['name'] 'it is not as it was left' }
        }
    }
    $redirected = Get-PlatformRedirection
    if ($null -ne $redirected -and $path -match '[\\/]inetsrv[\\/]config[\\/]applicationHost\.config\z') {
        return New-Failed "$name is not in use: the configuration of this server is shared, in $redirected"
    }
    if ($Step['expect'] -cne 'absent') {
        $attributes = [IO.File]::GetAttributes($path)
        if ($attributes -band [IO.FileAttributes]::ReadOnly) { return New-Failed "$name is read-only" }
        if ($attributes -band [IO.FileAttributes]::ReparsePoint) { return New-Failed "$name is a link to another file" }
        if (Test-Fresh $path $Step['expect']) { return New-Conflict $name 'changed less than two seconds ago' }
    }
    # What IIS says against the configuration beforehand is not our doing, and a change may be what mends it.
    $script:Before = Test-PlatformConfiguration $path
    if ($null -eq $Step['become']) { $result = Remove-File $name $path $Step['expect'] }
    else { $result = Save-File $name $path $Step['expect'] ([Convert]::FromBase64String($Step['become'])) }
    $left = Read-File $path
    if ($left['is'] -eq 'here') { $script:Ours[$path] = $left['digest'] } else { $script:Ours.Remove($path) }
    $result
}

# Whoever writes a file in several goes is not done yet; and readers of IIS have met half-written files after writes that
# followed each other closely. What we wrote ourselves is whole.
function Test-Fresh([string]$Path, [string]$Digest) {
    if ($script:Ours[$Path] -ceq $Digest) { return $false }
    $age = [DateTime]::UtcNow - [IO.File]::GetLastWriteTimeUtc($Path)
    # A time in the future is the work of another clock, and would last.
    $age.TotalSeconds -ge 0 -and $age.TotalSeconds -lt 2
}

function Save-File([string]$Name, [string]$Path, [string]$Expect, [byte[]]$Bytes) {
    $folder = [IO.Path]::GetDirectoryName($Path)
    New-PlatformFolder $folder
    Remove-Stale $folder
    $temporary = [IO.Path]::Combine($folder, (New-TemporaryName 'tmp'))
    $backup = [IO.Path]::Combine($folder, (New-TemporaryName 'bak'))
    try {
        $stream = [IO.File]::Open($temporary, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None)
        try {
            $stream.Write($Bytes, 0, $Bytes.Length)
            # True: down to the disk, so that a loss of power leaves the old file or the new one.
            $stream.Flush($true)
        } finally { $stream.Dispose() }
        $now = Read-File $Path
        if ($Expect -ceq 'absent') {
            if ($now['is'] -ne 'absent') { return New-Conflict $Name 'it appeared while it was being written' }
            # Fails, unlike a replace, when somebody was faster.
            [IO.File]::Move($temporary, $Path)
            $backup = ''
        } else {
            if ($now['digest'] -cne $Expect) { return New-Conflict $Name 'it changed while it was being written' }
            Move-Into $temporary $Path $backup
        }
    } finally { if ([IO.File]::Exists($temporary)) { [IO.File]::Delete($temporary) } }
    Confirm-Write $Name $Path $backup
}

# Put aside instead of removed, until IIS has read what is left.
function Remove-File([string]$Name, [string]$Path, [string]$Expect) {
    if ($Expect -ceq 'absent') { return New-Done }
    $backup = [IO.Path]::Combine([IO.Path]::GetDirectoryName($Path), (New-TemporaryName 'bak'))
    [IO.File]::Move($Path, $backup)
    if ((Read-File $backup)['digest'] -cne $Expect) {
        [IO.File]::Move($backup, $Path)
        return New-Conflict $Name 'it changed while it was being removed'
    }
    Confirm-Write $Name $Path $backup
}

# Scanners open what was written just now, for an instant. And ReplaceFile may stop half-way, with the old file under the name
# of the backup and nothing under its own.
function Move-Into([string]$From, [string]$Path, [string]$Backup) {
    for ($attempt = 1; ; $attempt++) {
        try { return Move-PlatformFile $From $Path $Backup }
        catch {
            if (-not [IO.File]::Exists($Path) -and [IO.File]::Exists($Backup)) { [IO.File]::Move($Backup, $Path) }
            if ($attempt -ge 20 -or (Get-FaultKind (Get-Cause $_)) -ne 'in-use') { throw }
        }
        Start-Sleep -Milliseconds 100
    }
}

function Confirm-Write([string]$Name, [string]$Path, [string]$Backup) {
    $fault = Test-PlatformConfiguration $Path
    if ($null -eq $fault -or (Get-WithoutNumbers $fault) -eq (Get-WithoutNumbers $script:Before)) {
        if ($Backup) { [IO.File]::Delete($Backup) }
        return New-Done
    }
    if (-not $Backup) { [IO.File]::Delete($Path) }
    elseif (-not [IO.File]::Exists($Path)) { [IO.File]::Move($Backup, $Path) }
    else {
        $refused = [IO.Path]::Combine([IO.Path]::GetDirectoryName($Path), (New-TemporaryName 'tmp'))
        Move-Into $Backup $Path $refused
        [IO.File]::Delete($refused)
    }
    New-Failed "$Name was put back as it was: IIS does not accept it: $fault"
}

# The same fault stands in another line once something was written above it.
function Get-WithoutNumbers([string]$Text) { $Text -replace '\d+', '' }

# Of the same form as those of util/atomic.ts, which watchers skip.
function New-TemporaryName([string]$Extension) {
    '.stopgap-' + [Guid]::NewGuid().ToString('N').Substring(0, 12) + '.' + $Extension
}

# Of a session that was ended while it wrote. A file put aside (bak) is never removed here: it may be the only copy.
function Remove-Stale([string]$Folder) {
    foreach ($path in [IO.Directory]::GetFiles($Folder, '.stopgap-*.tmp')) {
        $age = [DateTime]::UtcNow - [IO.File]::GetLastWriteTimeUtc($path)
        if ($age.TotalMinutes -gt 10 -and [IO.Path]::GetFileName($path) -match '\A\.stopgap-[0-9a-f]{12}\.tmp\z') {
            try { [IO.File]::Delete($path) } catch { continue }
        }
    }
}

# --- Services and pools ----------------------------------------------------------------------------------------------

# Nothing is done in part: what can be known to fail fails before the first change. Gives what is wrong, or nothing.
function Step-Service($Step) {
    $become = $Step['become']
    $service = (Get-Services)[$Step['name']]
    $name = $service['name']
    $moves = $become['status'] -and $become['status'] -cne $service['status']
    $type = if ($become['startType']) { $become['startType'] } else { $service['startType'] }
    if ($moves) {
        if ($service['status'] -like '*Pending') { return "the service $name is $($service['status'])" }
        if ($become['status'] -ceq 'Running' -and $type -ceq 'Disabled') { return "the service $name is disabled" }
        if ($become['status'] -ceq 'Stopped') {
            $running = @($service['dependents'] | Where-Object { (Get-Services)[$_]['status'] -cne 'Stopped' })
            if ($running.Count -gt 0) { return "the service $name is needed by $($running -join ', '), which still run" }
        }
    }
    if ($type -cne $service['startType']) {
        Set-PlatformStartType $name $type
        $script:Listed = @{}
        $now = (Get-Services)[$name]['startType']
        if ($now -cne $type) { return "the start type of the service $name was set to $type and reads $now" }
    }
    if (-not $moves) { return $null }
    Set-PlatformService $name $become['status']
    Wait-Service $name $become['status'] $Step['timeoutSeconds']
}

function Wait-Service([string]$Name, [string]$Status, [int]$Seconds) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $now = Get-PlatformServiceStatus $Name
        if ($now -ceq $Status) { return $null }
        # A start that has fallen back to Stopped will not get there any more.
        if ($Status -ceq 'Running' -and $now -ceq 'Stopped' -and $watch.Elapsed.TotalSeconds -gt 5) {
            return "the service $Name stopped again when it was started"
        }
        if ($watch.Elapsed.TotalSeconds -ge $Seconds) { return "the service $Name is still $now after $Seconds seconds" }
        Start-Sleep -Milliseconds 200
    }
}

function Step-Pool($Step) {
    $name = $Step['name']
    $state = $Step['become']['state']
    $pools = $script:Listed['pools']
    if ($pools[$name] -ceq $state) { return $null }
    # By its own name, not the one of the request.
    $known = @($pools.Keys | Where-Object { $_ -eq $name })[0]
    Set-PlatformPool $known $state
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $now = (Get-PlatformPools)[$name]
        if ($now -ceq $state) { return $null }
        if ($watch.Elapsed.TotalSeconds -ge $Step['timeoutSeconds']) {
            return "the pool $name is still $now after $($Step['timeoutSeconds']) seconds"
        }
        Start-Sleep -Milliseconds 300
    }
}

# --- Fetching a URL of this server -----------------------------------------------------------------------------------

# By hand, so that the URL goes out as it is written (what is to be tried is often an odd one), no redirect is followed, no
# proxy is asked and no certificate is in the way: the certificate of a site is not made for the name localhost.
function Get-Url([string]$Url, [int]$Seconds) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    try {
        $status = Get-UrlStatus $Url ($Seconds * 1000)
        $fault = $null
    } catch {
        $status = $null
        $fault = (Get-Cause $_).Message
    }
    [ordered]@{ status = $status; milliseconds = [int]$watch.ElapsedMilliseconds; error = $fault }
}

function Get-UrlStatus([string]$Url, [int]$Limit) {
    $match = [regex]::Match($Url, '\A(https?)://([A-Za-z0-9.-]+)(?::(\d{1,5}))?(/[!-~]*)?\z')
    if (-not $match.Success) { throw 'this is not a URL of http or https in plain characters' }
    $name = $match.Groups[2].Value
    $own = @('localhost', '127.0.0.1') + @(Get-PlatformNames)
    if ($own -notcontains $name) { throw "$name is not this server" }
    $secure = $match.Groups[1].Value -ceq 'https'
    $port = if ($match.Groups[3].Success) { [int]$match.Groups[3].Value } elseif ($secure) { 443 } else { 80 }
    $path = if ($match.Groups[4].Success) { $match.Groups[4].Value } else { '/' }
    $client = New-Object Net.Sockets.TcpClient
    try {
        if (-not $client.ConnectAsync($name, $port).Wait($Limit)) { throw 'no connection within the limit' }
        $client.ReceiveTimeout = $Limit
        $client.SendTimeout = $Limit
        $stream = $client.GetStream()
        if ($secure) { $stream = Get-SecureStream $stream $name }
        $request = "GET $path HTTP/1.1`r`nHost: $name`r`nUser-Agent: Stopgap`r`nAccept: */*`r`nConnection: close`r`n`r`n"
        $bytes = [Text.Encoding]::ASCII.GetBytes($request)
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush()
        $line = (New-Object IO.StreamReader($stream, [Text.Encoding]::ASCII)).ReadLine()
    } finally { $client.Close() }
    # URL Rewrite's AbortRequest closes the connection without a word: that is an answer, and no status.
    if ($null -eq $line) { throw 'the connection was closed without an answer' }
    if ($line -notmatch '\AHTTP/1\.[01] (\d{3})\b') { throw 'the answer is not HTTP' }
    [int]$Matches[1]
}

function Get-SecureStream($Stream, [string]$Name) {
    $any = [Net.Security.RemoteCertificateValidationCallback] { $true }
    $secure = New-Object Net.Security.SslStream($Stream, $false, $any)
    # 5.1 alone would offer what the .NET Framework took for safe in 2012.
    $secure.AuthenticateAsClient($Name, $null, [Security.Authentication.SslProtocols]::Tls12, $false)
    $secure
}

# --- Requests --------------------------------------------------------------------------------------------------------

function Get-Answer([string]$Line) {
    $id = 0
    try {
        $request = Read-Json $Line
        if ($request -isnot [Collections.IDictionary] -or $request['id'] -isnot [long]) { throw 'a request is an object with an id' }
        $id = $request['id']
        if ($request['do'] -in 'look', 'act') {
            $refusal = Get-PlatformRefusal
            if ($null -ne $refusal) { return [ordered]@{ id = $id; is = 'refused'; detail = $refusal } }
        }
        [ordered]@{ id = $id; is = 'done'; value = Get-Value $request }
    } catch {
        [ordered]@{ id = $id; is = 'failed'; detail = (Get-Cause $_).Message }
    }
}

function Get-Value($Request) {
    switch -CaseSensitive ($Request['do']) {
        'look' { return @{ sightings = Get-Looks $Request['queries'] } }
        'act' {
            $results = Invoke-Steps $Request['steps']
            return [ordered]@{ results = $results; sightings = Get-Looks $Request['queries'] }
        }
        'examine' { return Get-Examined }
        'fetch' { return Get-Url $Request['url'] $Request['timeoutSeconds'] }
        'event' { return Write-Event $Request }
    }
    throw "there is no such request as $($Request['do'])"
}

function Get-Examined {
    $elevated = try { Test-PlatformElevated } catch { $null }
    $runtime = try { Test-PlatformUniversalCrt } catch { $null }
    $redirected = try { Get-PlatformRedirection } catch { "somewhere that cannot be read: $((Get-Cause $_).Message)" }
    $clock = [long]([DateTime]::UtcNow - [DateTime]'1970-01-01').TotalMilliseconds
    [ordered]@{
        user = Get-PlatformUser
        elevated = $elevated
        computer = [Environment]::MachineName
        powershell = Get-Edition
        languageMode = "$($ExecutionContext.SessionState.LanguageMode)"
        is64Bit = [IntPtr]::Size -eq 8
        clock = $clock
        universalCrt = $runtime
        configurationRedirected = $redirected
        recordFolder = Test-RecordFolder
    }
}

function Get-Edition {
    [ordered]@{ version = "$($PSVersionTable.PSVersion)"; edition = "$($PSVersionTable.PSEdition)" }
}

# By a file that is gone as soon as it is closed: nobody is asked for rights that he then does not have after all.
function Test-RecordFolder {
    $place = Resolve-FilePath 'C:\ProgramData\Stopgap'
    if ($place.ContainsKey('why')) { return $place['why'] }
    $folder = $place['path']
    try {
        # The folders of a file are made along with it.
        while (-not [IO.Directory]::Exists($folder) -and -not [IO.File]::Exists($folder)) { $folder = [IO.Path]::GetDirectoryName($folder) }
        $path = [IO.Path]::Combine($folder, (New-TemporaryName 'tmp'))
        $stream = New-Object IO.FileStream($path, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None, 4096,
            [IO.FileOptions]::DeleteOnClose)
        $stream.Dispose()
        $true
    } catch {
        "$folder $(Get-FaultWords (Get-Cause $_) 'written to')"
    }
}

function Write-Event($Request) {
    $why = $null
    # The log takes no more than 31 839 characters.
    $message = [string]$Request['message']
    if ($message.Length -gt 31000) { $message = $message.Substring(0, 31000) }
    try { Write-PlatformEvent $Request['eventId'] $Request['level'] $message }
    catch { $why = (Get-Cause $_).Message }
    [ordered]@{ written = $null -eq $why; why = $why }
}

function Write-Line($Value) {
    [Console]::Out.WriteLine((Write-Json $Value))
    [Console]::Out.Flush()
}

function Start-Agent {
    if ([IntPtr]::Size -ne 8) {
        # IIS, the registry and System32 look different from there: SysWOW64 has a configuration of its own.
        Write-Line ([ordered]@{ hello = 'stopgap'; refused = 'PowerShell runs there as a process of 32 bits, which sees another registry and other system files' })
        return
    }
    Write-Line ([ordered]@{ hello = 'stopgap'; protocol = $script:Protocol; powershell = Get-Edition })
    while ($null -ne ($line = [Console]::In.ReadLine())) {
        if ($line.Trim() -ne '') { Write-Line (Get-Answer $line) }
    }
}

# --- What only Windows has: everything below is replaced in tests, function by function ------------------------------

# The path of a file on this machine, out of a letter and names that were checked.
function Get-PlatformPath([string]$Drive, [string[]]$Parts) {
    $root = $Drive + ':\'
    if (-not [IO.Directory]::Exists($root)) { throw "this server has no drive ${Drive}:" }
    if ((New-Object IO.DriveInfo $Drive).DriveType -eq [IO.DriveType]::Network) { throw "drive ${Drive}: is on another machine" }
    $root + ($Parts -join '\')
}

function Get-PlatformVariable([string]$Name) {
    if ($Name -eq '') { return $null }
    $value = [Environment]::GetEnvironmentVariable($Name)
    # What starts us may be older than a variable that Setup of Exchange made since.
    if ($null -eq $value) { [Environment]::GetEnvironmentVariable($Name, 'Machine') } else { $value }
}

# Keeps the permissions, the attributes and the alternate streams of the file, unlike a rename.
function Move-PlatformFile([string]$From, [string]$Path, [string]$Backup) {
    [IO.File]::Replace($From, $Path, $Backup)
}

# The folder of the record is ours alone: below ProgramData everybody may make folders and put files into those of others, and
# who writes the record decides what is taken back.
function New-PlatformFolder([string]$Folder) {
    $ours = [IO.Path]::Combine([Environment]::GetFolderPath('CommonApplicationData'), 'Stopgap')
    $exists = [IO.Directory]::Exists($Folder)
    if (-not $exists) { [void][IO.Directory]::CreateDirectory($Folder) }
    if ($Folder -ne $ours) { return }
    $self = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    if ($exists) {
        $now = Get-Acl -LiteralPath $Folder
        $owner = $now.GetOwner([Security.Principal.SecurityIdentifier]).Value
        # SYSTEM and the administrators.
        if (@('S-1-5-18', 'S-1-5-32-544', $self) -notcontains $owner) { throw "$Folder belongs to $owner, who is no administrator of this server" }
        if ($now.AreAccessRulesProtected) { return }
    }
    Set-Acl -LiteralPath $Folder -AclObject (Get-OwnSecurity @('S-1-5-18', 'S-1-5-32-544', $self))
}

# Full control for these alone, nothing from above.
function Get-OwnSecurity([string[]]$Sids) {
    $security = New-Object Security.AccessControl.DirectorySecurity
    $security.SetAccessRuleProtection($true, $false)
    foreach ($sid in $Sids) {
        $who = New-Object Security.Principal.SecurityIdentifier $sid
        $rule = New-Object Security.AccessControl.FileSystemAccessRule($who, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow')
        $security.AddAccessRule($rule)
    }
    , $security
}

function Get-PlatformUser { [Security.Principal.WindowsIdentity]::GetCurrent().Name }

function Test-PlatformElevated {
    $principal = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
    $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The Universal C Runtime: a part of Windows from Server 2016 on, before that the update KB2999226.
function Test-PlatformUniversalCrt { [IO.File]::Exists([IO.Path]::Combine((Get-SystemFolder), 'ucrtbase.dll')) }

function Get-PlatformNames {
    [Environment]::MachineName
    # Names that cannot be resolved are no reason not to know the short one.
    try { [Net.Dns]::GetHostEntry('').HostName } catch { return }
}

# Why this session can neither look nor act here; nothing when it can. The right is tried out, not looked up: an account
# need not be an administrator when it was given what it needs.
function Get-PlatformRefusal {
    $path = [IO.Path]::Combine((Get-InetFolder), 'config', 'applicationHost.config')
    try { [IO.File]::Open($path, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]'ReadWrite, Delete').Dispose() }
    catch {
        if ((Get-FaultKind (Get-Cause $_)) -ne 'denied') { return $null }
        return "$(Get-PlatformUser) may not read ${path}: it has to be an administrator of this server, with full rights in this session, or be given that right"
    }
    $null
}

function Get-SystemFolder { [Environment]::SystemDirectory }
function Get-InetFolder { [IO.Path]::Combine((Get-SystemFolder), 'inetsrv') }

# Where the configuration is that is in use instead of the one of this server; nothing when it is its own.
function Get-PlatformRedirection {
    $path = [IO.Path]::Combine((Get-InetFolder), 'config', 'redirection.config')
    if (-not [IO.File]::Exists($path)) { return $null }
    $element = (Read-Xml ([IO.File]::ReadAllText($path))).SelectSingleNode('/configuration/configurationRedirection')
    if ($null -eq $element -or $element.GetAttribute('enabled') -ne 'true') { return $null }
    $element.GetAttribute('path')
}

# Nothing in it may name other files.
function Read-Xml([string]$Text) {
    $settings = New-Object Xml.XmlReaderSettings
    $settings.DtdProcessing = [Xml.DtdProcessing]::Prohibit
    $settings.XmlResolver = $null
    $document = New-Object Xml.XmlDocument
    $document.XmlResolver = $null
    $document.Load([Xml.XmlReader]::Create((New-Object IO.StringReader $Text.Trim()), $settings))
    # Documents are lists of nodes, too.
    , $document
}

# Runs a program of Windows by its full path, with an empty input (it would take our lines) and a limit.
function Invoke-Program([string]$Path, [string[]]$Arguments, [int]$Seconds) {
    $start = New-Object Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $start.Arguments = @($Arguments | ForEach-Object { ConvertTo-Argument $_ }) -join ' '
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    try {
        $process.StandardInput.Close()
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit($Seconds * 1000)) {
            $process.Kill()
            throw "$([IO.Path]::GetFileName($Path)) did not end within $Seconds seconds"
        }
        @{ code = $process.ExitCode; output = $output.Result + $errors.Result }
    } finally { $process.Dispose() }
}

# One argument, as the C runtime takes it apart again. Quotes are in no name of a service, a pool or a site.
function ConvertTo-Argument([string]$Text) {
    if ($Text -match '["\x00-\x1f]') { throw "$Text cannot be an argument" }
    if ($Text -match '\A[A-Za-z0-9_.:=/\\-]+\z') { return $Text }
    '"' + $Text + ('\' * ($Text.Length - $Text.TrimEnd('\').Length)) + '"'
}

# Start types are read from the registry: Get-Service takes a delayed start for Automatic.
function Get-PlatformServices {
    $services = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
    $root = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey('SYSTEM\CurrentControlSet\Services')
    try {
        foreach ($found in Get-Service -ErrorAction SilentlyContinue) {
            $service = @{ name = $found.ServiceName; status = ConvertTo-Status "$($found.Status)"; startType = $null; dependsOn = @() }
            # Programs against viruses shut others out of the keys of their own services.
            $key = try { $root.OpenSubKey($found.ServiceName) } catch { $null }
            if ($null -ne $key) {
                try {
                    $service['startType'] = ConvertTo-StartType ($key.GetValue('Start')) ($key.GetValue('DelayedAutostart'))
                    $service['dependsOn'] = @($key.GetValue('DependOnService') | Where-Object { $_ })
                } finally { $key.Close() }
            }
            if ($null -eq $service['startType']) { $service['why'] = "the start type of the service $($found.ServiceName) is not known" }
            $services[$found.ServiceName] = $service
        }
    } finally { $root.Close() }
    $services
}

function ConvertTo-StartType($Start, $Delayed) {
    switch ($Start) {
        2 { if ($Delayed -eq 1) { return 'AutomaticDelayedStart' } else { return 'Automatic' } }
        3 { return 'Manual' }
        4 { return 'Disabled' }
    }
    $null
}

function ConvertTo-Status([string]$Status) {
    switch ($Status) {
        'ContinuePending' { return 'StartPending' }
        'PausePending' { return 'StopPending' }
    }
    $Status
}

function Get-PlatformServiceStatus([string]$Name) { ConvertTo-Status "$((Get-Service -Name $Name).Status)" }

# Through sc.exe: Set-Service of 5.1 does not know a delayed start, and the service control manager does not see what is
# written to the registry behind its back.
function Set-PlatformStartType([string]$Name, [string]$Type) {
    $words = @{ Automatic = 'auto'; AutomaticDelayedStart = 'delayed-auto'; Manual = 'demand'; Disabled = 'disabled' }
    if (-not $words.ContainsKey($Type)) { throw "there is no start type $Type" }
    Invoke-ServiceControl @('config', $Name, 'start=', $words[$Type])
}

# Only asks for it. Through sc.exe as well: Stop of the .NET Framework stops whatever depends on a service along with it.
function Set-PlatformService([string]$Name, [string]$Status) {
    Invoke-ServiceControl @($(if ($Status -ceq 'Running') { 'start' } else { 'stop' }), $Name)
}

function Invoke-ServiceControl([string[]]$Arguments) {
    $path = [IO.Path]::Combine((Get-SystemFolder), 'sc.exe')
    $code = (Invoke-Program $path $Arguments 60)['code']
    switch ($code) {
        0 { return }
        # Already started, not started: somebody was faster, and it is as it was asked for.
        1056 { return }
        1062 { return }
        5 { throw "$(Get-PlatformUser) has no right to do that" }
        1051 { throw 'it is needed by services that run' }
        1058 { throw 'it is disabled, or something that it needs is' }
        1060 { throw 'there is no such service' }
        1068 { throw 'a service that it needs did not start' }
        1072 { throw 'it is marked for deletion' }
    }
    throw "$((New-Object ComponentModel.Win32Exception $code).Message) (error $code)"
}

# Names to states. By appcmd, which is where IIS is, needs no module and is the same for every PowerShell.
function Get-PlatformPools {
    $pools = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
    $result = Invoke-AppCmd @('list', 'apppool', '/xml') 30
    $fault = Get-Objection $result
    if ($null -ne $fault) { throw "IIS does not list its pools: $fault" }
    foreach ($pool in (Read-Xml $result['output']).SelectNodes('/appcmd/APPPOOL')) {
        $pools[$pool.GetAttribute('APPPOOL.NAME')] = $pool.GetAttribute('state')
    }
    $pools
}

function Set-PlatformPool([string]$Name, [string]$State) {
    $verb = if ($State -ceq 'Started') { 'start' } else { 'stop' }
    $fault = Get-Objection (Invoke-AppCmd @($verb, 'apppool', "/apppool.name:$Name") 60)
    if ($null -ne $fault) { throw $fault }
}

function Invoke-AppCmd([string[]]$Arguments, [int]$Seconds) {
    $path = [IO.Path]::Combine((Get-InetFolder), 'appcmd.exe')
    if (-not [IO.File]::Exists($path)) { throw 'this server has no IIS' }
    Invoke-Program $path $Arguments $Seconds
}

function Get-FirstLines([string]$Text) {
    $lines = @($Text -split '[\r\n]+' | Where-Object { $_.Trim() -ne '' } | Select-Object -First 6)
    ($lines -join ' ').Trim()
}

# What IIS says against the configuration that a file is part of; nothing when it reads it. Before anybody's request does.
function Test-PlatformConfiguration([string]$Path) {
    $leaf = [IO.Path]::GetFileName($Path)
    if ($leaf -ne 'web.config' -and $leaf -ne 'applicationHost.config') { return $null }
    if ($leaf -eq 'applicationHost.config') { return Get-Objection (Invoke-AppCmd @('list', 'config') 30) }
    $listed = Invoke-AppCmd @('list', 'vdir', '/xml') 30
    $fault = Get-Objection $listed
    if ($null -ne $fault) { return $fault }
    foreach ($place in Get-VirtualPaths (Read-Xml $listed['output']) ([IO.Path]::GetDirectoryName($Path))) {
        $fault = Get-Objection (Invoke-AppCmd @('list', 'config', $place) 30)
        if ($null -ne $fault) { return $fault }
    }
    $null
}

function Get-Objection($Result) {
    if ($Result['code'] -eq 0 -and $Result['output'] -notmatch '\A\s*ERROR \(') { return $null }
    $words = Get-FirstLines $Result['output']
    if ($words) { $words } else { "appcmd ended with exit code $($Result['code'])" }
}

# Where a folder is served: as a virtual directory, or somewhere below one.
function Get-VirtualPaths([Xml.XmlDocument]$Directories, [string]$Folder) {
    foreach ($directory in $Directories.SelectNodes('/appcmd/VDIR')) {
        $physical = [Environment]::ExpandEnvironmentVariables($directory.GetAttribute('physicalPath')).TrimEnd('\')
        $rest = if ($Folder -eq $physical) { '' }
            elseif ($physical -ne '' -and $Folder.StartsWith($physical + '\', [StringComparison]::OrdinalIgnoreCase)) { $Folder.Substring($physical.Length) }
            else { continue }
        ($directory.GetAttribute('VDIR.NAME').TrimEnd('/') + $rest.Replace('\', '/')).TrimEnd('/')
    }
}

# The file version, in numbers without leading zeros; nothing for a file that is not there, empty for one that has none.
function Get-PlatformFileVersion([string]$Name, [string]$Path) {
    if (-not [IO.File]::Exists($Path)) {
        if ([IO.Directory]::Exists($Path)) { return '' }
        return $null
    }
    $info = [Diagnostics.FileVersionInfo]::GetVersionInfo($Path)
    if ([string]::IsNullOrEmpty($info.FileVersion)) { return '' }
    "$($info.FileMajorPart).$($info.FileMinorPart).$($info.FileBuildPart).$($info.FilePrivatePart)"
}

# --- Facts: what cannot be read is left out ---------------------------------------------------------------------------

$script:ExchangeKey = 'SOFTWARE\Microsoft\ExchangeServer\v15'

function Get-PlatformFacts {
    $facts = [ordered]@{ name = [Environment]::MachineName }
    foreach ($fact in 'roles', 'exchange', 'os', 'iis', 'urlRewrite', 'setup', 'maintenance', 'eems') {
        $value = try { Get-Fact $fact } catch { $null }
        if ($null -ne $value) { $facts[$fact] = $value }
    }
    # One item is no list to the pipeline that it came through.
    if ($facts.Contains('roles')) { $facts['roles'] = @($facts['roles']) }
    if ($facts['urlRewrite'] -ceq 'none') { $facts['urlRewrite'] = $null }
    $facts['environment'] = Get-FactEnvironment
    $facts
}

function Get-Fact([string]$Fact) {
    switch ($Fact) {
        'roles' { Get-FactRoles }
        'exchange' { Get-FactExchange }
        'os' { Get-FactSystem }
        'iis' { Get-FactIis }
        'urlRewrite' { Get-FactUrlRewrite }
        'setup' { Get-FactSetup }
        'maintenance' { Get-FactMaintenance }
        'eems' { Get-FactMitigations }
    }
}

# A value of a key of HKLM; nothing when either is not there.
function Get-RegistryValue([string]$Key, [string]$Name) {
    $opened = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Key)
    if ($null -eq $opened) { return $null }
    try { $opened.GetValue($Name) } finally { $opened.Close() }
}

function Test-RegistryKey([string]$Key) {
    $opened = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($Key)
    if ($null -eq $opened) { return $false }
    $opened.Close()
    $true
}

# From 2016 on the one role is Mailbox, and the keys of what used to be the others are still there.
function Get-FactRoles {
    $build = Get-FactExchange
    if ($null -eq $build) { return }
    if (Test-RegistryKey "$script:ExchangeKey\MailboxRole") { 'Mailbox' }
    if ($build.StartsWith('15.0.') -and ((Test-RegistryKey "$script:ExchangeKey\CafeRole") -or (Test-RegistryKey "$script:ExchangeKey\ClientAccessRole"))) { 'ClientAccess' }
    if (Test-RegistryKey "$script:ExchangeKey\EdgeTransportRole") { 'EdgeTransport' }
}

# Of ExSetup.exe: the only version that moves with security updates.
function Get-FactExchange {
    $folder = Get-RegistryValue "$script:ExchangeKey\Setup" 'MsiInstallPath'
    if (-not $folder) { return $null }
    $version = Get-PlatformFileVersion '' ([IO.Path]::Combine($folder, 'bin\ExSetup.exe'))
    if ($version) { $version }
}

# [Environment]::OSVersion says 6.2 to programs that do not say which Windows they know.
function Get-FactSystem {
    $key = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $major = Get-RegistryValue $key 'CurrentMajorVersionNumber'
    $minor = Get-RegistryValue $key 'CurrentMinorVersionNumber'
    $version = if ($null -ne $major) { $major, $minor } else { Get-RegistryValue $key 'CurrentVersion' }
    $parts = @($version) + @(Get-RegistryValue $key 'CurrentBuildNumber') + @(Get-RegistryValue $key 'UBR')
    @($parts | Where-Object { $null -ne $_ }) -join '.'
}

function Get-FactIis {
    $major = Get-RegistryValue 'SOFTWARE\Microsoft\InetStp' 'MajorVersion'
    if ($null -eq $major) { return $null }
    "$major.$(Get-RegistryValue 'SOFTWARE\Microsoft\InetStp' 'MinorVersion')"
}

function Get-FactUrlRewrite {
    $version = Get-PlatformFileVersion '' ([IO.Path]::Combine((Get-InetFolder), 'rewrite.dll'))
    if ($null -eq $version) { return 'none' }
    if ($version -ne '') { $version }
}

# Running: a cumulative update by its own programs, a security update by the name of its package. Incomplete: Setup leaves
# the step at which it stopped with the role.
function Get-FactSetup {
    if (Get-Process -Name 'ExSetup', 'ExSetupUI', 'Exchange*-KB*' -ErrorAction SilentlyContinue) { return 'running' }
    $root = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($script:ExchangeKey)
    if ($null -eq $root) { return $null }
    try { $roles = $root.GetSubKeyNames() } finally { $root.Close() }
    foreach ($role in $roles) {
        foreach ($mark in 'Watermark', 'Action') {
            if (Get-RegistryValue "$script:ExchangeKey\$role" $mark) { return 'incomplete' }
        }
    }
    'idle'
}

# One value for each who asked for it: version, state (1: active) and time. One of them is enough.
function Get-FactMaintenance {
    if (-not (Test-RegistryKey $script:ExchangeKey)) { return $null }
    $key = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey("$script:ExchangeKey\ServerComponentStates\ServerWideOffline")
    if ($null -eq $key) { return $false }
    try {
        foreach ($requester in $key.GetValueNames()) {
            if ([string]$key.GetValue($requester) -match '\A1:(\d+):' -and $Matches[1] -ne '1') { return $true }
        }
    } finally { $key.Close() }
    $false
}

# Its switches and lists are only said by the cmdlets of Exchange, which take many seconds to load: they are asked beside the
# looks, every quarter of an hour, and unknown until they have answered. The snap-in is one of Windows PowerShell.
$script:Mitigations = @{ shell = $null; task = $null; asked = $null; said = @{} }

function Get-FactMitigations {
    $facts = [ordered]@{ installed = Test-RegistryKey 'SYSTEM\CurrentControlSet\Services\MSExchangeMitigation' }
    if (-not $facts['installed'] -or "$($PSVersionTable.PSEdition)" -ne 'Desktop') { return $facts }
    $state = $script:Mitigations
    if ($null -ne $state['task'] -and $state['task'].IsCompleted) { Receive-Mitigations $state }
    $due = $null -eq $state['asked'] -or $state['asked'].Elapsed.TotalMinutes -ge 15
    if ($null -eq $state['task'] -and $due) { Request-Mitigations $state }
    foreach ($key in 'enabled', 'applied', 'blocked') {
        if ($state['said'].ContainsKey($key)) { $facts[$key] = $state['said'][$key] }
    }
    $facts
}

function Request-Mitigations($State) {
    $shell = [PowerShell]::Create()
    [void]$shell.AddCommand('Add-PSSnapin').AddParameter('Name', 'Microsoft.Exchange.Management.PowerShell.SnapIn')
    [void]$shell.AddStatement().AddCommand('Get-ExchangeServer').AddParameter('Identity', [Environment]::MachineName)
    [void]$shell.AddStatement().AddCommand('Get-OrganizationConfig')
    $State['shell'] = $shell
    $State['asked'] = [Diagnostics.Stopwatch]::StartNew()
    $State['task'] = $shell.BeginInvoke()
}

function Receive-Mitigations($State) {
    $State['said'] = @{}
    try {
        $found = @($State['shell'].EndInvoke($State['task']))
        if ($found.Count -eq 2) {
            $State['said']['enabled'] = [bool]$found[0].MitigationsEnabled -and [bool]$found[1].MitigationsEnabled
            $State['said']['applied'] = @($found[0].MitigationsApplied | ForEach-Object { "$_" })
            $State['said']['blocked'] = @($found[0].MitigationsBlocked | ForEach-Object { "$_" })
        }
    } catch { $State['said'] = @{} }
    finally {
        $State['shell'].Dispose()
        $State['task'] = $null
    }
}

# What paths in the configuration are written with.
function Get-FactEnvironment {
    $environment = [ordered]@{}
    foreach ($name in 'SystemDrive', 'SystemRoot', 'windir', 'ExchangeInstallPath', 'ProgramData', 'ALLUSERSPROFILE',
        'ProgramFiles', 'ProgramFiles(x86)', 'CommonProgramFiles') {
        $value = Get-PlatformVariable $name
        if ($value) { $environment[$name.ToLowerInvariant()] = $value }
    }
    $environment
}

# The source is registered by the MSI, or by hand; without it Windows would take the event for one of another program.
function Write-PlatformEvent([int]$Id, [string]$Level, [string]$Message) {
    if (-not (Test-RegistryKey 'SYSTEM\CurrentControlSet\Services\EventLog\Application\Stopgap')) {
        throw 'the event source Stopgap is not registered on this server'
    }
    [Diagnostics.EventLog]::WriteEntry('Stopgap', $Message, [Diagnostics.EventLogEntryType]$Level, $Id)
}

$null = Start-Agent
