// What a config asks for that the tier at hand does not have.
import type { Tier } from '../engines/engine.ts'
import type { WrittenPolicy } from './wanted.ts'

const GIVES: Readonly<Record<Exclude<Tier, 'community'>, string>> = {
  plain: 'TimescaleDB, Community edition, in a database that is migrated with it',
  apache: 'the Community edition of TimescaleDB: its package without "oss", and timescaledb.license = timescale',
}

/**
 * One sentence a table: which of its settings cannot be kept here, and what would give them. Nothing of what is usual
 * where nobody asked for it.
 */
export function lacking(written: Readonly<Record<string, WrittenPolicy>>, tier: Tier): readonly string[] {
  if (tier === 'community') return []
  return Object.entries(written).flatMap(([table, { enabled, compressAfter, mergeTo, segmentBy, orderBy }]) => {
    if (enabled === false) return []
    const asked = Object.entries({
      compressAfter: compressAfter === 'never' ? undefined : compressAfter,
      mergeTo: mergeTo === 'never' ? undefined : mergeTo,
      segmentBy,
      orderBy,
    }).flatMap(([key, value]) => (value === undefined ? [] : [key]))
    if (asked.length === 0) return []
    return [`${table}: ${asked.join(', ')} cannot be kept here; it takes ${GIVES[tier]}`]
  })
}
