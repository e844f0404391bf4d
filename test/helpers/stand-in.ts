import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from '../../reconciler/model/target.ts'
import { processTransport } from '../../reconciler/targets/windows/local.ts'
import { LIMITS, type Limits } from '../../reconciler/targets/windows/session.ts'
import { windowsTarget } from '../../reconciler/targets/windows/target.ts'

/** The stand-in is its own program, and only looks whether it was sent one. */
export const PROGRAM = () => Promise.resolve(Buffer.from('stand-in').toString('base64'))

/** The stand-in for PowerShell (a program for Node), with the folder of an embedded server as its server. */
export function standIn(dir: string): readonly string[] {
  return [process.execPath, '--no-warnings', join(import.meta.dirname, 'windows-agent.ts'), dir]
}

/** The environment of `windows-agent.ts`: `env` starts it with these variables, on systems that have it. */
export function standInWith(dir: string, variables: { readonly [name: string]: string }): readonly string[] {
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  return ['env', ...settings, ...standIn(dir)]
}

/** A Windows server whose PowerShell is the stand-in. */
export function standInTarget(
  dir: string,
  variables: { readonly [name: string]: string } = {},
  limits: Partial<Limits> = {},
): Target {
  const transport = processTransport('ex01', standInWith(dir, variables))
  return windowsTarget({ name: 'ex01', transport, program: PROGRAM, limits: { ...LIMITS, ...limits } })
}

/** What the stand-in was asked so far, one word a request. */
export async function requestsIn(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}
