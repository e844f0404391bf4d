/** One instruction of a Dockerfile. `args` is the rest of the line, continued lines joined. */
export interface Instruction {
  readonly name: string
  readonly args: string
  /** Name of its stage, or its number. */
  readonly stage: string
}

/** The instructions of a Dockerfile, in order. */
export function instructionsOf(text: string): readonly Instruction[] {
  let stage = ''
  let count = 0
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', args = ''] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? []
      if (name.toUpperCase() === 'FROM') stage = / AS (\S+)$/i.exec(args)?.[1] ?? String(count++)
      return { name: name.toUpperCase(), args, stage }
    })
}

/** A COPY: the stage it takes from (null: the folder that is built), what, and where to. */
export function copyOf({ args }: Instruction): {
  readonly from: string | null
  readonly sources: readonly string[]
  readonly target: string
} {
  const words = args.split(/\s+/)
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? null
  const paths = words.filter((word) => !word.startsWith('--'))
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' }
}
