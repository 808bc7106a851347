// What a retention would delete, counted before it may.
import { identifier } from '../db/identifier.ts'
import { reading, type StorageSession } from '../storage/session.ts'
import type { Subject } from './actual.ts'
import { type Chunk, chunksOf, endsBefore } from './chunks.ts'
import { cutoffsNow } from './cutoffs.ts'

export interface Expiring {
  /** Dropped as a whole. */
  readonly chunks: number
  readonly bytes: number
  /** With those deleted from chunks that stay; undefined where counting took too long. */
  readonly rows: number | undefined
}

/** What a run at `now` (milliseconds) would delete by the subject's policy. Reads those rows, and no younger ones. */
export async function expiring(session: StorageSession, subject: Subject, now: number): Promise<Expiring> {
  const { policy, relation } = subject
  const { whole, by } = await cutoffsNow(session, policy, now)
  const chunks = await chunksOf(session, relation)
  const due = whole === undefined ? [] : chunks.filter((chunk) => endsBefore(chunk, whole))
  const until = due.at(-1)?.upper
  const rows = await inTime(async () => {
    if (by.length > 0) return countByTimeframe(session, chunks, by)
    return until === undefined ? 0 : countBefore(session, subject, until)
  })
  return { chunks: due.length, bytes: due.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0), rows }
}

/** Rows go with the chunks that have passed for their timeframe: what is older in a chunk that has not, waits. */
function countByTimeframe(
  session: StorageSession,
  chunks: readonly Chunk[],
  by: readonly { readonly timeframe: string; readonly cutoff: number }[],
): Promise<number> {
  const ends = by.flatMap(({ timeframe, cutoff }) => {
    const passed = chunks.filter((chunk) => endsBefore(chunk, cutoff)).at(-1)
    return passed ? [{ timeframe, end: passed.upper }] : []
  })
  const where = { timeframes: ends.map(({ timeframe }) => timeframe), cutoffs: ends.map(({ end }) => end) }
  return reading(session, async (run) => Number((await run<{ rows: number }>('policy/count-expired', where))[0]!.rows))
}

function countBefore(session: StorageSession, { relation, table }: Subject, until: string): Promise<number> {
  const column = identifier(table.time_column!)
  const sql = `select count(*)::bigint as rows from ${relation} where ${column} < $1::timestamptz::${table.time_type}`
  return reading(session, async () => Number((await session.client.query(sql, [until])).rows[0].rows))
}

async function inTime(body: () => Promise<number>): Promise<number | undefined> {
  try {
    return await body()
  } catch (error) {
    if ((error as { code?: string }).code === 'timeout') return undefined
    throw error
  }
}
