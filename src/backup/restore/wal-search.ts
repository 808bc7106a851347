// Looks a restore point, or the end of a transaction, up in the archive before anything is restored: PostgreSQL would tell
// that it is not there only after it had replayed everything.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { step } from '../../steps.ts'
import { lsnBytes, lsnText, segmentName, segmentNumber } from '../wal/names.ts'
import type { Candidate } from './choose.ts'
import { inScratch } from './scratch.ts'
import type { RecoveryTarget } from './target.ts'
import { pathOf, type Spot, timelineAt } from './wal-path.ts'
import { pointTime, REST_BYTES, recordsOf, type WalRecord } from './wal-records.ts'
import type { WalSource } from './wal-source.ts'

/** What has to be looked up; where all else is, is known without. */
export type Sought = Extract<RecoveryTarget, { kind: 'name' | 'xid' }>

export interface Place extends Spot {
  readonly what: 'restore point' | 'commit' | 'rollback'
  readonly at: string | undefined
}

type End = Extract<WalRecord, { kind: 'end' }>

export interface WalSearch {
  /** Reads what was not read yet of the WAL behind a backup, newest first; the end of a transaction is there once. */
  along(candidate: Candidate): Promise<void>
  readonly places: readonly Place[]
  /** Restore points that were seen, newest first; some of the newest, each name once. */
  readonly points: readonly { readonly name: string; readonly at: string | undefined }[]
  /** The oldest and the newest transaction of which an end was seen. */
  readonly ends: readonly End[]
  /** The transaction that the sought one was only a part of. */
  readonly outer: number | undefined
  /** Segments that were read. */
  readonly segments: number
  readonly damaged: readonly string[]
}

export interface SearchOptions {
  readonly sought: Sought
  readonly program: string
  readonly env: Env
  readonly signal: AbortSignal
  progress(text: string): void
}

/** As many segments are held at once while they are checked. */
const AHEAD_BYTES = 64 << 20
/** A record that goes on in the next segment ends within so many bytes of it: one of a million subtransactions does. */
const OVERLAP = 4 << 20
/** Restore points that are remembered to be told. */
const REMEMBERED = 10

/** Opens a search for the time of `body`. */
export function searching<T>(options: SearchOptions, body: (search: WalSearch) => Promise<T>): Promise<T> {
  return inScratch((folder) => body(new Search(options, folder)))
}

/** A segment as it lies in the folder, with its beginning. */
interface Kept {
  readonly name: string
  readonly file: string
  readonly head: Buffer
}

class Search implements WalSearch {
  readonly places: Place[] = []
  points: readonly { name: string; at: string | undefined; lsn: string }[] = []
  ends: readonly End[] = []
  outer: number | undefined
  segments = 0
  readonly damaged: string[] = []
  private readonly done = new Set<string>()
  /** What was read last, and follows what is read next. */
  private kept: Kept | undefined
  private readonly options: SearchOptions
  private readonly folder: string

  constructor(options: SearchOptions, folder: string) {
    this.options = options
    this.folder = folder
  }

  async along(candidate: Candidate): Promise<void> {
    const { home } = candidate
    const { segmentBytes } = home.archive
    const path = pathOf(candidate)
    const isOpen = (name: string): boolean => !this.done.has(`${home.where} ${name}`)
    const open = path.filter(isOpen).reverse()
    const fetched = fetchAhead(open, home.source, segmentBytes, this.options.signal)
    let left = open.length
    try {
      for (const name of open) {
        if (this.options.sought.kind === 'xid' && this.places.length > 0) return
        this.options.progress(`scanning WAL: ${this.segments} segments, ${left--} to go behind this backup`)
        const bytes = await this.whole(name, () => fetched.of(name))
        this.done.add(`${home.where} ${name}`)
        const next = path[path.indexOf(name) + 1]
        if (!bytes) this.kept = undefined
        else await this.look(candidate, name, bytes, next)
      }
    } finally {
      await fetched.close()
    }
  }

  /** One that is damaged ends a recovery, and not the search: what is sought may lie before it. */
  private async whole(name: string, fetch: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    try {
      return await fetch()
    } catch (error) {
      if (!(error instanceof ArxError) || error.code !== 'wal-damaged') throw error
      if (!this.damaged.includes(name)) this.damaged.push(name)
      return undefined
    }
  }

