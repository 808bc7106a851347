// The state a table is to be in: what the config says of it, over what is usual for it.
import { parseDuration } from '../duration.ts'
import type { Tier } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { byTable, type Facts, factsOf } from './names.ts'
import { isTimeframe, knownText } from './timeframes.ts'

/** As in a config file; see config/schema.ts. */
export interface WrittenPolicy {
  readonly enabled?: boolean | undefined
  readonly chunkInterval?: string | undefined
  readonly mergeTo?: string | undefined
  readonly segmentBy?: readonly string[] | undefined
  readonly orderBy?: readonly string[] | undefined
  readonly compressAfter?: string | undefined
  readonly retainFor?: string | Readonly<Record<string, string>> | undefined
  readonly rollups?: boolean | undefined
  readonly refreshWindow?: { readonly start?: string | undefined; readonly end?: string | undefined } | undefined
}

/** Lengths of time are seconds; null is never, forever, or nothing. This is what arxdb.policies keeps. */
export interface TablePolicy {
  /** `arxdb.candles`, `public.ticks`. */
  readonly table: string
  readonly enabled: boolean
  readonly chunk_interval: number
  readonly merge_to: number | null
  readonly segment_by: readonly string[]
  readonly order_by: readonly string[]
  readonly compress_after: number | null
  /** Of all rows, and of timeframes that `retain_by` does not name. */
  readonly retain_for: number | null
  /** By timeframe: candles only. */
  readonly retain_by: Readonly<Record<string, number | null>>
  readonly rollups: boolean
  readonly refresh_start: number | null
  readonly refresh_end: number
}

const DAY = 86_400

/** An own table is what its owner says: nothing is rolled up or thrown away. */
const OTHER: Omit<TablePolicy, 'table'> = {
  enabled: true,
  chunk_interval: 7 * DAY,
  merge_to: null,
  segment_by: [],
  order_by: [],
  compress_after: 7 * DAY,
  retain_for: null,
  retain_by: {},
  rollups: false,
  refresh_start: null,
  refresh_end: 0,
}

const FACTS: Readonly<Record<Facts, Omit<TablePolicy, 'table'>>> = {
  prices: {
    ...OTHER,
    chunk_interval: 30 * DAY,
    merge_to: 360 * DAY,
    segment_by: ['market_id'],
    order_by: ['timestamp'],
    rollups: true,
  },
  candles: {
    ...OTHER,
    chunk_interval: 90 * DAY,
    merge_to: 360 * DAY,
    segment_by: ['market_id'],
    order_by: ['timestamp'],
    compress_after: 3 * DAY,
    rollups: true,
  },
  analytics: {
    ...OTHER,
    chunk_interval: 365 * DAY,
    segment_by: ['exchange_id'],
    order_by: ['timestamp'],
    compress_after: DAY,
  },
}

/** Where chunks are merged once they are compressed, the one being written can be small. */
const COMMUNITY: Partial<Record<Facts, Partial<TablePolicy>>> = { candles: { chunk_interval: 30 * DAY } }

/** The policies of arxdb's own tables, and of those that the config names, in that order. */
export function wantedPolicies(written: Readonly<Record<string, WrittenPolicy>>, tier: Tier): readonly TablePolicy[] {
  const named = byTable(written)
  const own = Object.keys(FACTS).map((name) => `arxdb.${name}`)
  const others = [...named.keys()].filter((table) => !own.includes(table))
  return [...own, ...others].map((table) => settle(table, named.get(table) ?? {}, tier))
}

