// The noon around which the edges lie, and a database of a tier to ask about it.
import type pg from 'pg'
import { afterAll, beforeAll, expect } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { migratedDatabase, type TestDatabase, type Tier } from '../servers/databases.ts'
import { type AskRows, asking, putTicks, uneven } from './facts.ts'
import { type Bar, iso, MINUTE, type Micros, micros, type Tick } from './oracle.ts'

export const NOON = micros('2025-06-01T12:00:00Z')
export const at = (minutes: number, more: Micros = 0n): Micros => NOON + BigInt(minutes) * MINUTE + more
export const tick = (minutes: number, price: string, more: Micros = 0n): Tick => ({ at: at(minutes, more), price })
export const bar = (minutes: number, price: string, volume: string | null): Bar => ({
  at: at(minutes),
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
})
export const window = (from: Micros, to: Micros) => ['--from', iso(from), '--to', iso(to)]

export const UNEVEN = uneven(NOON)

/** Opens a database for the tests of a `describe`, with uneven ticks in it; what it gives works once they run. */
export function edges(tier: Tier) {
  let database: TestDatabase
  let open: pg.Client
  let asked: AskRows

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    open = await openClient(database.connection)
    asked = asking(database)
    await putTicks(open, { coin: 'uneven', exchange: 'alpha' }, UNEVEN)
  })
  afterAll(async () => {
    await open?.end()
    await database?.drop()
  })

  const ask: AskRows = (argv, now) => asked(argv, now)
  return {
    ask,
    client: (): pg.Client => open,
    /** The rows of one exchange, of the combined figure where that is null. */
    async rowsOf(argv: readonly string[], exchange: string | null = 'alpha', now?: string) {
      const { code, rows, stderr } = await ask(argv, now)
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
      return rows.filter((row) => row.exchange_id === exchange)
    },
  }
}
