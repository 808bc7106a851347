// What can be asked on a connection, inside the client's own short transactions or inside the caller's.
import type pg from 'pg'
import type { Operations } from './api.ts'
import type { Counters } from './counters.ts'
import { parameter } from './encode.ts'
import { queryTimeRange } from './time-range.ts'
import { timeWeightedAverage } from './time-weighted.ts'
import { updateVersioned } from './versioned.ts'

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
