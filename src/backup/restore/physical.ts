// Brings a backup of a whole cluster back to a moment: unpacked, recovered in an isolated server, judged, promoted.
import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import { type Account, canReach } from '../../programs/account.ts'
import type { Env } from '../../programs/run.ts'
import { step } from '../../steps.ts'
import type { Manifest } from '../manifest.ts'
import { layOutPgbackrest } from '../methods/pgbackrest/restore.ts'
import type { Programs } from '../programs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { emptyFolder, placeOf, refusePlaces, tablespacesOf, unpackChain } from './chain.ts'
import { CLAIM, note } from './claim.ts'
import { readControl } from './control.ts'
import { guard } from './guards.ts'
import { type IsolatedServer, serverAccount, startIsolated } from './isolated.ts'
import { sweepLeftovers } from './leftovers.ts'
import { preparedIn, promoted, reached } from './recovery.ts'
import { noRoom } from './room.ts'
import { type RecoveryTarget, targetSettings } from './target.ts'
import { openDesk } from './wal-desk.ts'
import { walFor } from './wal-home.ts'
import type { WalSource } from './wal-source.ts'

export interface PhysicalRestore {
  readonly repository: Repository
  readonly key: Key | undefined
  readonly settings: BackupSettings
  /** The backup to restore, last; before it those that it adds to, from the full one on. */
  readonly chain: readonly Manifest[]
  readonly target: RecoveryTarget
  /** Of the backup, when left out. `latest` follows every branch that anybody ever made. */
  readonly timeline?: number | 'latest' | undefined
  /** The new data directory: absent or empty. */
  readonly into: string
  /** Where tablespaces go, by the path they had; below `into` when left out. */
  readonly tablespaces?: ReadonlyMap<string, string> | undefined
  /** The directory is thrown away with its server: nothing in it need survive a crash. */
  readonly disposable?: boolean | undefined
  /** Where WAL comes from; the repository when left out, or pgBackRest's archive for its own backups. */
  readonly wal?: WalSource | undefined
  /** How long the repository may take for one WAL file. */
  readonly fetchMs?: number | undefined
  readonly programs: Programs
  readonly env: Env
  readonly signal: AbortSignal
  /** Told when every place was found empty: from there on what is in them is of this restore. */
  begun?(): void
  progress(text: string): void
}

export interface Restored {
  /** Running, promoted, archiving off, TimescaleDB's workers off. */
  readonly server: IsolatedServer
  readonly reachedLsn: string
  /** Commit time of the last transaction that was brought back; null when the WAL held none. */
  readonly reachedTime: string | null
  readonly seconds: number
  readonly log: string
  /** Transactions in two phases that stood prepared at that moment: `'gid' in database`. */
  readonly prepared: readonly string[]
}

/** Recovery may replay for hours before the server answers. */
const DEADLINE_MS = 48 * 3_600_000

