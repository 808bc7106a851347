// Which statements take the server's time, as pg_stat_statements counts them.
import type { Engine, Statements } from '../engines/engine.ts'
import { unsupportedError } from '../errors.ts'
import { count } from '../wording.ts'
import { HIDDEN, queryText } from './query-text.ts'
import { columns, echoes, info, type Note, type Result, warn } from './result.ts'
import { grown, type Snapshot, snapshotOf } from './slow-counters.ts'

export const SLOW_ORDERS = ['total', 'mean', 'calls'] as const

/** What was counted the last time, by cluster and database. */
export interface SlowMemory {
  recall(key: string): Snapshot | undefined
  keep(key: string, snapshot: Snapshot): void
}

export interface SlowQuery {
  /** Total time, time of one call, or calls; default total. */
  readonly by?: (typeof SLOW_ORDERS)[number] | undefined
  readonly limit: number
  /** Only arxdb's own statements. */
  readonly own?: boolean | undefined
  /** Given: only what came since the last time, and this time is remembered. */
  readonly memory?: SlowMemory | undefined
  /** UTC instant, ISO 8601. */
  readonly now: string
  /** Which of arxdb's statements a text is. */
  recognise(text: string): string | undefined
}

export interface SlowRow {
  /** Of arxdb's own statements their name; null for others'. */
  readonly statement: string | null
  readonly calls: number
  /** Seconds. */
  readonly total: number
  /** Of the time that all statements of this database took. */
  readonly share: number | null
  readonly mean: number
  /** Since the server began to count; null of what came since the last run. */
  readonly slowest: number | null
  readonly rows: number
  /** Blocks found in shared buffers, of all that were asked for. */
  readonly hit: number | null
  /** By which applications it is run at this moment: `arxdb/twap 2`. */
  readonly running: string | null
  readonly query: string
  readonly roles: string | null
  readonly read_bytes: number
  readonly temporary_bytes: number
  readonly wal_bytes: number
  /** Reading and writing, where track_io_timing is on. */
  readonly io: number
  readonly queryid: string | null
  /** Since when it is counted. */
  readonly since: string | null
}

const COLUMNS = [
  ...columns({
    ...{ statement: 'text', calls: 'int', total: 'duration', share: 'ratio', mean: 'duration', slowest: 'duration' },
    ...{ rows: 'int', hit: 'ratio', running: 'text', query: 'text' },
  }),
  ...echoes(['roles', 'read_bytes', 'temporary_bytes', 'wal_bytes', 'io', 'queryid', 'since'], {
    ...{ roles: 'text', read_bytes: 'bytes', temporary_bytes: 'bytes', wal_bytes: 'bytes', io: 'duration' },
    ...{ queryid: 'text', since: 'time' },
  }),
]

type Extension = Statements['slow/extension']['row']
type Row = Statements['slow/counters']['row']

/** Texts that are looked at to find arxdb's own among them. */
const MOST_TEXTS = 500

/**
 * The statements that took most, in at most five statements of its own. Throws ArxError `unsupported` where the server does
 * not count.
 */
export function slow(engine: Engine, query: SlowQuery): Promise<Result<SlowRow>> {
  return engine.question(async (ask) => {
    const [extension] = await ask('slow/extension', {})
    const version = usable(extension!, engine.version.server)
    const [reset = { stats_reset: null, evictions: null }] = version >= 1.09 ? await ask('slow/reset', {}) : []
    const counted = await ask('slow/counters', {}).catch((error: unknown) => {
      // The settings are written down, and the library is not loaded.
      throw (error as { code?: unknown }).code === '55000' ? notLoaded(extension!) : error
    })
    const key = `${extension!.system_id}-${extension!.database}`
    const before = query.memory?.recall(key)
    const { rows, notes } = since(counted, before, reset, query)
    const ordered = [...rows].sort((a, b) => weight(b, query.by) - weight(a, query.by))
    const seen = ordered.slice(0, query.own ? MOST_TEXTS : query.limit)
    const texts = await ask('slow/texts', { queryids: seen.flatMap(({ queryid }) => queryid ?? []) })
    const running = await ask('slow/running', {})
    if (query.memory && counted.length > 0)
      query.memory.keep(
        key,
        snapshotOf(counted, { at: query.now, statsReset: reset.stats_reset, evictions: reset.evictions }),
      )
    const all = rows.reduce((sum, { seconds }) => sum + seconds, 0)
    const told = seen
      .map((row) => shown(row, all, texts, running, query))
      .map((row) => (before ? { ...row, slowest: null } : row))
      .filter(({ statement }) => !query.own || statement !== null)
      .slice(0, query.limit)
    return { columns: COLUMNS, rows: told, notes: [...notes, ...notesOn(told, counted, extension!)] }
  })
}

