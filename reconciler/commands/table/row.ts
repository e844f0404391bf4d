import type { Console } from '../context.ts'

/** One flag of a command. */
export interface Flag {
  /** As commander writes it: `--json`, `-H, --header <header>`. */
  readonly flags: string
  readonly description: string
  /** Each time it is given, its value joins the others. */
  readonly repeatable?: true
  readonly required?: true
  readonly otherwise?: string
}

/**
 * Values of the flags that were given, by their long names in camel case; a repeatable one has a list. What they are is
 * known only to the rows that name them, so to everybody else they are nothing.
 */
export type Given = never

/** A command and what it does. What it needs is imported only when it runs. */
export interface Row {
  /** Its words and arguments: `server create <dir>`. */
  readonly usage: string
  readonly description: string
  readonly flags: readonly Flag[]
  /** An argument that was not given is undefined. Gives the exit code. */
  run(args: readonly (string | undefined)[], given: Given, console: Console): Promise<number>
}

export const JSON_FLAG: Flag = { flags: '--json', description: 'print JSON' }

export const MITIGATION: Flag = {
  flags: '--mitigation <name>',
  description: 'only this mitigation; repeatable',
  repeatable: true,
}

/** Flags of every command that knows servers and a source. */
export const COMMON: readonly Flag[] = [
  { flags: '--config <file>', description: 'configuration (default: ./stopgap.yaml)' },
  { flags: '--source <dir-or-url>', description: 'where policy comes from: a folder or a git URL' },
  { flags: '--ref <ref>', description: 'the ref that is followed (default: refs/heads/main)' },
  { flags: '--server <dir>', description: 'an embedded server; repeatable', repeatable: true },
  { flags: '--state <dir>', description: 'the state folder (default: ./state)' },
  JSON_FLAG,
]

export const ONLY: Flag = {
  flags: '--only <server>',
  description: 'only this server; repeatable',
  repeatable: true,
}

/** The same with filters. */
export const FILTERED: readonly Flag[] = [...COMMON, ONLY, MITIGATION]
