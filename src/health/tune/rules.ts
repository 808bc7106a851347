// What the rules of tuning are written in, and all of them together.
import type { Machine } from './machine.ts'
import { autovacuum } from './rules/autovacuum.ts'
import { logging } from './rules/logging.ts'
import { memory } from './rules/memory.ts'
import { planner } from './rules/planner.ts'
import { safety } from './rules/safety.ts'
import { wal } from './rules/wal.ts'
import { workers } from './rules/workers.ts'

export const WORKLOADS = ['mixed', 'ingest', 'analytics'] as const
export type Workload = (typeof WORKLOADS)[number]
export const STORAGES = ['ssd', 'hdd'] as const
export type Storage = (typeof STORAGES)[number]

/** All that a rule may look at. */
export interface Ground {
  readonly machine: Machine
  readonly workload: Workload
  readonly storage: Storage
  /** As server_version_num. */
  readonly version: number
  /** Its library is loaded. */
  readonly timescaledb: boolean
  /** That can be connected to. */
  readonly databases: number
  /** Background jobs of TimescaleDB. */
  readonly jobs: number
  readonly tables: number
  /** Locks that a statement over all of the largest table takes: each chunk, and each index of it. */
  readonly largest: number
  /** Of the table that has most. */
  readonly chunks: number
  /** What max_connections is now. */
  readonly connections: number
  /** Free bytes where WAL is written; undefined where that is not known. */
  readonly walFree: number | undefined
  /** The values that an enumerated setting of this server takes. */
  choices(setting: string): readonly string[]
}

/** What one setting should be. */
export interface Wish {
  readonly setting: string
  /** Bytes, milliseconds, a count or a share; or a word. */
  readonly value: number | string
  /** Where other values are as good: more than this, less but not nothing, or one of several words. */
  readonly enough?: 'more' | 'less' | readonly string[] | undefined
  readonly reason: string
}

export type Rule = (ground: Ground) => readonly Wish[]

const GROUPS: Readonly<Record<string, Rule>> = { memory, workers, wal, planner, autovacuum, logging, safety }

export interface GroupedWish extends Wish {
  readonly group: string
}

/** Every recommendation for that ground, in the order that they are shown. */
export const wishes = (ground: Ground): readonly GroupedWish[] =>
  Object.entries(GROUPS).flatMap(([group, rule]) => rule(ground).map((wish) => ({ ...wish, group })))
