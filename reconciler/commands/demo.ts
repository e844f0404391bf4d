import type { Console } from './context.ts'

export interface DemoFlags {
  readonly dir: string
  readonly listen?: string
}

export async function demo(_flags: DemoFlags, _console: Console): Promise<number> {
  return 0
}
