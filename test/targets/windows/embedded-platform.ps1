# In place of what only Windows has: the folder of an embedded server, named by STOPGAP_EMBEDDED. PowerShell 7 only.
# It stands behind the program's own functions, before the last line, which starts it.

$script:Folder = $env:STOPGAP_EMBEDDED
$script:Variables = @{
    systemdrive = 'C:'; systemroot = 'C:\Windows'; windir = 'C:\Windows'
    exchangeinstallpath = 'C:\Program Files\Microsoft\Exchange Server\V15\'
    programdata = 'C:\ProgramData'; allusersprofile = 'C:\ProgramData'
    programfiles = 'C:\Program Files'; 'programfiles(x86)' = 'C:\Program Files (x86)'
    commonprogramfiles = 'C:\Program Files\Common Files'
}

function Get-PlatformVariable([string]$Name) { $script:Variables[$Name] }
function Get-PlatformUser { "CONTOSO\$([Environment]::UserName)" }
function Get-PlatformRefusal { $null }
function Test-PlatformElevated { $true }
function Test-PlatformUniversalCrt { $true }
function Get-PlatformNames { @('ex01', 'ex01.contoso.example') }
function New-PlatformFolder([string]$Folder) { [void][IO.Directory]::CreateDirectory($Folder) }
function Write-PlatformEvent([int]$Id, [string]$Level, [string]$Message) { throw 'the event source Stopgap is not registered on this server' }

# Part by part without case, as Windows finds it.
function Get-PlatformPath([string]$Drive, [string[]]$Parts) {
    $path = Find-Entry $script:Folder $Drive
    if (-not [IO.Directory]::Exists($path)) { throw "this server has no drive ${Drive}:" }
    foreach ($part in $Parts) { $path = Find-Entry $path $part }
    $path
}

function Find-Entry([string]$Folder, [string]$Name) {
    $exact = [IO.Path]::Combine($Folder, $Name)
    if ([IO.Path]::Exists($exact) -or -not [IO.Directory]::Exists($Folder)) { return $exact }
    foreach ($entry in [IO.Directory]::GetFileSystemEntries($Folder)) {
        if ([IO.Path]::GetFileName($entry) -eq $Name) { return $entry }
    }
    $exact
}

# Replace keeps the permissions on Windows only.
function Move-PlatformFile([string]$From, [string]$Path, [string]$Backup) {
    [IO.File]::SetUnixFileMode($From, [IO.File]::GetUnixFileMode($Path))
    [IO.File]::Replace($From, $Path, $Backup)
}

function Read-Server { [IO.File]::ReadAllText("$script:Folder/server.json") | ConvertFrom-Json -AsHashtable }

function Write-Server($Root) {
    $temporary = "$script:Folder/.stopgap-$([Guid]::NewGuid().ToString('N').Substring(0, 12)).tmp"
    [IO.File]::WriteAllText($temporary, (ConvertTo-Json -InputObject $Root -Depth 20))
    [IO.File]::Move($temporary, "$script:Folder/server.json", $true)
}

# A table without case, as PowerShell's own are; those out of JSON are not.
function ConvertTo-Caseless($Table) {
    $found = @{}
    foreach ($key in $Table.Keys) { $found[$key] = @{ key = $key; value = $Table[$key] } }
    $found
}

function Get-PlatformServices {
    $services = New-Object Collections.Hashtable ([StringComparer]::OrdinalIgnoreCase)
    $table = (Read-Server)['services']
    foreach ($name in $table.Keys) {
        $entry = $table[$name]
        $services[$name] = @{ name = $name; startType = $entry['startType']; status = $entry['status']; dependsOn = @($entry['dependsOn'] | Where-Object { $_ }) }
    }
    $services
}

function Get-PlatformServiceStatus([string]$Name) { (ConvertTo-Caseless (Read-Server)['services'])[$Name]['value']['status'] }

function Set-PlatformStartType([string]$Name, [string]$Type) {
    $root = Read-Server
    $root['services'][$Name]['startType'] = $Type
    Write-Server $root
}

function Set-PlatformService([string]$Name, [string]$Status) {
    $root = Read-Server
    if ($Status -ceq 'Running') { Start-Needed $root $Name } else { $root['services'][$Name]['status'] = $Status }
    Write-Server $root
}

# Starting a service starts what it needs, as the service control manager does.
function Start-Needed($Root, [string]$Name) {
    $entry = (ConvertTo-Caseless $Root['services'])[$Name]['value']
    if ($entry['startType'] -ceq 'Disabled') { throw 'it is disabled, or something that it needs is' }
    foreach ($needed in $entry['dependsOn']) { Start-Needed $Root $needed }
    $entry['status'] = 'Running'
}

# A pool that only the configuration has runs unless it is not to start by itself.
function Get-PlatformPools {
    $pools = New-Object Collections.Hashtable ([StringComparer]::OrdinalIgnoreCase)
    $path = Get-PlatformPath 'C' @('Windows', 'System32', 'inetsrv', 'config', 'applicationHost.config')
    foreach ($pool in (Read-Xml ([IO.File]::ReadAllText($path))).SelectNodes('/configuration/system.applicationHost/applicationPools/add')) {
        $pools[$pool.GetAttribute('name')] = if ($pool.GetAttribute('autoStart') -eq 'false') { 'Stopped' } else { 'Started' }
    }
    $table = (Read-Server)['appPools']
    foreach ($name in $table.Keys) { $pools[$name] = $table[$name]['state'] }
    $pools
}

function Set-PlatformPool([string]$Name, [string]$State) {
    $root = Read-Server
    if ($null -eq $root['appPools']) { $root['appPools'] = @{} }
    $root['appPools'][$Name] = @{ state = $State }
    Write-Server $root
}

function Get-PlatformFileVersion([string]$Name, [string]$Path) {
    $found = (ConvertTo-Caseless (Read-Server)['fileVersions'])[$Name]
    if ($null -ne $found) { $found['value'] }
}

function Get-PlatformRedirection {
    $path = Get-PlatformPath 'C' @('Windows', 'System32', 'inetsrv', 'config', 'redirection.config')
    if (-not [IO.File]::Exists($path)) { return $null }
    $element = (Read-Xml ([IO.File]::ReadAllText($path))).SelectSingleNode('/configuration/configurationRedirection')
    if ($null -ne $element -and $element.GetAttribute('enabled') -eq 'true') { $element.GetAttribute('path') }
}

# Says no where a test asks for it.
function Test-PlatformConfiguration([string]$Path) {
    if ([IO.File]::Exists($Path) -and [IO.File]::ReadAllText($Path).Contains('refused-by-iis')) { "Unrecognized element 'refused-by-iis'" }
}

function Get-PlatformFacts {
    $root = Read-Server
    $facts = [ordered]@{ name = $root['name'] }
    foreach ($fact in $root['facts'].Keys) { $facts[$fact] = $root['facts'][$fact] }
    $facts['environment'] = [ordered]@{}
    foreach ($name in $script:Variables.Keys | Sort-Object) { $facts['environment'][$name] = $script:Variables[$name] }
    $facts
}
