// Judges a recovery by what the server itself says: where it stands, whether it still recovers, and its log. A start
// that succeeded proves nothing: a server that misses its target comes up for readers first, and ends then.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openClient } from '../../db/connect.ts'
import { interrupted } from '../../db/session.ts'
import { ArxError } from '../../errors.ts'
import type { Manifest } from '../manifest.ts'
import { complaints, type IsolatedServer } from './isolated.ts'
import { type RecoveryTarget, targetText } from './target.ts'
import type { WalDesk } from './wal-desk.ts'
import type { WalSource } from './wal-source.ts'

export interface Recovery {
  readonly desk: WalDesk
  readonly source: WalSource
  readonly target: RecoveryTarget
  /** `current`, `latest` or a number. */
  readonly timeline: string
  readonly manifest: Manifest
  readonly signal: AbortSignal
  /** Told between two looks; what it throws ends the recovery. */
  waiting(): void
}

type Start = (more: Readonly<Record<string, string>>) => Promise<IsolatedServer>

export interface Reached {
  readonly server: IsolatedServer
  readonly lsn: string
  readonly time: string | null
}

/** Of the original a setting was raised after the backup: WAL says so, and a standby with less goes no further. */
const TOO_LOW = /(max_\w+) = \d+ is a lower setting than on the primary server, where its value was (\d+)/

/** Starts the recovery and returns when it stands at its target, not promoted yet. Throws with nothing running. */
export async function reached(start: Start, recovery: Recovery): Promise<Reached> {
  const raised: Record<string, string> = {}
  for (let tries = 0; ; tries++) {
    let server: IsolatedServer
    try {
      server = await start(raised)
    } catch (error) {
      throw translated(error, recovery)
    }
    try {
      const found = await standing(server, recovery)
      if (found) return { server, ...found }
    } catch (error) {
      await server.stop()
      throw recovery.signal.aborted ? interrupted(error) : translated(error, recovery, server)
    }
    const [, name, value] = TOO_LOW.exec(server.log()) ?? []
    await server.stop('keep')
    if (!name || raised[name] === value || tries === 8) throw tooLow(server)
    raised[name] = value!
  }
}

interface Standing {
  readonly recovering: boolean
  readonly state: string
  readonly lsn: string | null
  readonly time: string | null
  readonly waits: string | null
}

const ASK = `select pg_is_in_recovery() as recovering, pg_get_wal_replay_pause_state() as state,
  pg_last_wal_replay_lsn()::text as lsn,
  to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time,
  (select wait_event from pg_stat_activity where backend_type = 'startup') as waits`

/** So often a segment is asked for anew, without anything new in it, before nothing more is expected of it. */
const STUCK = 6

/** Waits until replay stands still at its target; undefined when a setting is too low for it to go on. */
async function standing(
  server: IsolatedServer,
  recovery: Recovery,
): Promise<{ lsn: string; time: string | null } | undefined> {
  const { signal, target, desk, waiting } = recovery
  const client = await connected(server)
  try {
    let idleAt: string | undefined
    let idle = 0
    let again = 0
    for (;;) {
      signal.throwIfAborted()
      waiting()
      const { rows } = await client.query<Standing>(ASK)
      const { recovering, state, lsn, time, waits } = rows[0]!
      if (!recovering) throw new Error('it promoted itself, which nobody asked for')
      if (state === 'paused') {
        if (!/pausing at the end of recovery/.test(server.log())) return undefined
        return { lsn: lsn!, time }
      }
      if (target.kind === 'latest') {
        // Everything that could be asked was asked, and it sleeps before it asks again. Between two sleeps it is seen
        // asking, which takes pgBackRest longer than the sleep: only what comes of it begins the count anew. A segment of
        // which the end is no WAL it asks for for ever, and need not sleep in between.
        const at = `${lsn} ${desk.served()}`
        if (at !== idleAt) [idle, again] = [0, desk.again()]
        else if (waits === 'RecoveryRetrieveRetryInterval') idle++
        idleAt = at
        if ((idle >= 4 || desk.again() - again >= STUCK) && lsn) {
          await noGap(recovery)
          return { lsn, time }
        }
      }
      await sleep(target.kind === 'latest' ? 30 : 50)
    }
  } finally {
    await client.end().catch(() => {})
  }
}