function settle(table: string, written: WrittenPolicy, tier: Tier): TablePolicy {
  const facts = factsOf(table)
  const usual = facts ? { ...FACTS[facts], ...(tier === 'community' ? COMMUNITY[facts] : {}) } : OTHER
  const retain = retention(table, written.retainFor)
  const interval = seconds(written.chunkInterval) ?? usual.chunk_interval
  const policy: TablePolicy = {
    table,
    enabled: written.enabled ?? usual.enabled,
    chunk_interval: interval,
    merge_to: null,
    segment_by: written.segmentBy ?? usual.segment_by,
    order_by: (written.orderBy ?? usual.order_by).map(tidyOrder),
    compress_after: lengthOr('never', written.compressAfter, usual.compress_after),
    ...retain,
    rollups: written.rollups ?? usual.rollups,
    refresh_start: lengthOr('forever', written.refreshWindow?.start, usual.refresh_start),
    refresh_end: seconds(written.refreshWindow?.end) ?? usual.refresh_end,
  }
  check(policy)
  const merge = lengthOr('never', written.mergeTo, usual.merge_to)
  return {
    ...policy,
    merge_to: written.mergeTo === undefined ? usualMerge(policy, merge) : checkedMerge(policy, merge),
  }
}

/** What is merged goes as one: so wide that retention is late by a quarter of itself at most. */
function usualMerge({ chunk_interval, retain_for, retain_by }: TablePolicy, usual: number | null): number | null {
  if (usual === null) return null
  const kept = [retain_for, ...Object.values(retain_by)].filter((length) => length !== null)
  const most = Math.min(usual, ...kept.map((length) => length / 4))
  const times = Math.floor(most / chunk_interval)
  return times > 1 ? times * chunk_interval : null
}

function checkedMerge({ table, chunk_interval }: TablePolicy, merge: number | null): number | null {
  if (merge !== null && merge % chunk_interval !== 0)
    throw usageError(`policy of ${table}: mergeTo is no multiple of chunkInterval`, 'write 30d and 360d')
  return merge === chunk_interval ? null : merge
}

const HOUR = 3_600

function check({ table, chunk_interval, retain_by, retain_for, segment_by, order_by, rollups }: TablePolicy): void {
  const facts = factsOf(table)
  if (chunk_interval < HOUR) throw usageError(`policy of ${table}: chunkInterval is below an hour`, 'write 7d')
  if (chunk_interval % HOUR !== 0) throw usageError(`policy of ${table}: chunkInterval is no whole hours`, 'write 7d')
  if (facts !== 'candles' && Object.keys(retain_by).length > 0)
    throw usageError(`policy of ${table}: only candles have timeframes to retain by`, 'write one length: "90d"')
  if (facts === undefined && rollups) throw usageError(`policy of ${table}: only prices and candles are rolled up`)
  for (const length of [retain_for, ...Object.values(retain_by)])
    if (length !== null && length < HOUR)
      throw usageError(`policy of ${table}: retainFor is below an hour`, 'write 90d, or forever')
  const both = segment_by.find((column) => order_by.some((order) => order.split(' ')[0] === column))
  if (both !== undefined) throw usageError(`policy of ${table}: ${both} is in segmentBy and in orderBy`)
}

function retention(table: string, written: WrittenPolicy['retainFor']): Pick<TablePolicy, 'retain_for' | 'retain_by'> {
  if (typeof written !== 'object') return { retain_for: lengthOr('forever', written, null), retain_by: {} }
  const lengths = Object.entries(written).map(([name, text]) => [name, lengthOr('forever', text, null)] as const)
  const wrong = lengths.find(([name]) => name !== '*' && !isTimeframe(name))
  if (wrong) throw usageError(`policy of ${table}: "${wrong[0]}" is no timeframe`, knownText())
  return {
    retain_for: lengths.find(([name]) => name === '*')?.[1] ?? null,
    retain_by: Object.fromEntries(lengths.filter(([name]) => name !== '*')),
  }
}

/** `Time  DESC` as `Time desc`: a column keeps its letters. */
function tidyOrder(order: string): string {
  const [column, direction] = order.trim().split(/\s+/)
  return direction?.toLowerCase() === 'desc' ? `${column} desc` : column!
}

const seconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseDuration(text) / 1000

const lengthOr = (word: string, text: string | undefined, otherwise: number | null): number | null =>
  text === word ? null : (seconds(text) ?? otherwise)
