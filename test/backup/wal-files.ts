// Files as PostgreSQL hands them to its archiver, made by hand: small ones, of any cluster, timeline and place.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { segmentName } from '../../src/backup/wal/names.ts'

export const SEGMENT = 1 << 20
export const SYSTEM = '7400000000000000001'

export interface Wanted {
  readonly number: number
  readonly timeline?: number
  readonly systemId?: string
  readonly segmentBytes?: number
  /** What stands behind the header. */
  readonly fill?: string
  readonly magic?: number
}

/** The bytes of a whole segment: a long page header, and content that compresses. */
export function segment({ number, timeline = 1, systemId = SYSTEM, segmentBytes = SEGMENT, ...rest }: Wanted): Buffer {
  const bytes = Buffer.alloc(segmentBytes, rest.fill ?? `segment ${number} `)
  bytes.writeUInt16LE(rest.magic ?? 0xd110, 0)
  bytes.writeUInt16LE(0x0002, 2)
  bytes.writeUInt32LE(timeline, 4)
  bytes.writeBigUInt64LE(BigInt(number) * BigInt(segmentBytes), 8)
  bytes.writeBigUInt64LE(BigInt(systemId), 24)
  bytes.writeUInt32LE(segmentBytes, 32)
  bytes.writeUInt32LE(8192, 36)
  return bytes
}

export const nameOf = ({ number, timeline = 1, segmentBytes = SEGMENT }: Wanted): string =>
  segmentName(timeline, number, segmentBytes)

/** A data directory with nothing but a control file's first bytes and a pg_wal. */
export function dataDirectory(folder: string, systemId = SYSTEM): string {
  for (const name of ['global', 'pg_wal/archive_status']) mkdirSync(join(folder, name), { recursive: true })
  const control = Buffer.alloc(64)
  control.writeBigUInt64LE(BigInt(systemId))
  writeFileSync(join(folder, 'global/pg_control'), control)
  return folder
}

/** Puts a segment into pg_wal, marked as ready for the archiver; its name. */
export function ready(data: string, wanted: Wanted): string {
  const name = nameOf(wanted)
  writeFileSync(join(data, 'pg_wal', name), segment(wanted))
  writeFileSync(join(data, 'pg_wal/archive_status', `${name}.ready`), '')
  return name
}
