// The columnstore's backlog: chunks that are due, that were written to since, or that were compressed by other settings.
import { type Client, reading } from '../../storage/session.ts'
import { count } from '../../wording.ts'
import { type Chunk, chunksOf, endsBefore } from '../chunks.ts'
import { type Effect, effectsOf } from '../effect.ts'
import type { TablePolicy } from '../wanted.ts'
import { chunkUnit, nothingUndone, type Undone, undoneText } from './undone.ts'
import { type Done, type Kept, unit, type Work } from './work.ts'

export async function compress(work: Work, { policy, relation }: Kept): Promise<Done> {
  const { compress_after: age } = policy
  if (age === null) return {}
  const before = await effectOf(work, policy)
  const due = (chunk: Chunk): boolean =>
    chunk.compressed ? chunk.partial || chunk.outdated : endsBefore(chunk, work.now - age * 1000)
  const chunks = (await chunksOf(work.session, relation)).filter(due)
  const undone = nothingUndone()
  const done = new Set<string>()
  for (const [index, { chunk }] of chunks.entries()) {
    work.progress(`compressing ${chunk} (${index + 1} of ${chunks.length})`)
    const went = await chunkUnit(work, { chunk, done: 'compressed', undone }, async (_, client) => {
      // One that was merged into its neighbour is no longer there.
      const { rows } = await client.query('select to_regclass($1) is not null as there', [chunk])
      if (rows[0].there) await client.query(work.words.compress(chunk))
    })
    if (went) done.add(chunk)
  }
  const rebuilt = await rebuildIndexes(work, relation, undone)
  for (const chunk of rebuilt) done.add(chunk)
  const after = done.size > 0 ? await effectOf(work, policy) : before
  if (after && after.rows === null && after.chunks <= ANALYZED)
    await unit(work, (_, client) => analyze(client, relation))
  if (chunks.length === 0 && done.size === 0) return undoneText(undone)
  return {
    chunks: done.size,
    detail: rebuilt.length > 0 ? `indexes rebuilt of ${count(rebuilt.length, 'chunk')}` : undefined,
    bytes: before?.bytes && after?.bytes ? before.bytes - after.bytes : null,
    ...undoneText(undone),
  }
}

/** The indexes of a compressed chunk hold no row: this is more than they take when they are empty. */
const BLOATED_BYTES = 1024 * 1024

/**
 * Rows that come late go through the indexes of their chunk, and leave them as large as they were when they are compressed:
 * no vacuum makes an index smaller. Locks: ShareLock on the chunk, for as long as it takes to read its dead rows.
 */
async function rebuildIndexes(work: Work, relation: string, undone: Undone): Promise<readonly string[]> {
  const rebuilt: string[] = []
  for (const { chunk, compressed, partial, bytes } of await chunksOf(work.session, relation)) {
    if (!compressed || partial || (bytes ?? 0) < BLOATED_BYTES) continue
    await chunkUnit(work, { chunk, done: 'reindexed', undone }, async (_, client) => {
      const { rows } = await client.query('select pg_indexes_size($1::regclass)::float8 as bytes', [chunk])
      if (rows[0].bytes < BLOATED_BYTES) return
      work.progress(`rebuilding the indexes of ${chunk}`)
      await client.query(`reindex table ${chunk}`)
      rebuilt.push(chunk)
    })
  }
  return rebuilt
}

/** A compressed chunk has so few rows of its own that autovacuum hardly ever looks at it; above, it would take too long. */
const ANALYZED = 1_000

const analyze = async (client: Client, relation: string): Promise<void> =>
  void (await client.query(`set local default_statistics_target = 10; analyze ${relation}`))

const effectOf = async ({ session }: Work, policy: TablePolicy): Promise<Effect | undefined> =>
  (await reading(session, (run) => effectsOf(run, [policy], undefined))).get(policy.table)
