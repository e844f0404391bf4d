import { createInterface } from 'node:readline/promises'
import { Command, CommanderError, Option } from 'commander'
import type { Console } from './commands/context.ts'
import type { Flag, Given, Row } from './commands/table/row.ts'
import { COMMANDS, GROUPS } from './commands/table/table.ts'
import { asStopgapError } from './errors/error.ts'
import { colours, plain } from './reporters/text/paint.ts'
import { troubleText } from './reporters/text/trouble.ts'
import { monotonic } from './util/clock.ts'
import { VERSION } from './version.ts'

const controller = new AbortController()
const console = consoleOf(controller.signal)

/** Runs one command line; the exit code is what the process ends with. */
export async function main(argv: readonly string[]): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name))
  stopWithInput()
  // A reader that has seen enough (head, less) closes the pipe; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  try {
    const program = programOf()
    requireKnown(program, argv)
    await program.parseAsync(argv, { from: 'user' })
  } catch (thrown) {
    process.exitCode = failed(thrown)
  }
}

// Commander would answer `override --help` with the help of the whole, as if there were such a command.
function requireKnown(program: Command, argv: readonly string[]): void {
  const [name = '-'] = argv
  if (name.startsWith('-') || name === 'help' || !argv.some((word) => word === '--help' || word === '-h'))
    return
  if (!program.commands.some((command) => command.name() === name)) {
    program.error(`error: unknown command '${name}'`)
  }
}

/** Windows has no SIGTERM: whoever keeps us as a service there says so, and closes our input when we are to stop. */
function stopWithInput(): void {
  if (process.env['STOPGAP_STOP'] !== 'input-end') return
  for (const end of ['end', 'error'] as const) process.stdin.on(end, () => stop('SIGTERM'))
  // What it starts is kept by nobody else.
  delete process.env['STOPGAP_STOP']
  process.stdin.resume()
  // Nobody waits for it where the daemon could not even begin.
  process.stdin.unref?.()
}

/** One Ctrl-C arrives twice where npm or our launcher hands it on as well as the terminal. */
const SAME_PRESS_MS = 500
let stoppedAt = 0

function stop(name: NodeJS.Signals): void {
  if (controller.signal.aborted) {
    // The second time somebody means it.
    if (monotonic() - stoppedAt > SAME_PRESS_MS) process.exit(130)
    return
  }
  stoppedAt = monotonic()
  controller.abort(new Error(name))
}

function failed(thrown: unknown): number {
  // Commander has said what was wrong; help and version are no errors.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 3
  if (controller.signal.aborted) return 130
  const error = asStopgapError(thrown)
  console.tell(troubleText(error, console.paintError))
  if (error.code === 'BUG' && error.cause instanceof Error && error.cause.stack)
    console.tell(error.cause.stack)
  return error.exit
}

function consoleOf(signal: AbortSignal): Console {
  const isTerminal = process.stdout.isTTY === true
  // As no-color.org has it: an empty one says nothing.
  const coloured = !process.env['NO_COLOR']
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    tell: (text) => void process.stderr.write(`${text}\n`),
    ask: isTerminal && process.stdin.isTTY === true ? (question) => ask(question, signal) : null,
    paint: isTerminal && coloured ? colours : plain,
    paintError: process.stderr.isTTY === true && coloured ? colours : plain,
    input: () => process.stdin.setEncoding('utf8'),
    isTerminal,
    signal,
  }
}

async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  // While it asks, the terminal sends Ctrl-C as a key and no signal.
  terminal.on('SIGINT', () => stop('SIGINT'))
  // Whoever ends the input (Ctrl-D) has not said yes.
  const over = new Promise<string>((resolve) => terminal.on('close', () => resolve('')))
  try {
    const answer = terminal.question(`${question} [y/N] `, { signal })
    return /^y(es)?$/i.test((await Promise.race([answer, over])).trim())
  } finally {
    terminal.close()
  }
}

function programOf(): Command {
  const program = new Command('stopgap')
    .description('GitOps for emergency mitigations on Exchange Server')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(stopgap --help lists the commands)')
  for (const row of COMMANDS) addCommand(program, row)
  return program
}

/** `server create <dir>` is the command `create <dir>` of the group `server`. */
function addCommand(program: Command, { usage, description, flags, run }: Row): void {
  const words = usage.split(' ')
  const [group = ''] = words
  const grouped = Object.hasOwn(GROUPS, group)
  const command = (grouped ? groupOf(program, group) : program)
    .command((grouped ? words.slice(1) : words).join(' '))
    .description(description)
  for (const flag of flags) command.addOption(optionOf(flag))
  command.action(async (...given: readonly unknown[]) => {
    // Commander gives the arguments one by one, then the flags, then the command itself.
    const args = given.slice(0, -2) as readonly (string | undefined)[]
    process.exitCode = await run(args, given.at(-2) as Given, console)
  })
}

function groupOf(program: Command, name: string): Command {
  const made = program.commands.find((command) => command.name() === name)
  return made ?? program.command(name).description(GROUPS[name] ?? '')
}

function optionOf({ flags, description, repeatable, required, otherwise }: Flag): Option {
  const option = new Option(flags, description).default(otherwise)
  if (required) option.makeOptionMandatory()
  return repeatable ? option.argParser(collect) : option
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}
