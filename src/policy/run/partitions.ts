// Partitions of the plain tier: made ahead of the rows, and what a DEFAULT partition caught put where it belongs.
import { type Client, reading } from '../../storage/session.ts'
import { iso } from '../cutoffs.ts'
import { type Done, type Kept, unit, type Work } from './work.ts'

/** So that whoever writes without asking finds a partition: the current one and the next. */
export async function makeAhead(work: Work, { facts, policy }: Kept): Promise<Done> {
  let made = 0
  const until = work.now + policy.chunk_interval * 1000
  const went = await unit(work, async (run) => {
    const range = { facts, since: iso(work.now), until: iso(until) }
    made = (await run<{ made: number }>('storage/ensure-partitions', range))[0]!.made
  })
  return went ? { chunks: made } : { left: 'the table is locked by others' }
}

/** Rows in a DEFAULT partition block making the one that they belong into: they are taken out, and come back through it. */
export async function drain(work: Work, { facts, relation, policy }: Kept): Promise<Done> {
  const [found] = await reading(work.session, (run) =>
    run<{ partition: string }>('policy/default-partition', { facts }),
  )
  if (!found) return {}
  let chunks = 0
  let rows = 0
  for (;;) {
    let moved = 0
    work.progress(`draining ${found.partition}`)
    const went = await unit(work, async (run, client) => {
      moved = await takeOut(client, found.partition, relation, policy.chunk_interval)
      if (moved === 0) return
      const { rows: span } = await client.query(
        'select min(timestamp) as since, max(timestamp) as until from arxdb_drained',
      )
      const { made } = (await run<{ made: number }>('storage/ensure-partitions', { facts, ...span[0] }))[0]!
      await client.query(`insert into ${relation} select * from arxdb_drained`)
      chunks += made
    })
    if (!went) return { chunks, rows, left: `${found.partition} is in use by others` }
    if (moved === 0) return { chunks, rows }
    rows += moved
  }
}

/** The rows of one width of a partition, from the oldest on. */
async function takeOut(client: Client, partition: string, relation: string, width: number): Promise<number> {
  await client.query(`create temp table arxdb_drained (like ${relation}) on commit drop`)
  const { rowCount } = await client.query(
    `with bounds as (
       select date_bin(make_interval(secs => $1::float8), min(timestamp), timestamptz '2000-01-01 00:00:00+00') as lower
         from ${partition}
     ), gone as (
       delete from ${partition} d using bounds b
         where d.timestamp >= b.lower and d.timestamp < b.lower + make_interval(secs => $1::float8)
         returning d.*
     )
     insert into arxdb_drained select * from gone`,
    [width],
  )
  return rowCount ?? 0
}