/** The extension's version as a number that can be compared: 1.8 is 1.08. Throws where statements are not counted. */
function usable(extension: Extension, server: number): number {
  if (!extension.loaded) throw notLoaded(extension)
  if (extension.version === null)
    throw unsupportedError(
      `slow needs the extension pg_stat_statements, which is loaded and not made in database ${extension.database}`,
      'create extension pg_stat_statements; (as superuser, in this database)',
    )
  const [major, minor] = extension.version.split('.').map(Number) as [number, number]
  const version = major + minor / 100
  if (version < (server >= 170_000 ? 1.11 : 1.08))
    throw unsupportedError(
      `pg_stat_statements ${extension.version} is older than this server`,
      'alter extension pg_stat_statements update',
    )
  return version
}

const notLoaded = ({ available }: Extension) =>
  unsupportedError(
    `slow needs pg_stat_statements, which this server has not loaded${available === null ? ', nor installed' : ''}`,
    `${available === null ? "install PostgreSQL's contrib package; " : ''}add pg_stat_statements to shared_preload_libraries in postgresql.conf, restart the server, then: create extension pg_stat_statements`,
  )

const weight = ({ calls, seconds }: Row, by: SlowQuery['by']): number =>
  by === 'calls' ? calls : by === 'mean' ? seconds / Math.max(1, calls) : seconds

/** What is to be shown, and since when it was counted. */
function since(
  counted: readonly Row[],
  before: Snapshot | undefined,
  reset: { readonly stats_reset: string | null; readonly evictions: number | null },
  { memory }: SlowQuery,
): { readonly rows: readonly Row[]; readonly notes: readonly Note[] } {
  const start = reset.stats_reset === null ? 'counting began' : `${reset.stats_reset}`
  if (!before) {
    const first = memory ? [info('the first look: the next --since-last tells what came since')] : []
    return { rows: counted, notes: [...first, info(`counted since ${start}`)] }
  }
  const { rows, reset: wasReset, anew } = grown(counted, before, reset.stats_reset)
  const notes = [info(`counted since the last look at ${before.at}`)]
  if (wasReset) notes.push(warn(`the statistics were reset at ${start}: counted from there`))
  if (anew > 0) notes.push(warn(`${count(anew, 'statement')} began anew meanwhile: counted from there`))
  const evicted = wasReset ? 0 : (reset.evictions ?? 0) - (before.evictions ?? 0)
  if (evicted > 0)
    notes.push(
      warn(`statements were thrown out for want of room ${count(evicted, 'time')}: raise pg_stat_statements.max`),
    )
  const counting = wasReset ? reset.stats_reset : before.at
  return { rows: rows.map((row) => ({ ...row, since: later(row.since, counting) })), notes }
}

const later = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? (a ?? b) : Date.parse(a) > Date.parse(b) ? a : b

function shown(
  row: Row,
  all: number,
  texts: readonly Statements['slow/texts']['row'][],
  running: readonly Statements['slow/running']['row'][],
  { recognise }: SlowQuery,
): SlowRow {
  const text = texts.find(({ queryid }) => queryid === row.queryid)?.query ?? HIDDEN
  const now = running.filter(({ queryid }) => queryid === row.queryid)
  const asked = row.hit + row.read
  return {
    statement: recognise(text) ?? null,
    ...{ calls: row.calls, total: row.seconds, share: all > 0 ? row.seconds / all : null },
    ...{ mean: row.seconds / Math.max(1, row.calls), slowest: row.slowest, rows: row.rows },
    hit: asked > 0 ? row.hit / asked : null,
    running: now.map(({ application, sessions }) => `${queryText(application, 40)} ${sessions}`).join(', ') || null,
    query: queryText(withoutTitle(text)),
    ...{ roles: row.roles, read_bytes: row.read, temporary_bytes: row.temporary, wal_bytes: row.wal },
    ...{ io: row.io_seconds, queryid: row.queryid, since: row.since },
  }
}

/** What a statement begins with tells more than the comments in front of it; a comment alone stays. */
const withoutTitle = (text: string): string => text.replace(/^(?:\s*--[^\n]*\n)+(?=\s*\S)/, '')

function notesOn(
  told: readonly SlowRow[],
  counted: readonly Row[],
  { sees_all, role_name }: Extension,
): readonly Note[] {
  const notes: Note[] = []
  if (counted.some(({ queryid }) => queryid === null) || !sees_all)
    notes.push(warn(`others' statements are hidden from ${role_name}: grant pg_monitor to it`))
  if (told.length === 0) notes.push(info('no statement was counted'))
  else notes.push(info('which application ran a statement is not counted: "running" names those of this moment'))
  return notes
}
