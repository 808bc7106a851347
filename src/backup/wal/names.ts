// Names of what PostgreSQL archives, and arithmetic on segments. A segment's name is three numbers of eight hex digits:
// timeline, the upper half of its LSN, and its place among those of that half - so it rolls over after FF at 16 MB, and
// after another number at another size.
import { ArxError } from '../../errors.ts'
import type { WalRange } from '../manifest.ts'

export type WalFile =
  | { readonly kind: 'segment' | 'partial'; readonly name: string; readonly timeline: number }
  | { readonly kind: 'history'; readonly name: string; readonly timeline: number }
  /** Where a base backup began, for people. */
  | { readonly kind: 'backup'; readonly name: string; readonly timeline: number }

const HEX8 = '[0-9A-F]{8}'
const FILE = new RegExp(`^(${HEX8})(?:(?:${HEX8}){2}(\\.partial|\\.${HEX8}\\.backup)?|(\\.history))$`)

/** What a file of pg_wal is, by its name; undefined for anything that no archiver hands over. */
export function walFile(name: string): WalFile | undefined {
  const match = FILE.exec(name)
  if (!match) return undefined
  const timeline = Number.parseInt(match[1]!, 16)
  const kind = match[3] ? 'history' : match[2] === '.partial' ? 'partial' : match[2] ? 'backup' : 'segment'
  return { kind, name, timeline }
}

const hex8 = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')

const perHalf = (segmentBytes: number): number => 0x1_0000_0000 / segmentBytes

/** Sizes that initdb --wal-segsize gives: powers of two from 1 MB to 1 GB. */
export const isSegmentSize = (bytes: number): boolean =>
  bytes >= 1 << 20 && bytes <= 1 << 30 && (bytes & (bytes - 1)) === 0

/** The number of a segment in the order of the WAL, whatever its timeline. */
export const segmentNumber = (name: string, segmentBytes: number): number =>
  Number.parseInt(name.slice(8, 16), 16) * perHalf(segmentBytes) + Number.parseInt(name.slice(16, 24), 16)

/** The name of that segment on a timeline. */
export const segmentName = (timeline: number, number: number, segmentBytes: number): string =>
  hex8(timeline) + hex8(Math.floor(number / perHalf(segmentBytes))) + hex8(number % perHalf(segmentBytes))

export const historyName = (timeline: number): string => `${hex8(timeline)}.history`

/** `0/3000028` as a number of bytes. */
export function lsnBytes(lsn: string): bigint {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(lsn)
  if (!match) throw new ArxError({ code: 'lsn', message: `"${lsn}" is no LSN` })
  return (BigInt(`0x${match[1]}`) << 32n) + BigInt(`0x${match[2]}`)
}

/** A number of bytes as PostgreSQL writes it. */
export const lsnText = (bytes: bigint): string =>
  `${(bytes >> 32n).toString(16).toUpperCase()}/${(bytes & 0xffff_ffffn).toString(16).toUpperCase()}`

/** The segment that holds the byte at an LSN. */
export const segmentAt = (lsn: string, segmentBytes: number): number => Number(lsnBytes(lsn) / BigInt(segmentBytes))

/** The segment that holds the last byte before an LSN: an end that is a boundary needs no more than what lies before. */
export const segmentBefore = (lsn: string, segmentBytes: number): number =>
  Number((lsnBytes(lsn) - 1n) / BigInt(segmentBytes))

/** Names of the segments that a range of WAL lies in, in order. */
export function segmentsOf({ timeline, start, end, segmentBytes }: WalRange): readonly string[] {
  const [first, last] = [segmentAt(start, segmentBytes), segmentBefore(end, segmentBytes)]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => segmentName(timeline, first + i, segmentBytes))
}

/** Below it lies what was archived of a cluster. */
export const walFolder = (systemId: string): string => `wal/${systemId}/`

/** Where a file lies in a repository. */
export const walKey = (systemId: string, name: string): string => `${walFolder(systemId)}${name.slice(0, 8)}/${name}`