  private async look(candidate: Candidate, name: string, bytes: Buffer, next: string | undefined): Promise<void> {
    const { sought } = this.options
    const { segmentBytes } = candidate.home.archive
    const number = segmentNumber(name, segmentBytes)
    const end = BigInt(number + 1) * BigInt(segmentBytes)
    const follower =
      next && segmentNumber(next, segmentBytes) === number + 1 ? await this.follower(candidate, next) : undefined
    const current = await this.lay(name, bytes, segmentBytes)
    const behind = follower ? BigInt(Math.min(segmentBytes, OVERLAP)) : 0n
    const span = { first: current.file, last: follower?.file ?? current.file, end: lsnText(end + behind) }
    for await (const record of recordsOf(sought.kind === 'name' ? 'point' : 'end', span, this.options)) {
      const lsn = lsnBytes(record.lsn)
      // What begins in the next one was seen there.
      if (lsn >= end) continue
      const at =
        record.kind === 'end' ? record.at : pointTime(bytes, Number(lsn % BigInt(segmentBytes)), follower?.head)
      this.note(record, at, timelineAt(candidate, record.lsn))
    }
    if (follower && follower !== current) await rm(follower.file, { force: true })
    this.kept = current
    this.segments++
    step('scanned', name)
  }

  private async follower({ home }: Candidate, name: string): Promise<Kept | undefined> {
    if (this.kept?.name === name) return this.kept
    const bytes = await this.whole(name, () => home.source.fetch(name, this.options.signal))
    return bytes && this.lay(name, bytes, home.archive.segmentBytes)
  }

  /** All under one timeline: pg_waldump looks for the next file by its name, and a recovery changes over. */
  private async lay(name: string, bytes: Buffer, segmentBytes: number): Promise<Kept> {
    const file = join(this.folder, segmentName(1, segmentNumber(name, segmentBytes), segmentBytes))
    await writeFile(file, bytes, { mode: 0o600 })
    return { name, file, head: Buffer.from(bytes.subarray(0, REST_BYTES)) }
  }

  private note(record: WalRecord, at: string | undefined, timeline: number): void {
    const { sought } = this.options
    const { lsn } = record
    const found = (what: Place['what']): void => {
      if (!this.places.some((one) => one.lsn === lsn && one.timeline === timeline)) {
        this.places.push({ lsn, timeline, what, at })
      }
    }
    if (record.kind === 'point') {
      if (sought.kind === 'name' && record.name === sought.name) found('restore point')
      // Those that backups end with would hide the others.
      if (/^arxdb-\d{8}T/.test(record.name)) return
      const others = this.points.filter(
        ({ name, lsn: known }) => name !== record.name || lsnBytes(known) > lsnBytes(lsn),
      )
      if (others.some(({ name }) => name === record.name)) return
      this.points = [...others, { name: record.name, at, lsn }]
        .sort((a, b) => (lsnBytes(a.lsn) > lsnBytes(b.lsn) ? -1 : 1))
        .slice(0, REMEMBERED)
      return
    }
    const wanted = Number(BigInt(sought.kind === 'xid' ? sought.xid : 0) & 0xffff_ffffn)
    if (record.xid === wanted) found(record.committed ? 'commit' : 'rollback')
    if (record.inside.includes(wanted)) this.outer = record.xid
    const [oldest = record, newest = record] = this.ends
    this.ends = [
      lsnBytes(lsn) < lsnBytes(oldest.lsn) ? record : oldest,
      lsnBytes(lsn) > lsnBytes(newest.lsn) ? record : newest,
    ]
  }
}

/** Fetches the files in this order, a few before they are asked for. */
function fetchAhead(names: readonly string[], source: WalSource, segmentBytes: number, signal: AbortSignal) {
  const ahead = Math.max(1, Math.min(4, Math.floor(AHEAD_BYTES / segmentBytes)))
  const closing = new AbortController()
  const pending = new Map<string, Promise<{ bytes: Buffer | undefined } | { error: unknown }>>()
  const begin = (name: string): void => {
    const fetched = source.fetch(name, AbortSignal.any([signal, closing.signal]))
    pending.set(
      name,
      fetched.then(
        (bytes) => ({ bytes }),
        (error: unknown) => ({ error }),
      ),
    )
  }
  let begun = 0
  return {
    async of(name: string): Promise<Buffer | undefined> {
      const until = Math.min(names.length, names.indexOf(name) + ahead)
      while (begun < until) begin(names[begun++]!)
      const got = await pending.get(name)!
      pending.delete(name)
      if ('error' in got) throw got.error
      return got.bytes
    },
    async close(): Promise<void> {
      closing.abort()
      await Promise.all(pending.values())
    },
  }
}
