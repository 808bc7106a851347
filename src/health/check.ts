// What a check is. Each is a file of checks/, does one read-only statement or two, and knows nothing of thresholds but
// its own defaults: judging is the same for all.
import type { Run } from '../storage/session.ts'
import type { State, Threshold, Unit } from './model.ts'

/** What a check needs before it is worth asking; the runner says what is missing, and what would bring it. */
export type Need = 'timescaledb' | 'community' | 'arxdb' | 'primary' | 'standby' | 'repository'

/** One thing measured. */
export interface Measure {
  /** See Finding. */
  readonly object: string | null
  readonly value: number | null
  /** One clause without the object's name: `waits for 14 min on pid 311`. */
  readonly text: string
  readonly since?: string | null | undefined
  /** Given where no threshold decides: a lost slot is critical however little it holds. */
  readonly state?: State | undefined
  /** Given where something is wrong with it whatever its value: the threshold can only make it worse. */
  readonly least?: 'WARNING' | 'CRITICAL' | undefined
  /** Given where its limits follow from something else, a disk or a schedule; written thresholds stand over them. */
  readonly limits?: Threshold | undefined
  /** Given where this object wants something else typed than the check's own. */
  readonly try?: string | undefined
}

export interface Server {
  /** As server_version_num. */
  readonly version: number
  /** Of the extension in this database. */
  readonly timescaledb: string | null
  readonly community: boolean
  readonly standby: boolean
  readonly database: string
  readonly role_name: string
  /** Identifies the cluster; with the database, whose memory is whose. */
  readonly system_id: string
  /** The role sees what pg_monitor sees. */
  readonly monitor: boolean
  /** Schema arxdb is there; and may be used. */
  readonly migrated: boolean
  readonly readable: boolean
  /** Null where the role may not know. */
  readonly data_directory: string | null
}

/** Of the repository, as the backup area tells it; moments are ISO 8601. */
export interface BackupsSeen {
  readonly newestGood: string | null
  /** The newest restore that was proven: a drill, or a verification at level 4 and above. */
  readonly newestProof: string | null
  /** The newest run, where it failed. */
  readonly failed: { readonly at: string; readonly message: string } | null
  /** How often a backup and a drill are wanted, in seconds. */
  readonly everySeconds: number
  readonly drillEverySeconds: number
  /** WAL of this cluster: by timeline the number of its newest segment, and the holes; null where there is none. */
  readonly archive: {
    readonly newest: Readonly<Record<number, number>>
    readonly segmentBytes: number
    readonly gaps: number
  } | null
}

/** Reads the repository for a cluster, by its system identifier. */
export type Repository = (systemId: string) => Promise<BackupsSeen>

/** Counters of an earlier run. */
export interface Remembered {
  readonly at: string
  readonly values: Readonly<Record<string, number | string | null>>
}

/** All that a check may look at. */
export interface Vantage {
  /** Named statements of sql/, in a read-only transaction of this check's own, bounded in time. */
  readonly run: Run
  /** The same for what several checks look at: asked by the first of them, answered to all alike, its failure too. */
  readonly once: Run
  readonly server: Server
  readonly now: Date
  /** Whether the server's files are on this machine. */
  readonly sameHost: boolean
  /** Undefined where no repository is configured. */
  readonly backups: Repository | undefined
  /** What this check remembered the last time; undefined at first. */
  readonly before: Remembered | undefined
  /** To be remembered for the next time. */
  remember(values: Remembered['values']): void
  /** The threshold that holds for an object, for checks that say it in their words. */
  threshold(object: string | null): Threshold
}

export interface Check {
  /** Kebab-case: `long-queries`. */
  readonly name: string
  readonly group: 'server' | 'backup' | 'timescaledb' | 'market'
  readonly unit: Unit
  /** Null: the check itself says what is wrong. Where `warn` is above `crit`, less is worse. */
  readonly threshold: Threshold | null
  readonly needs?: readonly Need[] | undefined
  /** Why it matters: one sentence. */
  readonly why: string
  /** What to type when something is found. */
  readonly try: string
  /** What is said when nothing was measured: `no query runs long`. */
  readonly clear: string
  measure(vantage: Vantage): Promise<readonly Measure[]>
}

/** Thrown by a check that cannot judge: it says why, and what would help. */
export class NotJudged extends Error {
  readonly state: 'SKIPPED' | 'UNKNOWN'
  readonly hint: string | undefined

  constructor(state: 'SKIPPED' | 'UNKNOWN', message: string, hint?: string) {
    super(message)
    this.name = 'NotJudged'
    this.state = state
    this.hint = hint
  }
}

/** Refuses to judge from half of what there is: without pg_monitor other sessions are blank. */
export function needsMonitor({ server }: Vantage, what: string): void {
  if (server.monitor) return
  throw new NotJudged(
    'UNKNOWN',
    `${server.role_name} cannot see ${what}`,
    `grant pg_monitor to ${quoted(server.role_name)}`,
  )
}

export const quoted = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
