// What a backup says of itself: backups/LABEL/manifest.json, written last. A backup without one is not there.
import type { Evidence } from './evidence/evidence.ts'
import type { Kind } from './settings.ts'

export interface BackupObject {
  /** Below backups/LABEL/: `dump.pgdump`, `base.tar.zst`, `tables/0001.copy.gz.age`. */
  readonly name: string
  readonly bytes: number
  /** Of the bytes as they lie in the repository. */
  readonly sha256: string
  /** What has to be undone to read it, outermost last: ['zstd', 'age']. What the tool's own format holds is not named. */
  readonly sealed: readonly ('zstd' | 'gzip' | 'age')[]
}

export interface WalRange {
  readonly timeline: number
  /** LSNs as PostgreSQL writes them: `0/3000028`. */
  readonly start: string
  readonly end: string
  readonly segmentBytes: number
}

/** A restore point written straight after the backup, with what the database held exactly there. */
export interface Mark {
  readonly name: string
  readonly lsn: string
  readonly time: string
}

export interface Manifest {
  readonly format: 1
  /** `20261125T230054Z-base-3fa9c1`: sorts by time, never goes back even when the clock does. */
  readonly label: string
  readonly kind: Kind
  readonly started: string
  readonly ended: string
  readonly arxdb: string
  readonly host: string
  readonly server: {
    /** `15.20` */
    readonly version: string
    readonly major: number
    /** Decimal text; it does not fit a number. */
    readonly systemId: string
    /** Of the whole cluster for base backups, of one database for dump and copy. */
    readonly database: string
    readonly tier: 'plain' | 'apache' | 'community'
    readonly timescaledb: string | null
    /** Bytes of the database, or of the cluster. */
    readonly bytes: number
    readonly checksums: boolean
  }
  readonly wal: WalRange | null
  readonly mark: Mark | null
  /** The backup that this one only adds to. */
  readonly parent: string | null
  readonly objects: readonly BackupObject[]
  readonly tools: readonly string[]
  readonly evidence: Evidence | null
  readonly warnings: readonly string[]
  /** What a method needs to know again: pgBackRest's own label, tablespaces, the copy's table list. */
  readonly method: Readonly<Record<string, unknown>>
}

/** The file as it lies there: the manifest as canonical text, and what proves that nobody rewrote it. */
export interface SignedManifest {
  readonly manifest: Manifest
  readonly mac: { readonly key: string; readonly hmac: string }
}
