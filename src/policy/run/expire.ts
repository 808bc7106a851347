// Retention: chunks and partitions that have expired as a whole are dropped; where timeframes are kept for different
// lengths, the expired ones are deleted from chunks that others keep.
import { ArxError } from '../../errors.ts'
import { milliseconds } from '../../storage/instant.ts'
import { type Client, type Run, reading } from '../../storage/session.ts'
import { type Chunk, chunksOf, endsBefore } from '../chunks.ts'
import { type Cutoffs, cutoffsNow, iso } from '../cutoffs.ts'
import { dropChunk } from '../ddl.ts'
import { chunkUnit, nothingUndone, type Undone, undoneText } from './undone.ts'
import { type Done, type Kept, sendAll, type Work } from './work.ts'

export async function expire(work: Work, kept: Kept): Promise<Done> {
  const cutoffs = await cutoffsNow(work.session, kept.policy, work.now)
  const { whole, by } = cutoffs
  if (whole === undefined && by.length === 0) return {}
  const chunks = await chunksOf(work.session, kept.relation)
  const due = whole === undefined ? [] : chunks.filter((chunk) => endsBefore(chunk, whole))
  const dropped: Chunk[] = []
  const undone = nothingUndone()
  for (const chunk of due) {
    work.progress(`dropping ${chunk.chunk}`)
    const one = { chunk: chunk.chunk, done: 'dropped', undone }
    if (await chunkUnit(work, one, (run, client) => drop(run, client, chunk, kept, cutoffs))) dropped.push(chunk)
  }
  const rest = chunks.filter((chunk) => !due.includes(chunk))
  const deleted = by.length > 0 ? await expireByTimeframe(work, rest, cutoffs, undone) : 0
  return {
    chunks: dropped.length,
    rows: deleted,
    bytes: dropped.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    ...undoneText(undone),
  }
}

/** With it the note that rollups of its time are gone; both or neither. */
async function drop(run: Run, client: Client, chunk: Chunk, { facts, relation, table }: Kept, { by }: Cutoffs) {
  const { lower, upper } = chunk
  if (by.length > 0) {
    // A row of a timeframe that is kept may be coming in: from here on none can.
    await client.query(`lock table ${chunk.chunk} in access exclusive mode`)
    const timeframes = by.map(({ timeframe }) => timeframe)
    const [found] = await run<{ kept: boolean }>('policy/still-kept', { timeframes, since: lower, until: upper })
    if (found!.kept) throw changedMeanwhile()
  }
  if (facts && facts !== 'analytics') await run('policy/note-range', { facts, since: lower, until: upper })
  if (table.kind === 'hypertable') return sendAll(client, [dropChunk(relation, lower, upper, table.time_type!)])
  return sendAll(client, [`alter table ${relation} detach partition ${chunk.chunk}`, `drop table ${chunk.chunk}`])
}

const changedMeanwhile = (): ArxError =>
  new ArxError({
    code: 'kept-rows',
    message: 'rows of a timeframe that is kept came in meanwhile: the same command decides anew',
  })

interface Expired {
  readonly market_id: number
  readonly cutoff: string
  readonly oldest: string
}

/** Only from chunks whose time has passed for a market as a whole: a market's segments go at once, not row by row. */
async function expireByTimeframe(
  work: Work,
  chunks: readonly Chunk[],
  { by }: Cutoffs,
  undone: Undone,
): Promise<number> {
  const timeframes = by.map(({ timeframe }) => timeframe)
  const cutoffs = by.map(({ cutoff }) => iso(cutoff))
  const markets = await reading(work.session, (run) => run<Expired>('policy/expired-markets', { timeframes, cutoffs }))
  let deleted = 0
  for (const chunk of chunks) {
    const due = markets.filter(
      ({ cutoff, oldest }) => endsBefore(chunk, Date.parse(cutoff)) && milliseconds(oldest) < milliseconds(chunk.upper),
    )
    if (due.length === 0) continue
    work.progress(`deleting what has expired in ${chunk.chunk}`)
    let here = 0
    const one = { chunk: chunk.chunk, done: 'rid of its expired rows', undone }
    const went = await chunkUnit(work, one, async (run) => {
      await run('storage/unpack-any')
      const ids = due.map(({ market_id }) => market_id)
      const where = { markets: ids, since: chunk.lower, until: chunk.upper }
      here = Number((await run<{ deleted: number }>('policy/delete-expired', where))[0]!.deleted)
    })
    if (went) deleted += here
  }
  return deleted
}
