import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, type Tools } from './tools.ts'

/** By which Node finds what was put into it; a constant of Node. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** Puts a bundle into the Node for Windows. */
export function makeExecutable(bundle: string, out: string, scratch: string, tools: Tools): void {
  const { node, nodeForWindows, postject } = tools
  const blob = join(scratch, 'stopgap.blob')
  // Neither cached code nor a snapshot: both would be those of this system.
  const sea = { main: bundle, output: blob, disableExperimentalSEAWarning: true, useCodeCache: false }
  writeFileSync(join(scratch, 'sea.json'), JSON.stringify(sea))
  run(node, ['--experimental-sea-config', 'sea.json'], scratch)
  copyFileSync(nodeForWindows, out)
  run(node, [postject, out, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE], scratch)
}

/** Compiles what speaks to the service control manager. */
export function makeWrapper(root: string, out: string): void {
  const options = ['-O2', '-Wall', '-Wextra', '-Werror', '-municode', '-static', '-s']
  run('x86_64-w64-mingw32-gcc', [...options, '-o', out, 'scripts/release/service.c', '-ladvapi32'], root)
}
