// The columnstore's backlog: chunks that are due, that were written to since, or that were compressed by other settings.
import { type Client, reading } from '../../storage/session.ts'
import { type Chunk, chunksOf, endsBefore } from '../chunks.ts'
import { type Effect, effectsOf } from '../effect.ts'
import type { TablePolicy } from '../wanted.ts'
import { chunkUnit, nothingUndone, undoneText } from './undone.ts'
import { type Done, type Kept, unit, type Work } from './work.ts'

export async function compress(work: Work, { policy, relation }: Kept): Promise<Done> {
  const { compress_after: age } = policy
  if (age === null) return {}
  const before = await effectOf(work, policy)
  const due = (chunk: Chunk): boolean =>
    chunk.compressed ? chunk.partial || chunk.outdated : endsBefore(chunk, work.now - age * 1000)
  const chunks = (await chunksOf(work.session, relation)).filter(due)
  const undone = nothingUndone()
  let done = 0
  for (const [index, { chunk }] of chunks.entries()) {
    work.progress(`compressing ${chunk} (${index + 1} of ${chunks.length})`)
    const went = await chunkUnit(work, { chunk, done: 'compressed', undone }, async (_, client) => {
      // One that was merged into its neighbour is no longer there.
      const { rows } = await client.query('select to_regclass($1) is not null as there', [chunk])
      if (rows[0].there) await client.query(work.words.compress(chunk))
    })
    if (went) done++
  }
  const after = done > 0 ? await effectOf(work, policy) : before
  if (after && after.rows === null && after.chunks <= ANALYZED)
    await unit(work, (_, client) => analyze(client, relation))
  if (chunks.length === 0) return {}
  return {
    chunks: done,
    bytes: before?.bytes && after?.bytes ? before.bytes - after.bytes : null,
    ...undoneText(undone),
  }
}

/** A compressed chunk has so few rows of its own that autovacuum hardly ever looks at it; above, it would take too long. */
const ANALYZED = 1_000

const analyze = async (client: Client, relation: string): Promise<void> =>
  void (await client.query(`set local default_statistics_target = 10; analyze ${relation}`))

const effectOf = async ({ session }: Work, policy: TablePolicy): Promise<Effect | undefined> =>
  (await reading(session, (run) => effectsOf(run, [policy], undefined))).get(policy.table)
