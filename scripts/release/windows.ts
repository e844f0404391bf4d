// Makes the release for Windows, on Linux: node scripts/release/windows.ts OUT [TOOLS]. The tools come from the npm registry and
// are kept in TOOLS, by default OUT/tools; wixl and the compiler come from the distribution.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { VERSION } from '../../reconciler/version.ts'
import { bundle } from './bundle.ts'
import { makeExecutable, makeWrapper } from './executable.ts'
import { makeInstaller } from './installer.ts'
import { toolsIn } from './tools.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What lies beside the executable, by the same paths as in the package. */
const BESIDE = ['mitigations', 'policies', 'traffic', 'LICENSE', 'CHANGELOG.md']

/** Makes OUT/Stopgap, the folder as it is installed, and the MSI; gives their paths. */
export function makeRelease(out: string, tools: string): { readonly folder: string; readonly msi: string } {
  const scratch = mkdtempSync(join(tmpdir(), 'stopgap-release-'))
  try {
    const folder = join(out, 'Stopgap')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const name of BESIDE) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
    const agent = 'targets/windows/agent.ps1'
    mkdirSync(dirname(join(folder, 'dist', agent)), { recursive: true })
    copyFileSync(join(ROOT, 'reconciler', agent), join(folder, 'dist', agent))
    const made = toolsIn(tools)
    makeExecutable(bundle(ROOT, scratch, made), join(folder, 'stopgap.exe'), scratch, made)
    makeWrapper(ROOT, join(folder, 'stopgap-service.exe'))
    const msi = join(out, `stopgap-${VERSION}-x64.msi`)
    makeInstaller(folder, VERSION, msi, scratch)
    return { folder, msi }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [out, tools] = process.argv.slice(2).map((path) => resolve(path))
  if (out === undefined) {
    process.stderr.write('usage: node scripts/release/windows.ts OUT [TOOLS]\n')
    process.exitCode = 3
  } else {
    const { folder, msi } = makeRelease(out, tools ?? join(out, 'tools'))
    process.stdout.write(`${folder}\n${msi}\n`)
  }
}
