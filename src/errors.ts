// Every failure a user can meet is an ArxError: what happened, why, and what to type next.

/** The exit codes, and what each promises to a script. Health and WAL commands have contracts of their own. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  problems: 3,
  connection: 4,
  unsupported: 5,
  refused: 6,
  /** `wal push` and `wal fetch` alone: the file is stored, or in its place. bin/arxdb.js makes it 0, and 0 a failure. */
  kept: 78,
  /** `wal fetch` alone: the archive has no such file. bin/arxdb.js makes it 1, and everything else 255. */
  absent: 79,
  timeout: 124,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface ErrorParts {
  /** Machine-stable name in kebab-case, e.g. `unknown-coin`. */
  readonly code: string
  /** What failed: lower case, no full stop. */
  readonly message: string
  /** Why, when more is known than the message says. */
  readonly detail?: string | undefined
  /** What to type or change next. */
  readonly hint?: string | undefined
  readonly exit?: ExitCode | undefined
  readonly cause?: unknown
}

export class ArxError extends Error {
  readonly code: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly exit: ExitCode

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = 'ArxError'
    this.code = parts.code
    this.detail = parts.detail
    this.hint = parts.hint
    this.exit = parts.exit ?? EXIT.failure
  }
}

/** A wrong flag or argument: exit 2. */
export const usageError = (message: string, hint?: string): ArxError =>
  new ArxError({ code: 'usage', message, hint, exit: EXIT.usage })

/** The engine, licence or version at hand cannot do it: exit 5, naming what could. */
export const unsupportedError = (message: string, hint?: string): ArxError =>
  new ArxError({ code: 'unsupported', message, hint, exit: EXIT.unsupported })
