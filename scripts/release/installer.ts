import { readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from './tools.ts'

/** The same for ever: by it Windows knows that an MSI replaces another. */
const UPGRADE_CODE = '6E1B0C0A-0F0B-4E0B-9C86-3F4D3B0B7A51'

const WRAPPER = 'stopgap-service.exe'

/** Makes an MSI of a folder: its files into Program Files, the wrapper as a service. The service is not started yet. */
export function makeInstaller(folder: string, version: string, out: string, scratch: string): void {
  const file = join(scratch, 'stopgap.wxs')
  // wixl takes paths from where its file lies, and no others.
  writeFileSync(file, installerText(folder, version, scratch))
  run('wixl', ['-a', 'x64', '-o', out, file], scratch)
}

/** What wixl reads, in a file of the folder `from`. */
export function installerText(folder: string, version: string, from: string): string {
  const components: string[] = []
  const tree = directory(folder, 'INSTALLFOLDER', { from, components })
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="*" Name="Stopgap" Version="${version}" Language="1033" Manufacturer="Stopgap" UpgradeCode="${UPGRADE_CODE}">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine"
      Comments="GitOps for emergency mitigations on Exchange Server"/>
    <MajorUpgrade DowngradeErrorMessage="A newer version of Stopgap is installed."/>
    <Media Id="1" Cabinet="stopgap.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="ProgramFiles64Folder">
        <Directory Id="INSTALLFOLDER" Name="Stopgap">
${tree}
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="Everything" Level="1">
${components.map((id) => `      <ComponentRef Id="${id}"/>`).join('\n')}
    </Feature>
  </Product>
</Wix>
`
}

/** One component per file, as Windows wants it; their ids are gathered. */
function directory(
  folder: string,
  id: string,
  all: { readonly from: string; readonly components: string[] },
): string {
  const lines: string[] = []
  const entries = readdirSync(folder, { withFileTypes: true })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      const inner = `${id}.${identifier(entry.name)}`
      lines.push(
        `<Directory Id="${inner}" Name="${entry.name}">`,
        directory(path, inner, all),
        '</Directory>',
      )
      continue
    }
    const component = `${id}.${identifier(entry.name)}`
    all.components.push(component)
    lines.push(
      `<Component Id="${component}" Guid="*" Win64="yes">`,
      `<File Id="${component}.file" Source="${relative(all.from, path)}" KeyPath="yes"/>`,
      ...(entry.name === WRAPPER ? [SERVICE, EVENT_SOURCE] : []),
      '</Component>',
    )
  }
  return lines.join('\n')
}

const SERVICE = `<ServiceInstall Id="Service" Name="Stopgap" DisplayName="Stopgap"
  Description="Keeps emergency mitigations on this Exchange server as a git repository says."
  Type="ownProcess" Start="auto" ErrorControl="normal" Vital="yes"/>
<ServiceControl Id="Control" Name="Stopgap" Stop="both" Remove="uninstall" Wait="yes"/>`

// As New-EventLog does: without it the program on the server has no right to write, and Windows would not know the words.
const EVENT_SOURCE = [
  [
    'EventMessageFile',
    'string',
    '[WindowsFolder]Microsoft.NET\\Framework64\\v4.0.30319\\EventLogMessages.dll',
  ],
  ['TypesSupported', 'integer', '7'],
]
  .map(
    ([name, type, value]) =>
      `<RegistryValue Root="HKLM" Key="SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Stopgap" Name="${name}" Type="${type}" Value="${value}"/>`,
  )
  .join('\n')

function identifier(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_.]/g, '_')
}
