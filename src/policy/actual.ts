// What the database is: tables and their settings, jobs, and what was applied before. A constant number of statements.
import { qualified, tableName } from '../db/identifier.ts'
import type { Tier } from '../engines/engine.ts'
import type { Run, StorageSession } from '../storage/session.ts'
import { type Facts, factsOf } from './names.ts'
import type { TablePolicy } from './wanted.ts'

export interface Table {
  readonly relation: string
  readonly kind: 'hypertable' | 'partitioned' | 'table' | 'other' | 'missing'
  readonly time_column: string | null
  /** `timestamp with time zone`, `date`, `bigint` ... */
  readonly time_type: string | null
  /** Seconds. */
  readonly chunk_interval: number | null
  readonly columnstore: boolean
  readonly segment_by: string | null
  readonly order_by: string | null
  readonly merge_to: number | null
}

export interface Job {
  readonly relation: string
  readonly job_id: number
  readonly proc: 'policy_compression' | 'policy_retention'
  /** Seconds after which rows are compressed, or dropped. */
  readonly after: number | null
  readonly scheduled: boolean
  readonly schedule_interval: number
  readonly next_start: string | null
  readonly last_run: string | null
  readonly last_success: string | null
  readonly last_status: string | null
  readonly failures: number
  readonly last_error: string | null
  readonly last_error_at: string | null
  readonly held_until: string | null
}

/** One table as it is, beside what it is to be. */
export interface Subject {
  readonly policy: TablePolicy
  readonly facts: Facts | undefined
  /** Quoted, for SQL: `"arxdb"."candles"`. */
  readonly relation: string
  readonly table: Table
  readonly jobs: readonly Job[]
  /** What `policy apply` wrote down last. */
  readonly applied: TablePolicy | undefined
}

export interface Survey {
  readonly tier: Tier
  /** Whether the extension speaks of columnstores; older ones only of compression. */
  readonly columnstore: boolean
  /** The server's clock: the client's may be wrong, and rows are thrown away by it. */
  readonly now: string
  readonly subjects: readonly Subject[]
  /** Of candles that are there; empty where no policy asks. */
  readonly timeframes: readonly string[]
  /** Policies that were applied to tables that the config does not name any more. */
  readonly forgotten: readonly TablePolicy[]
}

export interface Applied {
  readonly table_name: string
  readonly policy: TablePolicy
  readonly applied_at: string
  readonly applied_by: string
}

/** The name as SQL, exactly as written: `public.Ticks` is the table that was made as "Ticks". */
export const relationOf = (table: string): string => qualified(tableName(table))

/** Reads all that a plan needs. */
export async function survey(session: StorageSession, run: Run, wanted: readonly TablePolicy[]): Promise<Survey> {
  const relations = wanted.map(({ table }) => relationOf(table))
  const [words] = await run<{ columnstore: boolean; now: string }>('policy/dialect')
  const tables = await run<Table>('policy/tables', { relations })
  const jobs = await run<Job>('policy/jobs', { relations })
  const applied = await run<Applied>('policy/applied')
  const named = wanted.some(({ retain_by }) => Object.keys(retain_by).length > 0)
  const held = named ? await run<{ timeframe: string }>('policy/timeframes') : []
  const subjects = wanted.map((policy, index): Subject => {
    const relation = relations[index]!
    return {
      ...{ policy, relation, facts: factsOf(policy.table) },
      table: tables.find((table) => table.relation === relation)!,
      jobs: jobs.filter((job) => job.relation === relation),
      applied: applied.find(({ table_name }) => table_name === policy.table)?.policy,
    }
  })
  const forgotten = applied.filter(({ table_name }) => !wanted.some(({ table }) => table === table_name))
  return {
    ...{ tier: session.tier, ...words!, subjects },
    timeframes: held.map(({ timeframe }) => timeframe),
    forgotten: forgotten.map(({ policy }) => policy),
  }
}
