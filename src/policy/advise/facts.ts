// What advice is made from, and what it looks like.
import type { Tier } from '../../engines/engine.ts'
import type { TablePolicy } from '../wanted.ts'
import type { Part } from './interval.ts'
import type { Arrivals } from './lateness.ts'

/** A table's settings as they are; null where the server has no such. Lengths are seconds. */
export interface ActualSettings {
  readonly chunk_interval: number | null
  readonly segment_by: readonly string[] | null
  readonly order_by: readonly string[] | null
  readonly compress_after: number | null
}

export interface TableFacts {
  readonly policy: TablePolicy
  /** False: no config names it, and the policy is the table as it is. */
  readonly configured: boolean
  readonly actual: ActualSettings
  readonly time_column: string
  readonly indexes: number
  /** First columns of indexes, without the time. */
  readonly leading: readonly string[]
  /** Partitions or chunks that hold rows, and the time they cover together. */
  readonly parts: number
  readonly span: number
  /** Newest first. */
  readonly recent: readonly Part[]
  /** Values by column in a partition, as far as they are known. */
  readonly distinct: Readonly<Record<string, number>>
  /** Columns whose values were counted in a small sample only. */
  readonly guessed: readonly string[]
  /** Null: nothing tells when rows of this table came. */
  readonly arrivals: Arrivals | null
}

export interface ServerFacts {
  readonly tier: Tier
  /** Bytes. */
  readonly memory: number
  readonly locks_per_transaction: number
  /** Locks that all transactions together can hold. */
  readonly lock_slots: number
  readonly autovacuum: boolean
}

export interface AdviceRow {
  readonly table: string
  readonly setting: string
  /** As wanted; null where no config names the table. */
  readonly now: string | null
  /** As it is, where that is something else. */
  readonly actual: string | null
  readonly advised: string | null
  readonly change: boolean
  /** False: too little is known, and what is there is kept. */
  readonly confident: boolean
  /** Rows or imports that it rests on. */
  readonly n: number
  readonly reason: string
  /** What to write in a config file, as JSON; null where nothing changes, or no config has it. */
  readonly entry: string | null
}

/** One setting as it is written in a config. */
export type Patch = Readonly<Record<string, string | readonly string[]>>

/** Before it is a row: what is advised, in words and as it is written. */
export interface Finding {
  readonly setting: string
  readonly now: string
  readonly actual?: string | null
  readonly advised: string
  readonly confident: boolean
  readonly n: number
  readonly reason: string
  readonly patch?: Patch | undefined
}
