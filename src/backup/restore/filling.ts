// What a restore into a new database is told, and what fills one.
import type { Connection } from '../../connect/connection.ts'
import type { Env } from '../../programs/run.ts'
import type { Manifest } from '../manifest.ts'
import type { Programs } from '../programs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import type { NewDatabase } from './new-database.ts'

export interface LogicalRestore {
  readonly repository: Repository
  readonly key: Key | undefined
  readonly settings: BackupSettings
  /** Of kind dump or copy. */
  readonly manifest: Manifest
  /** Any database of the server that the new one is made on. */
  readonly server: Connection
  /** Its name; it must not exist. */
  readonly database: string
  /** How many connections load and build at once. */
  readonly jobs: number
  readonly programs: Programs
  readonly env: Env
  readonly signal: AbortSignal
  /** False: everything belongs to who restores, and nobody is granted anything; for drills. True when left out. */
  readonly owners?: boolean | undefined
  progress(text: string): void
}

export interface LogicallyRestored {
  readonly warnings: readonly string[]
  /** Background jobs that stand still until the database is opened. */
  readonly pausedJobs: number
}

/** A backup that was fetched and judged, before there is a database. */
export interface Fetched {
  /** What one kind does between the making and the naming of the database. */
  fill(into: NewDatabase): Promise<LogicallyRestored>
  discard(): Promise<void>
}

/** Fetches, and refuses what cannot be restored on that server. */
export type Fetching = (restore: LogicalRestore) => Promise<Fetched>
