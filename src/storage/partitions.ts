// Partitions and chunks made ahead of the rows: made inside a load they would hold its other connections up.
import { sqlState } from '../db/sqlstate.ts'
import { milliseconds } from './instant.ts'
import { reading, type StorageSession, writing } from './session.ts'

export interface Partitions {
  /** Makes what rows between the two moments (ISO 8601, both included) need; returns how many are new. */
  cover(since: string, until: string): Promise<number>
}

interface Range {
  readonly lower: number
  readonly upper: number
}

const TRIES = 5

/** Remembers what is there, so that a batch in known partitions costs no round trip. */
export function openPartitions(session: StorageSession, facts: 'prices' | 'candles' | 'analytics'): Partitions {
  let ranges: readonly Range[] | undefined

  const refresh = async (): Promise<void> => {
    const rows = await reading(session, (run) => run<{ lower: string; upper: string }>('storage/partitions', { facts }))
    ranges = rows.map(({ lower, upper }) => ({ lower: milliseconds(lower), upper: milliseconds(upper) }))
  }
  const covered = (since: number, until: number): boolean => {
    let at = since
    for (const { lower, upper } of ranges ?? []) if (lower <= at && upper > at) at = upper
    return at > until
  }
  const make = async (since: string, until: string): Promise<number> => {
    for (let tries = 1; ; tries++) {
      try {
        const [row] = await writing(session, (run) =>
          run<{ made: number }>('storage/ensure-partitions', { facts, since, until }),
        )
        return row!.made
      } catch (error) {
        // Another load makes the same ones, or a long transaction holds the table: it passes.
        if (tries === TRIES || !['55P03', '40P01', '42P07', '42P17'].includes(sqlState(error) ?? '')) throw error
      }
    }
  }
  return {
    async cover(since, until) {
      if (!ranges) await refresh()
      // Milliseconds are coarse enough: bounds of partitions are whole hours.
      if (covered(Date.parse(since), Date.parse(until))) return 0
      const made = await make(since, until)
      await refresh()
      return made
    },
  }
}
