// One command line from words to exit code, with the one catch of the program.
import { type Command, CommanderError } from '@commander-js/extra-typings'
import { redact } from '../connect/redact.ts'
import { ArxError, EXIT, type ExitCode, usageError } from '../errors.ts'
import { neutraliseKeepingLines } from '../render/text.ts'
import { fold } from './fold.ts'
import { unknownCommand } from './help.ts'
import type { LiveContext } from './live-context.ts'
import { fullName, reached } from './reached.ts'

/** What a line runs in, seen from without. */
export interface Shell extends Pick<LiveContext, 'io' | 'env' | 'signal' | 'exitCode' | 'close'> {}

/** Runs one command line; prints what there is to print and resolves to the exit code. Never rejects. */
export async function runLine<S extends Shell>(
  argv: readonly string[],
  context: S,
  build: (context: S, argv: readonly string[]) => Promise<Command> | Command,
): Promise<number> {
  let program: Command | undefined
  try {
    program = await build(context, argv)
    await program.parseAsync([...argv], { from: 'user' })
    return context.exitCode
  } catch (error) {
    return report(error, argv, context, program)
  } finally {
    await context.close()
  }
}

function report(error: unknown, argv: readonly string[], context: Shell, program: Command | undefined): ExitCode {
  if (context.signal.aborted && context.signal.reason === 'EPIPE') return EXIT.ok
  if (error instanceof CommanderError) {
    // --help and --version have printed what they had to.
    if (error.exitCode === 0) return EXIT.ok
    if (error.code === 'commander.help') return EXIT.usage
  }
  const failure = error instanceof CommanderError && program ? misuse(error, argv, program) : asArxError(error)
  const { isTTY, width } = context.io.err
  const text = wantsJson(argv, context.env)
    ? jsonOf(failure)
    : redact(textOf(failure, isTTY ? width : Number.POSITIVE_INFINITY))
  context.io.err.stream.write(`${text}\n`)
  if (context.env.ARXDB_DEBUG && failure.cause instanceof Error) {
    context.io.err.stream.write(`${redact(failure.cause.stack ?? '')}\n`)
  }
  if (context.signal.reason === 'SIGTERM') return EXIT.terminated
  if (context.signal.aborted) return EXIT.interrupted
  // Monitoring plugins: 1 and 2 are findings, and a wrong flag is none.
  return argv[0] === 'health' ? EXIT.problems : failure.exit
}

/** What commander says of a line, in our three parts. */
function misuse({ code, message }: CommanderError, argv: readonly string[], program: Command): ArxError {
  const { command, stray } = reached(program, argv)
  const [said = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const isGroup = command.commands.length > 0
  // A group with a default command takes a mistyped one for that command's argument.
  if (isGroup && stray !== undefined && /unknownCommand|excessArguments/.test(code)) {
    return unknownCommand(command, stray)
  }
  const [what = said, choices] = said.split(/\. Allowed choices are /)
  if (choices !== undefined) return usageError(what, `one of ${choices.replace(/\.$/, '')}`)
  return usageError(
    what.replace(/\. Expected (\d+) arguments? but got (\d+)\.$/, ': expected $1, got $2'),
    suggestion?.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1?') ?? `${fullName(command)} --help`,
  )
}

function asArxError(error: unknown): ArxError {
  if (error instanceof ArxError) return error
  const unexpected = error instanceof Error ? error : new Error(String(error))
  return new ArxError({
    code: 'unexpected',
    message: unexpected.message,
    hint: 'ARXDB_DEBUG=1 shows where; please report it',
    cause: unexpected,
  })
}

function textOf({ message, detail, hint }: ArxError, width: number): string {
  const lines = [`error: ${message}`, detail && `  why: ${detail}`, hint && `  try: ${hint}`]
  // File names, cells and servers' words are in there: none of them may steer the terminal.
  return fold(neutraliseKeepingLines(lines.filter(Boolean).join('\n')), width, '       ')
}

/** Redacted before it is JSON: a password may end where a quote does, and the rules rather take too much. */
function jsonOf({ code, message, detail, hint, exit }: ArxError): string {
  const shown = (text: string | undefined) => (text === undefined ? null : redact(text))
  return JSON.stringify({ error: { code, message: redact(message), detail: shown(detail), hint: shown(hint), exit } })
}

/** The command line may be what is wrong, so it is read by eye and not by the parser. */
function wantsJson(argv: readonly string[], env: LiveContext['env']): boolean {
  const line = argv.join(' ')
  if (/(^| )(--json|-o ?n?d?json|--output[ =]n?d?json)( |$)/.test(line)) return true
  return !/(^| )(-o|--output)/.test(line) && /json$/.test(env.ARXDB_FORMAT ?? '')
}
