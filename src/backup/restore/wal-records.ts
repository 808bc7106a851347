// Restore points and ends of transactions in one segment of WAL, by pg_waldump.
import { endianness } from 'node:os'
import { interrupted } from '../../db/session.ts'
import { type Env, serverEnv } from '../../programs/run.ts'
import { lsnBytes, lsnText } from '../wal/names.ts'

export type WalRecord =
  | { readonly kind: 'point'; readonly lsn: string; readonly name: string }
  | {
      readonly kind: 'end'
      readonly lsn: string
      /** As PostgreSQL compares it: without the epoch. */
      readonly xid: number
      /** Transactions inside of it, which end with it and are no targets. */
      readonly inside: readonly number[]
      readonly committed: boolean
      readonly at: string
    }

const MANAGER = { point: 'XLOG', end: 'Transaction' } as const
const HEAD = 'rmgr: '
const LSN = ', lsn: ([0-9A-F]+/[0-9A-F]+), prev [^,]+, desc: '
const POINT = new RegExp(`^rmgr: XLOG .*?${LSN}RESTORE_POINT ([^]*)$`)
const STAMP = String.raw`(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC`
const END = new RegExp(
  String.raw`^rmgr: Transaction .*?, tx: +(\d+)${LSN}(COMMIT|ABORT)(?:_PREPARED)?(?: (\d+):)? ${STAMP}`,
)
const INSIDE = /; subxacts: ([\d ]+)/

export interface Dumping {
  readonly program: string
  readonly env: Env
  readonly signal: AbortSignal
}

/**
 * The records of one kind from the start of the file `first` up to the LSN `end` in the file `last`, one at a time. What
 * cannot be read ends it without an error, as it ends a recovery.
 */
export async function* recordsOf(
  kind: WalRecord['kind'],
  { first, last, end }: { readonly first: string; readonly last: string; readonly end: string },
  { program, env, signal }: Dumping,
): AsyncGenerator<WalRecord> {
  const { execa } = await import('execa')
  const args = [`--rmgr=${MANAGER[kind]}`, `--end=${end}`, first, ...(last === first ? [] : [last])]
  const child = execa(program, args, {
    ...{ env: serverEnv(env), extendEnv: false, cwd: '/', reject: false, timeout: 600_000 },
    ...{ stdin: 'ignore', stderr: 'ignore', buffer: false, cancelSignal: signal },
  })
  // A name may hold line feeds: a record ends where the next one begins.
  let text: string | undefined
  for await (const line of child.iterable()) {
    if (!line.startsWith(HEAD)) {
      if (text !== undefined) text += `\n${line}`
      continue
    }
    const record = text === undefined ? undefined : readRecord(text)
    if (record) yield record
    text = line
  }
  await child
  if (signal.aborted) throw interrupted()
  const record = text === undefined ? undefined : readRecord(text)
  if (record) yield record
}

function readRecord(text: string): WalRecord | undefined {
  const [, lsn, name] = POINT.exec(text) ?? []
  if (lsn !== undefined) return { kind: 'point', lsn: plainLsn(lsn), name: name! }
  const [whole, own, place, how, prepared, day, time] = END.exec(text) ?? []
  if (whole === undefined) return undefined
  return {
    kind: 'end',
    lsn: plainLsn(place!),
    xid: Number(prepared ?? own),
    inside: (INSIDE.exec(text)?.[1] ?? '').trim().split(' ').filter(Boolean).map(Number),
    committed: how === 'COMMIT',
    at: `${day}T${time}Z`,
  }
}

/** pg_waldump writes zeros in front that nothing else of PostgreSQL writes. */
const plainLsn = (lsn: string): string => lsnText(lsnBytes(lsn))

/** Bytes of a segment behind it that hold the rest of a restore point's record. */
export const REST_BYTES = 65_536
const RECORD_HEAD = 24
const [SHORT_DATA, POINT_BYTES] = [255, 72]
const [LONG_PAGE_HEAD, SHORT_PAGE_HEAD] = [40, 24]
const EPOCH_2000 = Date.UTC(2000, 0, 1)

/**
 * When a restore point was made, which pg_waldump leaves out: out of its record at `offset` of the segment, or of the
 * beginning of the next one where it goes on there. Undefined where the bytes are not as expected.
 */
export function pointTime(segment: Buffer, offset: number, rest: Buffer | undefined): string | undefined {
  const little = endianness() === 'LE'
  const page = little ? segment.readUInt32LE(36) : segment.readUInt32BE(36)
  if (page < 1024 || page > 65_536) return undefined
  const record = Buffer.alloc(RECORD_HEAD + 10)
  let at = offset
  for (let filled = 0; filled < record.length; filled++, at++) {
    if (at % page === 0) at += at % segment.length === 0 ? LONG_PAGE_HEAD : SHORT_PAGE_HEAD
    const byte = at < segment.length ? segment[at] : rest?.[at - segment.length]
    if (byte === undefined) return undefined
    record[filled] = byte
  }
  if (record[RECORD_HEAD] !== SHORT_DATA || record[RECORD_HEAD + 1] !== POINT_BYTES) return undefined
  const micros = little ? record.readBigInt64LE(RECORD_HEAD + 2) : record.readBigInt64BE(RECORD_HEAD + 2)
  const whole = Number(micros / 1_000_000n)
  if (Math.abs(whole) > 8e12) return undefined
  const seconds = new Date(EPOCH_2000 + whole * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(micros % 1_000_000n).padStart(6, '0')}Z`
}
