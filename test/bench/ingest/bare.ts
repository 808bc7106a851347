// arxdb's own path with the guards taken out: bytes to rows to COPY on two connections. No row is checked, no content
// hashed, nothing booked in the ledger. What a real load takes longer is what exactly-once and the checks cost.
import type { Connection } from '../../../src/connect/connection.ts'
import { copyIn } from '../../../src/db/copy.ts'
import { refreshStatistics } from '../../../src/ingest/load/after-load.ts'
import { openLanes } from '../../../src/ingest/load/lanes.ts'
import { openMarkets } from '../../../src/ingest/load/market.ts'
import { columnList } from '../../../src/ingest/load/merge.ts'
import { pump } from '../../../src/ingest/load/pump.ts'
import { openWorkshop } from '../../../src/ingest/load/workshop.ts'
import { makePlan } from '../../../src/ingest/plan/planner.ts'
import { sniff } from '../../../src/ingest/plan/sniff.ts'
import { recycle, type Spare, sealed } from '../../../src/ingest/rows/batch.ts'
import { batchSize } from '../../../src/ingest/rows/batch-size.ts'
import { newRewriter } from '../../../src/ingest/rows/rewrite.ts'
import { openSource } from '../../../src/ingest/sources/source.ts'
import type { Input } from './inputs.ts'

/** Loads a file into a table whose partitions are there already; returns how many rows went in. */
export async function loadBare(connection: Connection, { file, flags }: Input, jobs: number): Promise<number> {
  const { signal } = new AbortController()
  const source = await openSource(file, { signal })
  const plan = await makePlan(file, await sniff(file, source.head, source.whole), flags)
  const workshop = await openWorkshop(connection, jobs)
  const { clerk } = workshop
  const sql = `copy arxdb.${plan.target.relation} (${columnList(plan)}) from stdin (format binary)`
  const spare: Spare = []
  const progress = { made: 0, read: 0, total: source.bytes, lanes: jobs }
  const lanes = openLanes(jobs, async (lane, batch) => {
    await copyIn(workshop.lanes[lane]!.client, sql, [sealed(batch)])
    recycle(batch, spare)
  })
  const markets = openMarkets(clerk, plan, 0)
  const rewriter = newRewriter({
    ...{ plan, spare, now: new Date(), checked: false },
    resolve: (key) => markets.resolve(key),
    size: () => batchSize(progress),
    async onBatch(batch) {
      progress.made += batch.length
      await lanes.put(batch)
    },
  })
  try {
    await pump({
      ...{ source, rewriter, signal, rate: undefined, extent: { from: 0, to: undefined } },
      onBytes: () => {},
      onStep(read) {
        progress.read = read
      },
    })
    await rewriter.end()
    await Promise.all([lanes.drain(), refreshStatistics(clerk, plan, rewriter.rows)])
    return rewriter.rows
  } finally {
    await workshop.close()
    await source.close()
  }
}
