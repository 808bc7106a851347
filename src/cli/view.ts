// How a question is answered: once or again and again, printed, drawn, or shown as the SQL that it is.
import { setTimeout as sleep } from 'node:timers/promises'
import { formatInstant } from '../core/instant.ts'
import type { Result } from '../core/result.ts'
import { parseDuration } from '../duration.ts'
import { ArxError, EXIT, usageError } from '../errors.ts'
import type { Context, Globals } from './context.ts'
import type { IO } from './io.ts'

/** What answering needs of the run. */
export interface Viewer {
  readonly globals: Globals
  readonly io: IO
  readonly signal: AbortSignal
  /** SQL or plans told instead of answers, taken out of where they were gathered. */
  takeTold(): readonly string[]
  /** The next question connects anew. */
  reconnect(): Promise<void>
  /** An answer was written: the next one of this stream needs no header. */
  answered(): void
  now(): Date
  note(text: string): void
}

type Ways = Pick<Context, 'print' | 'chart' | 'chartFile' | 'write' | 'exitWith'>
type Make = () => Promise<Result<object>>

const LEAST_INTERVAL_MS = 100

/** Answers in the way that the flags of this run ask for. Usage errors where they ask for two at once. */
export async function answer(make: Make, viewer: Viewer, ways: Ways): Promise<void> {
  const { sql, explain, watch, chart, json, output } = viewer.globals
  const machine = json || (output !== undefined && output !== 'table')
  if (machine && (chart || sql || explain)) {
    const flag = chart ? '--chart' : sql ? '--sql' : '--explain'
    throw usageError(`${flag} has no ${json ? 'json' : output}`, `leave out ${flag}, or -o`)
  }
  if (sql && explain) throw usageError('--sql and --explain are two answers', 'one of them')
  if ((sql || explain) && watch !== undefined)
    throw usageError('SQL does not change: it cannot be watched', 'leave out --watch')
  if (sql || explain) {
    await make()
    return ways.write(asScript(viewer.takeTold(), sql ?? false))
  }
  if (watch === undefined) return show(await make(), viewer.globals, ways)
  const every = parseDuration(watch)
  if (every < LEAST_INTERVAL_MS) throw usageError(`--watch ${watch} is too often`, '--watch 1s')
  await watching(make, every, viewer, ways)
}

async function show(result: Result<object>, { chart, chartFile }: Globals, ways: Ways): Promise<void> {
  if (chartFile !== undefined) await ways.chartFile(result, chartFile)
  await (chart ? ways.chart(result) : ways.print(result))
}

/** The session's settings are part of what runs: they decide about days and about the plan. */
const asScript = (told: readonly string[], sql: boolean): string => {
  const text = told.join('\n')
  return sql ? `begin read only;\nset local timezone = 'UTC';\nset local jit = off;\n\n${text}\ncommit;\n` : text
}

const HOME_AND_CLEAR = '\u001b[H\u001b[J'

/** Until Ctrl-C, or until the reader is gone. A server that goes away is waited for. */
async function watching(make: Make, every: number, viewer: Viewer, ways: Ways): Promise<void> {
  const { io, globals, signal } = viewer
  const redraws = io.out.isTTY && globals.out === undefined && (globals.output ?? 'table') === 'table' && !globals.json
  const told = new Set<string>()
  const answerOnce = async (first: boolean): Promise<void> => {
    const at = formatInstant(BigInt(viewer.now().getTime()) * 1000n)
    const result = await make().catch((error: unknown) => lost(error, first, viewer))
    if (!result) return
    if (redraws) {
      io.out.stream.write(`${HOME_AND_CLEAR}every ${globals.watch}, now ${at}; Ctrl-C ends it\n\n`)
      return show(result, globals, ways)
    }
    await show(stamped(quieter(result, told), at), globals, ways)
    viewer.answered()
  }
  for (let first = true; !signal.aborted; first = false) {
    await answerOnce(first).catch((error: unknown) => {
      // Ctrl-C in the middle of an answer is the usual end of watching, and no failure.
      if (!signal.aborted) throw error
    })
    await sleep(every, undefined, { signal }).catch(() => {})
  }
  if (signal.reason !== 'EPIPE') ways.exitWith(EXIT.interrupted)
}

/** Without what was said before: every round has its range, and most have the same warnings. */
function quieter(result: Result<object>, told: Set<string>): Result<object> {
  const first = told.size === 0
  const notes = result.notes.filter(({ level, text }) => !told.has(text) && (first || level === 'warn'))
  for (const { text } of result.notes) told.add(text)
  return { ...result, notes }
}

/** A stream of answers says which of its rows were one answer. */
const stamped = (result: Result<object>, at: string): Result<object> => ({
  ...result,
  columns: [{ name: 'asked_at', kind: 'time' }, ...result.columns],
  rows: result.rows.map((row) => ({ asked_at: at, ...row })),
})

/** What worked once and fails for want of a server is tried again; everything else is an error as ever. */
async function lost(error: unknown, first: boolean, viewer: Viewer): Promise<undefined> {
  if (viewer.signal.aborted) return
  const passing = error instanceof ArxError && error.exit === EXIT.connection
  if (first || !passing) throw error
  viewer.note(`warning: ${error.message}; trying again`)
  await viewer.reconnect()
}
