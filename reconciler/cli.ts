import { createInterface } from 'node:readline/promises'
import { Command, CommanderError, Option } from 'commander'
import type { CommonFlags, Console } from './commands/context.ts'
import type { LintFlags } from './commands/lint.ts'
import type { RequestFlags } from './commands/request.ts'
import type { TestFlags } from './commands/test.ts'
import { asStopgapError } from './errors/error.ts'
import { colours, plain } from './reporters/text/paint.ts'
import { troubleText } from './reporters/text/trouble.ts'
import { monotonic } from './util/clock.ts'
import { VERSION } from './version.ts'

type Answer = Promise<number>

const controller = new AbortController()
const console = consoleOf(controller.signal)

/** Runs one command line; the exit code is what the process ends with. */
export async function main(argv: readonly string[]): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop(name))
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
  addReading(program)
  addWriting(program)
  addKeeping(program)
  addServer(program)
  return program
}

function addReading(program: Command): void {
  program
    .command('validate [dir]')
    .description('check a policy folder (default: the current one); lists every fault and warning')
    .option('--json', 'print JSON')
    .action((dir: string | undefined, flags: CommonFlags) =>
      answer(import('./commands/validate.ts').then(({ validate }) => validate(dir ?? '.', flags, console))),
    )
  program
    .command('test [dir]')
    .description('run the request tests of mitigations, and every rule against ordinary Exchange traffic')
    .addOption(new Option('--mitigation <name>', 'only this mitigation; repeatable').argParser(collect))
    .option('--junit <file>', 'write the results as JUnit does')
    .option('--sarif <file>', 'write what failed for a code review, as SARIF')
    .option('--json', 'print JSON')
    .action((dir: string | undefined, flags: TestFlags) =>
      answer(import('./commands/test.ts').then(({ test }) => test(dir ?? '.', flags, console))),
    )
  program
    .command('lint [dir]')
    .description('what a reviewer cannot see: ways around rules, certain outages, rules without effect')
    .addOption(new Option('--mitigation <name>', 'only this mitigation; repeatable').argParser(collect))
    .option('--sarif <file>', 'write the findings for a code review, as SARIF')
    .option('--json', 'print JSON')
    .action((dir: string | undefined, flags: LintFlags) =>
      answer(import('./commands/lint.ts').then(({ lint }) => lint(dir ?? '.', flags, console))),
    )
  addRequest(program)
  filtered(common(program.command('plan')))
    .description('what would change on each server and why; writes nothing there')
    .action((flags: CommonFlags) =>
      answer(import('./commands/plan.ts').then(({ plan }) => plan(flags, console))),
    )
  filtered(common(program.command('status')))
    .description('what the last pass found, and how old that is; touches neither source nor servers')
    .option('--csv', 'print Server,ID,Type,Description,Status as Get-Mitigations.ps1 does')
    .action((flags: CommonFlags) =>
      answer(import('./commands/status.ts').then(({ status }) => status(flags, console))),
    )
  common(program.command('explain <server> <mitigation>'))
    .description('the whole decision: each question with its answer, file and line')
    .action((server: string, mitigation: string, flags: CommonFlags) =>
      answer(
        import('./commands/explain.ts').then(({ explain }) => explain(server, mitigation, flags, console)),
      ),
    )
  filtered(common(program.command('log')))
    .description('the journal in words')
    .option('--since <time>', 'only what happened in this time, such as 12h')
    .action((flags: CommonFlags) =>
      answer(import('./commands/log.ts').then(({ log }) => log(flags, console))),
    )
}

function addRequest(program: Command): void {
  program
    .command('request [method] [url]')
    .description('try a request against a configuration: which rules match, and what happens')
    .addOption(new Option('-H, --header <header>', "'Name: value'; repeatable").argParser(collect))
    .addOption(new Option('--mitigation <name>', 'with this mitigation on it; repeatable').argParser(collect))
    .option('--source <dir>', 'the folder that has the mitigation (default: this one, else the shipped)')
    .option('--server <dir>', 'an embedded server as it is; without it, a fresh Exchange server')
    .option('--config <file>', 'with this file as a web.config')
    .option('--at <path>', 'the site path whose web.config it is (default: Default Web Site)')
    .option('--batch', 'one request with its configuration a line, as JSON; one answer a line')
    .option('--json', 'print JSON')
    .action((method: string | undefined, url: string | undefined, flags: RequestFlags) =>
      answer(
        import('./commands/request.ts').then(({ request }) =>
          request(
            [method, url].filter((word) => word !== undefined),
            flags,
            console,
            process.stdin.setEncoding('utf8'),
          ),
        ),
      ),
    )
}