/** The end of the WAL is an end only where nothing follows, be it in front of a segment or in the middle of one. */
async function noGap({ source, manifest, desk }: Recovery): Promise<void> {
  const last = desk.asked()
  const later = last && /^[0-9A-F]{24}$/.test(last) ? await source.after(last) : undefined
  if (later === undefined) return
  const what =
    last === desk.missing() ? `has a gap: ${last} is missing` : `ends in the middle of ${last}, which is damaged`
  throw new ArxError({
    code: 'wal-gap',
    message: `the WAL of ${manifest.label} ${what}, and ${later} is there`,
    detail: 'everything up to there was replayed; nothing was promoted',
    hint: 'restore to the end before the gap on purpose: arxdb restore plan names it',
  })
}

async function connected(server: IsolatedServer): Promise<pg.Client> {
  try {
    return await openClient(server.connection('postgres'))
  } catch {
    return openClient(server.connection('template1'))
  }
}

/** Promotes, and returns when the server says that it recovers no more. */
export async function promoted(server: IsolatedServer, signal: AbortSignal): Promise<void> {
  const client = await connected(server)
  try {
    await client.query('select pg_promote(false)')
    for (const until = Date.now() + 600_000; Date.now() < until; await sleep(25)) {
      if (signal.aborted) throw interrupted()
      if (!server.running()) break
      const { rows } = await client.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering')
      if (!rows[0]!.recovering) return
    }
  } finally {
    await client.end().catch(() => {})
  }
  throw new ArxError({
    code: 'not-promoted',
    message: 'the restored server did not promote',
    detail: complaints(server.log()),
  })
}

export async function preparedIn(server: IsolatedServer): Promise<readonly string[]> {
  const client = await connected(server)
  try {
    const { rows } = await client.query<{ told: string }>(
      `select format('%L in %s', gid, database) as told from pg_prepared_xacts order by prepared`,
    )
    return rows.map(({ told }) => told)
  } finally {
    await client.end().catch(() => {})
  }
}

/** What the log says of a recovery that ended by itself, in words that help. */
function translated(error: unknown, recovery: Recovery, server?: IsolatedServer): unknown {
  const { desk, target, manifest, signal } = recovery
  if (signal.aborted) return interrupted(error)
  const failure = desk.failure()
  if (failure) return failure
  const log = `${server?.log() ?? ''} ${error instanceof ArxError ? `${error.message} ${error.detail}` : ''}`
  if (/recovery ended before configured recovery target was reached/.test(log)) {
    return new ArxError({
      code: 'target-not-reached',
      message: `the WAL ended before ${targetText(target)} was reached: nothing was promoted`,
      detail: `${desk.served()} files were replayed${desk.missing() ? `, ${desk.missing()} is not in the repository` : ''}`,
      hint: `arxdb restore plan --to ${targetText(target)} shows how far the WAL goes; --to latest takes all of it${
        target.kind === 'xid' || target.kind === 'name'
          ? `; where it was before the end of ${manifest.label}: --backup with an older one`
          : ''
      }`,
    })
  }
  if (
    /before consistent recovery point|recovery_target_lsn.*before|is not a child of this server's history/.test(log)
  ) {
    return new ArxError({
      code: 'target-too-early',
      message: `${targetText(target)} is before the end of ${manifest.label}, or not on its timeline: nothing was promoted`,
      detail: server ? complaints(server.log()) : (error as ArxError).detail,
      hint: 'arxdb restore plan picks the backup that reaches it',
    })
  }
  return error
}

const tooLow = (server: IsolatedServer): ArxError =>
  new ArxError({
    code: 'recovery-paused',
    message: 'the recovery does not go on: a setting is lower than it was on the original',
    detail: complaints(server.log()),
  })