/** Restores and promotes. Throws, with nothing running, when the target was not reached exactly. */
export async function restorePhysical(restore: PhysicalRestore): Promise<Restored> {
  const { chain, target, into, programs, env, signal, progress, disposable } = restore
  const since = performance.now()
  const manifest = chain.at(-1)!
  const account = serverAccount()
  if (programs.major !== manifest.server.major) throw otherMajor(programs.major, manifest)
  await sweepLeftovers()
  await emptyFolder(into, CLAIM)
  await refusePlaces(restore)
  if (account && !canReach(account, dirname(into))) {
    throw new ArxError({
      code: 'folder-closed',
      message: `the account "${account.name}" cannot reach ${into}`,
      detail: 'PostgreSQL does not run as root, so its server runs as that account',
      hint: 'give a directory that it may enter, below /var/lib/postgresql or /var/tmp',
    })
  }
  await mkdir(into, { recursive: true, mode: 0o700 })
  if (account) await chown(into, account.uid, account.gid)
  restore.begun?.()
  let server: IsolatedServer | undefined
  let desk: ReturnType<typeof openDesk> | undefined
  try {
    const beforeControl = (dataDir: string): Promise<void> => guard(dataDir, account)
    if (manifest.kind === 'pgbackrest') {
      await layOut(restore, account)
      step('laid out')
      // It holds no WAL of its own, so that no server starts on it by itself.
      await guard(into, account)
      if (!disposable) await note(into, { label: manifest.label })
    } else {
      await unpackChain({ ...restore, account, beforeControl })
    }
    step('unpacked')
    // A backup that was taken of a standby brings its own along, and of two the server would leave one behind.
    for (const name of ['recovery.signal', 'standby.signal']) await rm(join(into, name), { force: true })
    const control = await readControl(into, { programs, env, account })
    if (control.systemId !== manifest.server.systemId) throw otherCluster(manifest, control.systemId)
    // Of "all there is" no target tells whether it was reached: a standby waits for more instead of promoting itself, so
    // that it can be judged first.
    const signalFile = join(into, target.kind === 'latest' ? 'standby.signal' : 'recovery.signal')
    await writeFile(signalFile, '', { mode: 0o600 })
    if (account) await chown(signalFile, account.uid, account.gid)
    const source = restore.wal ?? (await walFor(manifest, restore, into))
    step('signalled')
    desk = openDesk({ dataDir: into, account, source, segmentBytes: control.segmentBytes, fetchMs: restore.fetchMs })
    const { settings, timeline, user } = recoverySettings(restore, desk.command)
    const waiting = (): void => {
      progress(`replaying WAL: ${desk!.served()} files`)
      const failure = desk!.failure()
      if (failure) throw failure
    }
    const start = (more: Readonly<Record<string, string>>): Promise<IsolatedServer> =>
      startIsolated({
        ...{ dataDir: into, programs, env, signal, disposable, user, deadlineMs: DEADLINE_MS, waiting },
        settings: { ...settings, ...more },
      })
    const recovery = { desk, source, target, timeline, manifest, signal, waiting }
    step('recovering')
    const found = await reached(start, recovery)
    server = found.server
    step('target reached')
    progress('promoting')
    await promoted(server, signal)
    step('promoted')
    await desk.close()
    const prepared = await preparedIn(server)
    const seconds = (performance.now() - since) / 1000
    return { prepared, server, reachedLsn: found.lsn, reachedTime: found.time, seconds, log: server.log() }
  } catch (error) {
    const { message, detail = '' } = error as ArxError
    const log = `${server?.log() ?? ''} ${message} ${detail}`
    await server?.stop()
    await desk?.close()
    if (disposable) await rm(into, { recursive: true, force: true })
    throw (signal.aborted ? undefined : noRoom(error, into, log)) ?? error
  }
}

/** pgBackRest puts its backups together by itself, as the account that the server runs as. */
async function layOut(restore: PhysicalRestore, account: Account | undefined): Promise<void> {
  const { chain, into, env, signal, progress } = restore
  const manifest = chain.at(-1)!
  const places = new Map(tablespacesOf(chain).map((space) => [space.oid, placeOf(restore, space)]))
  for (const place of places.values()) {
    const first = await mkdir(place, { recursive: true, mode: 0o700 })
    // Each folder that was made on the way is the server's too.
    for (let made = place; account && first && made.length >= first.length; made = dirname(made)) {
      await chown(made, account.uid, account.gid)
    }
    if (account) await chown(place, account.uid, account.gid)
  }
  progress(`pgbackrest restore --set=${manifest.method.label}`)
  for (const line of await layOutPgbackrest({ manifest, into, places, env, signal })) progress(line)
}

/** How the server is told to recover. */
function recoverySettings({ chain, target, timeline }: PhysicalRestore, restoreCommand: string) {
  const manifest = chain.at(-1)!
  const own = manifest.wal?.timeline
  const wanted = timeline === undefined || timeline === own ? 'current' : String(timeline)
  return {
    timeline: wanted,
    user: typeof manifest.method.superuser === 'string' ? manifest.method.superuser : 'postgres',
    settings: {
      recovery_target_inclusive: 'on',
      ...targetSettings(target),
      recovery_target_action: 'pause',
      recovery_target_timeline: wanted,
      restore_command: restoreCommand,
      recovery_end_command: '',
      archive_cleanup_command: '',
      recovery_min_apply_delay: '0',
      wal_retrieve_retry_interval: '100ms',
      // What it reads ahead, PostgreSQL 15 may ask for from behind the target: a segment that is damaged there would end
      // the recovery before it.
      ...(manifest.server.major >= 15 && target.kind !== 'latest' ? { recovery_prefetch: 'off' } : {}),
    },
  }
}

const otherMajor = (major: number, { label, server }: Manifest): ArxError =>
  new ArxError({
    code: 'other-major',
    message: `${label} is of PostgreSQL ${server.version}, and these programs are of ${major}`,
    hint: `apt install postgresql-${server.major}`,
    exit: EXIT.unsupported,
  })

const otherCluster = ({ label, server }: Manifest, found: string): ArxError =>
  new ArxError({
    code: 'other-cluster',
    message: `${label} holds another cluster than its manifest says`,
    detail: `system identifier ${found}, not ${server.systemId}`,
  })
