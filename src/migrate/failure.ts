// A failed migration says where (file, line, column), what the server said, what stands committed and what does not.
import { sqlState, translate } from '../db/sqlstate.ts'
import { ArxError, EXIT, type ExitCode } from '../errors.ts'
import type { MigrationFile } from './files.ts'
import { place, type Statement } from './split.ts'

interface ServerError {
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: string
}

/** What a run has committed so far, in words for messages. */
export interface Journal {
  readonly committed: string[]
}

export interface Circumstances {
  readonly file: MigrationFile
  readonly statement: Statement
  /** What becomes of the work of this file: `0002_x is rolled back`. */
  readonly fate: string
  readonly journal: Journal
}

const HINTS: Readonly<Record<string, string>> = {
  '25001': 'put "-- arxdb: no-transaction" at the top of the file',
  '55P03': 'try again when the table is less busy, or allow more with --lock-timeout 10s',
  '42501': 'run it as the owner of the database; see `arxdb migrate grants`',
}

const exitOf = (state: string | undefined): ExitCode => {
  if (state === '55P03') return EXIT.refused
  return state === '57014' ? EXIT.timeout : EXIT.failure
}

/** Where in the file the server points to; the start of the statement when it points nowhere. */
function locate({ file, statement }: Circumstances, position: string | undefined): { line: number; column: number } {
  // The server counts characters from 1, strings here count UTF-16 units.
  const characters = position ? [...statement.text].slice(0, Number(position) - 1).join('') : ''
  return place(file.text, statement.start + characters.length)
}

const excerpt = (file: MigrationFile, line: number): string => {
  const text = (file.text.split('\n')[line - 1] ?? '').trim()
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}

export const committedText = ({ committed }: Journal): string =>
  committed.length > 0 ? `committed: ${committed.join(', ')}` : 'nothing was committed by this run'

/** The error of one statement. A lost connection or a lost lock keeps its own words. */
export function migrationFailure(error: unknown, about: Circumstances): ArxError {
  const state = sqlState(error)
  const cause = (error instanceof ArxError ? (error.cause ?? error) : error) as ServerError
  const after = `${about.fate}; ${committedText(about.journal)}`
  if (state === undefined || state.startsWith('08') || state.startsWith('57P')) {
    const known = translate(error)
    return new ArxError({ ...known, message: known.message, detail: join(known.detail, after) })
  }
  const { line, column } = locate(about, cause.position)
  return new ArxError({
    code: state === '55P03' ? 'lock-timeout' : 'migration-failed',
    message: `${about.file.file}:${line}:${column}: ${cause.message}`,
    detail: join(cause.detail, `SQLSTATE ${state} at "${excerpt(about.file, line)}"`, after),
    hint: HINTS[state] ?? cause.hint ?? 'arxdb migrate status',
    exit: exitOf(state),
    cause: error instanceof ArxError ? error.cause : error,
  })
}

const join = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join('; ')
