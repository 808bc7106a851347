// When the last transaction in the archive was committed, by pg_waldump: a restore to a time needs a commit behind it.
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Env, run } from '../../programs/run.ts'
import type { Programs } from '../programs.ts'
import { runFolder } from '../staging.ts'
import { segmentAt, segmentName, segmentNumber } from '../wal/names.ts'
import type { WalSource } from './wal-source.ts'
import type { Reach } from './windows.ts'

/** Segments without a commit that are looked through, backwards. */
const MOST = 16
const COMMIT = /desc: (?:COMMIT|COMMIT_PREPARED|ABORT)(?: \d+:)? ?(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) UTC/g

export interface CommitSearch {
  readonly source: WalSource
  readonly programs: Programs
  readonly segmentBytes: number
  readonly env: Env
  readonly signal: AbortSignal
}

/** ISO 8601, UTC, six digits; undefined where pg_waldump is missing or no commit was found. */
export async function lastCommit(window: Reach, search: CommitSearch): Promise<string | undefined> {
  const { source, programs, segmentBytes, env, signal } = search
  const program = programs.find('pg_waldump')
  if (!program || !window.lastSegment) return undefined
  const folder = await runFolder(tmpdir(), 'waldump')
  try {
    const name = window.lastSegment
    const timeline = Number.parseInt(name.slice(0, 8), 16)
    const last = segmentNumber(name, segmentBytes)
    const first = segmentAt(window.fromLsn, segmentBytes)
    for (let segment = last; segment >= Math.max(first, last - MOST); segment--) {
      const file = join(folder, segmentName(timeline, segment, segmentBytes))
      const bytes = await source.fetch(segmentName(timeline, segment, segmentBytes), signal)
      if (!bytes) return undefined
      await writeFile(file, bytes)
      // It ends with an error at the end of what it was given; what it printed before counts.
      const { stdout } = await run(program, ['--rmgr=Transaction', file], { env, signal })
      await rm(file)
      const found = [...stdout.matchAll(COMMIT)].at(-1)
      if (found) return `${found[1]}T${found[2]}Z`
    }
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
