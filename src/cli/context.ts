// The Context is a command's only door to the world. Cheap members are values, dear ones are functions, so that
// --help opens nothing.
import type { Config } from '../config/schema.ts'
import type { Connection } from '../connect/connection.ts'
import type { Result } from '../core/result.ts'
import type { Engine } from '../engines/engine.ts'
import type { ExitCode } from '../errors.ts'
import type { Source } from '../ui/top/screen.tsx'
import type { IO } from './io.ts'
import type { Progress } from './progress.ts'
import type { Confirmation } from './prompt.ts'
import type { Services } from './services.ts'

export const FORMATS = ['table', 'vertical', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'parquet'] as const
export type Format = (typeof FORMATS)[number]

/** What monitoring reads: of `health` and `metrics` alone. */
export const PLUGIN_FORMATS = ['nagios', 'prometheus'] as const
export type PluginFormat = (typeof PLUGIN_FORMATS)[number]

/** The options every question understands. */
export interface View {
  readonly chart?: boolean | undefined
  readonly chartFile?: string | undefined
  readonly watch?: string | undefined
  readonly sql?: boolean | undefined
  readonly explain?: boolean | undefined
}

/** The options every command understands, wherever they stand on the line. */
export interface Globals extends View {
  readonly output?: Format | PluginFormat | undefined
  readonly json?: boolean | undefined
  readonly out?: string | undefined
  readonly header?: boolean | undefined
  readonly columns?: string | undefined
  readonly url?: string | undefined
  readonly service?: string | undefined
  readonly env?: string | undefined
  readonly config?: string | undefined
  readonly timeout?: string | undefined
  readonly tz?: string | undefined
  readonly yes?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly color?: boolean | undefined
  readonly progress?: 'auto' | 'json' | 'none' | undefined
}

export interface Context {
  readonly io: IO
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** How this program is called by others: absolute paths of Node and of the script. */
  readonly program: { readonly node: string; readonly script: string }
  /** Fires on the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal
  /** The flags of this run; empty until the command line is parsed. */
  readonly globals: Globals
  /** `ingest`, `migrate status`: for application_name. */
  readonly command: string
  now(): Date
  config(): Promise<Config>
  /** Where to connect; starts the local server when nothing else is configured. */
  connection(): Promise<Connection>
  /**
   * The same, for what changes data: refused where the environment is read-only, confirmed where it is production (not
   * for a command that asks anyway).
   */
  connectionForWriting(what: string, asksItself?: 'asks itself'): Promise<Connection>
  /**
   * Connects on the first call; closed by the runner. With `server`, no table of arxdb's is looked at: for what has to answer
   * while they are locked, and is the same whatever the schema was made for.
   */
  engine(only?: 'server'): Promise<Engine>
  /** The areas, loaded on demand. */
  readonly services: Services
  progress(label: string): Progress
  /** stdout: the answer in the format asked for, its notes to stderr. */
  print(result: Result<object>): Promise<void>
  /**
   * Answers a question in the way its flags ask for: printed, drawn, asked again and again, or shown as its SQL. `make`
   * asks; it may be called more than once, and reads the clock anew each time.
   */
  answer(make: () => Promise<Result<object>>): Promise<void>
  /** stdout: the answer, drawn as it says itself; its notes to stderr. */
  chart(result: Result<object>): Promise<void>
  /** The same as a picture in a file. */
  chartFile(result: Result<object>, file: string): Promise<void>
  /** Draws a live screen until the user leaves it; only where there is a terminal. */
  screen(source: Source, everyMs: number): Promise<void>
  /** stdout: text as it is (SQL, a completion script). */
  write(text: string): Promise<void>
  /** stderr, unless --quiet. */
  note(text: string): void
  /** Asks on a terminal; elsewhere, and without --yes, refuses with exit 6. */
  confirm(confirmation: Confirmation): Promise<void>
  /** Ends with this code though nothing failed: 3 when a check found problems. */
  exitWith(code: ExitCode): void
  /** A folder of that name below the temporary directory. */
  temporary(name: string): string
  /** Runs another command line in this context, for `demo`; resolves to its exit code. */
  invoke(argv: readonly string[]): Promise<number>
}

/** As much of it as `wal push` and `wal fetch` know: they start once for each segment, with nothing else loaded. */
export interface WalContext
  extends Pick<Context, 'env' | 'cwd' | 'signal' | 'globals' | 'config' | 'note' | 'exitWith'> {
  readonly services: Pick<Services, 'wal'>
}