function addWriting(program: Command): void {
  filtered(common(program.command('apply')))
    .description('converge once; on a terminal it shows the plan and asks')
    .option('-y, --yes', 'do not ask')
    .option('--plan <id>', 'exactly the plan with this id (of a server, or of the whole run), or nothing')
    .option('--take-over <server>', 'take over a server whose record belongs to another instance', collect)
    .action((flags: CommonFlags) =>
      answer(import('./commands/apply.ts').then(({ apply }) => apply(flags, console))),
    )
  common(program.command('run'))
    .description('the daemon: watches the source, converges, serves HTTP')
    .option('--listen <host:port>', 'address of the HTTP endpoints; port 0 takes a free one')
    .action((flags: CommonFlags) =>
      answer(import('./commands/run.ts').then(({ run }) => run(flags, console))),
    )
  program
    .command('demo')
    .description('all of it at once on this machine, in a folder of its own')
    .option('--dir <dir>', 'the folder', 'stopgap-demo')
    .option('--listen <host:port>', 'address of the HTTP endpoints; port 0 takes a free one')
    .action((flags: { dir: string; listen?: string }) =>
      answer(import('./commands/demo.ts').then(({ demo }) => demo(flags, console))),
    )
}

function addKeeping(program: Command): void {
  common(program.command('allow <id>'))
    .description('release what a plan holds (limit, unprotects, expired, fight); works beside the daemon')
    .action((id: string, flags: CommonFlags) =>
      answer(import('./commands/allow.ts').then(({ allow }) => allow(id, flags, console))),
    )
  common(program.command('accept <revision>'))
    .description('take a revision although history was rewound; works beside the daemon')
    .action((revision: string, flags: CommonFlags) =>
      answer(import('./commands/accept.ts').then(({ accept }) => accept(revision, flags, console))),
    )
}

function addServer(program: Command): void {
  const server = program.command('server').description('embedded servers: folders that behave like a server')
  server
    .command('create <dir>')
    .description('make an embedded server')
    .option('--name <name>', 'its name (default: that of the folder)')
    .requiredOption('--exchange <build>', 'its Exchange build, such as 15.2.1118.7')
    .option('--role <role>', 'Mailbox (default), ClientAccess or EdgeTransport; repeatable', collect)
    .option('--without <part>', 'url-rewrite; repeatable', collect)
    .option(
      '--with <part>',
      'eems-m1, eems-m2, second-site, shared-config, foreign-rules; repeatable',
      collect,
    )
    .option('--json', 'print JSON')
    .action((dir: string, flags: Record<string, string | string[]>) =>
      answer(
        import('./commands/server.ts').then(({ create, createOptions }) =>
          create(createOptions(dir, flags), flags, console),
        ),
      ),
    )
  server
    .command('update <dir>')
    .description('as an Exchange update would')
    .option('--exchange <build>', 'the build that is installed')
    .option('--cu', 'a cumulative update: every web.config of Exchange is written anew')
    .option('--during', 'leave Setup running')
    .option('--json', 'print JSON')
    .action((dir: string, flags: { exchange?: string; cu?: boolean; during?: boolean; json?: boolean }) =>
      answer(import('./commands/server.ts').then(({ update }) => update({ dir, ...flags }, flags, console))),
    )
  addServe(server)
}

function addServe(server: Command): void {
  server
    .command('serve <dir>')
    .description(
      "answer HTTP as the server's configuration would, on this machine only; prints an access log",
    )
    .option('--listen <host:port>', 'a loopback address; port 0 takes a free one', '127.0.0.1:8080')
    .option('--json', 'print the address and each request as a line of JSON')
    .action((dir: string, flags: { listen: string; json?: boolean }) =>
      answer(import('./commands/serve.ts').then(({ serve }) => serve(dir, flags, console))),
    )
}

function common(command: Command): Command {
  return command
    .option('--config <file>', 'configuration (default: ./stopgap.yaml)')
    .option('--source <dir-or-url>', 'where policy comes from: a folder or a git URL')
    .option('--ref <ref>', 'the ref that is followed (default: refs/heads/main)')
    .option('--server <dir>', 'an embedded server; repeatable', collect)
    .option('--state <dir>', 'the state folder (default: ./state)')
    .option('--json', 'print JSON')
}

function filtered(command: Command): Command {
  return command
    .addOption(new Option('--only <server>', 'only this server; repeatable').argParser(collect))
    .addOption(new Option('--mitigation <name>', 'only this mitigation; repeatable').argParser(collect))
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

async function answer(code: Answer): Promise<void> {
  process.exitCode = await code
}
