// What can be asked on a connection, inside the client's own short transactions or inside the caller's.
import type pg from 'pg'
import type { Counters } from './counters.ts'
import { parameter } from './encode.ts'
import type { Row } from './rows.ts'
import { type Instant, queryTimeRange, type TimeRangeOptions } from './time-range.ts'
import { type TimeWeightedOptions, type TimeWeightedRow, timeWeightedAverage } from './time-weighted.ts'
import { updateVersioned } from './versioned.ts'

export interface QueryOptions {
  /** Prepares the statement under this name, once per connection; without effect behind a pooler. */
  readonly name?: string
}

export interface Operations {
  /** Runs one statement, $1... for its parameters. numeric comes as string, times as ISO 8601 in UTC. */
  query<R extends object = Record<string, unknown>>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<readonly R[]>
  /** Rows with from <= time < to, by time. */
  queryTimeRange<R extends object = Record<string, unknown>>(
    table: string,
    from: Instant,
    to: Instant,
    options?: TimeRangeOptions,
  ): Promise<readonly R[]>
  /** Time-weighted average per bucket: the last value holds until the next, or until it is stale. */
  timeWeightedAverage(
    table: string,
    valueColumn: string,
    timeColumn: string,
    interval: string,
    options: TimeWeightedOptions,
  ): Promise<readonly TimeWeightedRow[]>
  /** Changes a row only if its version is the expected one, and counts it up; else ArxError `conflict`. */
  updateVersioned<R extends object = Record<string, unknown>>(
    table: string,
    key: Row,
    expectedVersion: number | bigint | string,
    changes: Row,
    versionColumn?: string,
  ): Promise<R>
}

/** Lends a connection for one operation, in a transaction. */
export type Lend = <T>(access: 'read' | 'write', work: (client: pg.ClientBase) => Promise<T>) => Promise<T>

/** `allowNames` is asked once, by the first query that has a name. */
export function operations(
  lend: Lend,
  counters: Counters,
  allowNames: (client: pg.ClientBase) => Promise<boolean>,
): Operations {
  const counted: Lend = (access, work) => counters.measure(() => lend(access, work))
  return {
    query: (text, params = [], { name } = {}) =>
      counted('write', async (client) => {
        const named = name !== undefined && (await allowNames(client)) ? { name } : {}
        return (await client.query({ text, values: params.map(parameter), ...named })).rows
      }),
    queryTimeRange: (...args) => counted('read', (client) => queryTimeRange(client, ...args)),
    timeWeightedAverage: (...args) => counted('read', (client) => timeWeightedAverage(client, ...args)),
    updateVersioned: (...args) => counted('write', (client) => updateVersioned(client, ...args)),
  }
}
