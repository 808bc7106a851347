// Which WAL segments no kept backup can need any more. Pure.
import type { Manifest } from '../manifest.ts'

/** Of a name like wal/7343.../00000001/000000010000000000000003.zst; history files have no such name and always stay. */
const SEGMENT = /^wal\/(\d+)\/(?:[^/]+\/)*([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(?:[.-][^/]*)?$/

/** `0/3000028` as a position in bytes. */
export function positionOf(lsn: string): bigint {
  const [high, low] = lsn.split('/') as [string, string]
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

/** The segment's number, counted over all logs; a log is 4 GB of segments. */
const numberOf = (log: string, segment: string, segmentBytes: number): bigint =>
  BigInt(`0x${log}`) * (0x1_0000_0000n / BigInt(segmentBytes)) + BigInt(`0x${segment}`)

export interface WalPlan {
  readonly remove: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Segments before the first one that the oldest kept base backup of their cluster needs. Positions go on over timelines,
 * so the lowest start of all kept ones is a bound on each of them. A cluster without a kept base backup keeps all its
 * WAL: nothing says from where on it would be needed.
 */
export function walPlan(keys: readonly string[], kept: readonly Manifest[]): WalPlan {
  const starts = new Map<string, bigint>()
  const sizes = new Map<string, number>()
  for (const { kind, wal, server } of kept) {
    // pgBackRest has an archive of its own.
    if (wal === null || kind === 'pgbackrest') continue
    const start = positionOf(wal.start) / BigInt(wal.segmentBytes)
    const known = starts.get(server.systemId)
    starts.set(server.systemId, known === undefined || start < known ? start : known)
    sizes.set(server.systemId, wal.segmentBytes)
  }
  const without = new Set<string>()
  const remove = keys.filter((key) => {
    const [, systemId, , log, segment] = SEGMENT.exec(key) ?? []
    if (systemId === undefined) return false
    const start = starts.get(systemId)
    if (start === undefined) without.add(systemId)
    return start !== undefined && numberOf(log!, segment!, sizes.get(systemId)!) < start
  })
  const notes = [...without].map((id) => `no base backup of cluster ${id} is kept: all of its WAL stays`)
  return { remove, notes }
}
