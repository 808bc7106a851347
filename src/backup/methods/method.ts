// A way of backing up: it makes files in a staging folder, and says what they are. Locks, publishing, the manifest and
// its evidence are the run's business, not the method's.
import type { Connection } from '../../connect/connection.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { BackupObject, Manifest, Mark, WalRange } from '../manifest.ts'
import type { Programs } from '../programs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { Seal } from '../sealing/seal.ts'
import type { BackupSettings } from '../settings.ts'

export interface Making {
  readonly label: string
  readonly connection: Connection
  readonly settings: BackupSettings
  readonly repository: Repository
  readonly key: Key
  /** An empty folder of this run's own. */
  readonly staging: string
  readonly server: Manifest['server']
  /** Of that server's major; what is missing is told by `need`. */
  readonly programs: Programs
  readonly signal: AbortSignal
  /** A full one, where this kind could add to an older one. */
  readonly full?: boolean | undefined
  /** Throws when the lock or the deadline is gone. */
  check(): void
  progress(text: string): void
  /** Takes the database's evidence within a snapshot: `evidence/take.ts`. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A file that the method has made. */
export interface Made {
  readonly name: string
  readonly file: string
  /** To be put on while it goes into the repository; encryption is added by the run. */
  readonly seals: readonly Seal[]
}

export interface Outcome {
  readonly files: readonly Made[]
  readonly wal: WalRange | null
  readonly mark: Mark | null
  readonly evidence: Evidence | null
  readonly parent: string | null
  /** `pg_dump (PostgreSQL) 15.20` */
  readonly tools: readonly string[]
  readonly warnings: readonly string[]
  readonly method: Readonly<Record<string, unknown>>
}

export interface Method {
  /** Refuses before anything is written: programs, privileges, settings, lock table, space. */
  preflight(making: Making): Promise<void>
  make(making: Making): Promise<Outcome>
  /**
   * Level 2: decodes everything in full, from `read` (an object's bytes with its seals undone). Returns problems, naming
   * objects; never throws for a broken backup.
   */
  decode(backup: DecodeTask): Promise<readonly string[]>
  /** Level 0 of what does not lie in the repository. */
  present?(backup: DecodeTask): Promise<readonly string[]>
}

export interface DecodeTask {
  readonly manifest: Manifest
  /** Undoes age and what else is in `sealed`. */
  read(object: BackupObject): Promise<NodeJS.ReadableStream>
  /** An empty folder of its own. */
  readonly staging: string
  readonly programs: Programs
  /** For tools that are configured by it. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly signal: AbortSignal
}
