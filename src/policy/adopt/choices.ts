// What is chosen for a hypertable where its owner did not say: the column of time, the width of a chunk, the segments.
import { parseDuration } from '../../duration.ts'
import { usageError } from '../../errors.ts'
import type { WrittenPolicy } from '../wanted.ts'
import type { Column, Facts, Relation } from './facts.ts'
import { isNumber, type Survey } from './survey.ts'

/** As typed, and as the config has it already: what is there is not chosen again. */
export interface AdoptWish {
  readonly timeColumn?: string | undefined
  /** `7d`, or units where times are numbers. */
  readonly chunkInterval?: string | undefined
  readonly written?: WrittenPolicy | undefined
}

const MOMENTS: readonly string[] = ['timestamp with time zone', 'timestamp without time zone', 'date']

const list = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ')

/** The column named, or the only one that can be meant: a moment before a number, and one of the primary key before others. */
export function timeColumn({ columns, indexes, sql }: Facts, named: string | undefined): Column {
  const moments = columns.filter(({ type }) => MOMENTS.includes(type))
  if (named !== undefined) return namedColumn(columns, moments, named, sql)
  const sure = moments.filter(({ nullable, generated }) => !nullable && !generated)
  const numbers = columns.filter((c) => c.type === 'bigint' && !c.nullable && !c.counted && !c.generated)
  const candidates = sure.length > 0 ? sure : numbers
  const key = indexes.find(({ is_primary }) => is_primary)?.columns ?? []
  const inKey = candidates.filter(({ name }) => key.includes(name))
  const [only, another] = inKey.length > 0 ? inKey : candidates
  if (only && !another) return only
  if (another)
    throw usageError(
      `${sql} has several columns that can be its time: ${list(candidates)}`,
      `--time-column ${candidates[0]!.name}`,
    )
  throw usageError(
    `${sql} has no column that is sure to hold a time: of timestamptz, timestamp, date or bigint, and not null`,
    moments.length > 0 ? `where ${list(moments)} is always set: --time-column ${moments[0]!.name}` : undefined,
  )
}

function namedColumn(columns: readonly Column[], moments: readonly Column[], named: string, sql: string): Column {
  const column = columns.find(({ name }) => name === named)
  if (!column) throw usageError(`${sql} has no column "${named}"`, `it has ${list(columns)}`)
  if (column.generated) throw usageError(`"${named}" is generated: it cannot be the time of a hypertable`)
  if (!moments.includes(column) && !isNumber(column))
    throw usageError(`"${named}" is of type ${column.type}, which is no time`, 'timestamptz, timestamp, date or bigint')
  return column
}

const HOUR = 3_600
const DAY = 24 * HOUR
const WIDTHS: readonly number[] = [HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]

/**
 * Bytes that a chunk being written may have, so that it stays in memory with its indexes: a quarter of the memory, which
 * SQL does not tell. shared_buffers is usually set to a quarter of it, effective_cache_size to what there is for caching;
 * the smaller guess counts.
 */
export const chunkBudget = ({ shared_bytes, cache_bytes }: Relation): number => Math.min(shared_bytes, cache_bytes / 4)

/** The widest usual interval (seconds) of which a chunk keeps within `budget` bytes; an hour where none does. */
export function usualInterval(bytes: number, seconds: number, budget: number, least = HOUR): number {
  const usual = WIDTHS.filter((width) => width >= least)
  const perSecond = bytes / Math.max(seconds, 1)
  // Ten rows in a second say nothing of a year.
  if (seconds < HOUR) return Math.max(7 * DAY, least)
  return usual.findLast((width) => perSecond * width <= budget) ?? usual[0]!
}

/** Seconds, or units where times are numbers. */
export function chunkInterval(facts: Facts, { from, to }: Survey, time: Column, wish: AdoptWish): number {
  const said = wish.chunkInterval ?? wish.written?.chunkInterval
  if (isNumber(time)) return units(time, wish.chunkInterval)
  const least = time.type === 'date' ? DAY : HOUR
  if (said === undefined) {
    return usualInterval(facts.table.bytes, (to ?? 0) - (from ?? 0), chunkBudget(facts.table), least)
  }
  const seconds = parseDuration(said) / 1000
  // As a policy has it: see wanted.ts.
  if (seconds < least || seconds % least !== 0)
    throw usageError(`a chunk of ${said} is no whole ${least === DAY ? 'days' : 'hours'}`, '--chunk-interval 7d')
  return seconds
}

function units({ name, type }: Column, said: string | undefined): number {
  const wanted = Number(said)
  if (said !== undefined && /^\d+$/.test(said) && wanted > 0 && Number.isSafeInteger(wanted)) return wanted
  throw usageError(
    said === undefined
      ? `"${name}" is a ${type}: in which unit it counts, only you know`
      : `"${said}" is no number of units of "${name}"`,
    '--chunk-interval 604800000 (a week, where it counts milliseconds)',
  )
}

/** Chunks that rows of the range can need; gaps need none, so there may be fewer. */
export function expectedChunks({ from, to }: Pick<Survey, 'from' | 'to'>, interval: number): number {
  return from === null || to === null ? 0 : Math.floor(to / interval) - Math.floor(from / interval) + 1
}

/** Rows that a segment of a chunk should have: batches of the columnstore hold up to a thousand. */
const SEGMENT_ROWS = 100

const isName = ({ kind, type }: Column): boolean =>
  (['S', 'E', 'N'].includes(kind) && !/numeric|double|real/.test(type)) || type === 'uuid'

/** Columns to segment by: of the key, the one with the fewest values, where its segments are not too thin. */
export function segments(
  facts: Facts,
  seen: Survey,
  time: Column,
  interval: number,
  wish: AdoptWish,
): readonly string[] {
  const said = wish.written?.segmentBy
  if (said) return said
  const key = facts.indexes.find(({ is_unique, whole, columns }) => is_unique && whole && columns.includes(time.name))
  const chunks = Math.max(1, expectedChunks(seen, interval))
  const [best] = facts.columns
    .filter((column) => key?.columns.includes(column.name) && column !== time && isName(column))
    .map(({ name }) => ({ name, values: Math.max(1, seen.distinct[name] ?? Number.POSITIVE_INFINITY) }))
    .filter(({ values }) => seen.rows / chunks / values >= SEGMENT_ROWS)
    .sort((a, b) => a.values - b.values)
  return best ? [best.name] : []
}
