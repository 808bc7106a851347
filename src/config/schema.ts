// The settings of one run, resolved: flags > ARXDB_* > arxdb.json > the user's config.json > defaults. Types only:
// the checking of files (valibot) is in validate.ts, loaded when there is a file.
import type { ConfiguredTarget } from '../connect/target.ts'

/** The same names as cli/context.ts FORMATS; a test keeps the two equal. */
export const OUTPUTS = ['table', 'vertical', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'parquet'] as const

/** The same names as backup/settings.ts; a test keeps them equal. */
export const BACKUP_KINDS = ['dump', 'base', 'incremental', 'pgbackrest', 'copy'] as const
export const COMPRESSIONS = ['zstd', 'gzip', 'none'] as const
export const KEEPS = ['keepVerified', 'count', 'days', 'daily', 'weekly', 'monthly', 'yearly'] as const
export const BACKUP_JOBS = ['run', 'verify', 'drill', 'prune', 'policy', 'maintain', 'alerts'] as const

/** One resolved value with the place it came from, for `config show --origin`. */
export interface Setting {
  /** As in the file: `timeout`, `migrations.dir`, `environments.prod`. */
  readonly key: string
  readonly value: string
  readonly origin: string
}

/** What one config file may hold, after validation; paths are absolute, texts as written. */
export interface FileConfig {
  readonly url?: string | undefined
  readonly service?: string | undefined
  readonly output?: (typeof OUTPUTS)[number] | undefined
  readonly timeout?: string | undefined
  readonly tz?: string | undefined
  readonly environments?: Readonly<Record<string, Environment>> | undefined
  readonly coins?: Readonly<Record<string, string>> | undefined
  readonly migrations?: { readonly dir?: string | undefined } | undefined
  readonly local?: { readonly idleStop?: string | undefined } | undefined
  readonly fees?: Readonly<Record<string, FileFees>> | undefined
  readonly policy?: Readonly<Record<string, FilePolicy>> | undefined
  readonly backup?: FileBackup | undefined
  readonly health?: Readonly<Record<string, FileThreshold>> | undefined
  readonly alerts?: FileAlerts | undefined
}

/** How `alerts run` asks and tells; lengths of time as written, paths absolute. */
export interface FileAlerts {
  readonly every?: string | undefined
  /** `0` for never. */
  readonly repeat?: string | undefined
  /** `2/3`: raised when bad in two of the last three runs. */
  readonly damp?: string | undefined
  readonly level?: 'warning' | 'critical' | undefined
  readonly checks?: readonly string[] | undefined
  /** Over those of health. */
  readonly thresholds?: Readonly<Record<string, FileThreshold>> | undefined
  readonly webhook?: string | undefined
  readonly secretFile?: string | undefined
  readonly exec?: string | undefined
  readonly deadline?: string | undefined
}

/** Where a check of health begins to warn, by `check` or `check/object`: a number, or `5m`, `80%`, `10GB`. */
export interface FileThreshold {
  /** False: not asked at all. */
  readonly enabled?: boolean | undefined
  readonly warn?: string | number | undefined
  readonly crit?: string | number | undefined
}

/** What a table is to be like, as written; what is left out is the default of its table. */
export interface FilePolicy {
  /** False: arxdb leaves the table alone. */
  readonly enabled?: boolean | undefined
  readonly chunkInterval?: string | undefined
  /** Compressed chunks are merged into such of this width; `never`. */
  readonly mergeTo?: string | undefined
  readonly segmentBy?: readonly string[] | undefined
  /** `timestamp`, `timestamp desc`. */
  readonly orderBy?: readonly string[] | undefined
  /** `never` */
  readonly compressAfter?: string | undefined
  /** `forever`; for candles by timeframe too, `*` for those that are not named. */
  readonly retainFor?: string | Readonly<Record<string, string>> | undefined
  readonly rollups?: boolean | undefined
  /** Changes between so long ago (`forever`) and so long ago (`0`) are rolled up; others are read raw. */
  readonly refreshWindow?: { readonly start?: string | undefined; readonly end?: string | undefined } | undefined
}

/** How and where to back up; paths are absolute, or s3://bucket/prefix. */
export interface FileBackup {
  readonly repo?: string | undefined
  readonly kind?: (typeof BACKUP_KINDS)[number] | undefined
  readonly compression?: (typeof COMPRESSIONS)[number] | undefined
  readonly encrypt?: boolean | undefined
  readonly keyFile?: string | undefined
  readonly staging?: string | undefined
  readonly bindir?: string | undefined
  /** pgBackRest's name for the cluster. */
  readonly stanza?: string | undefined
  readonly deadline?: string | undefined
  /** Called (GET) after a run that went well. */
  readonly heartbeat?: string | undefined
  readonly hooks?: Readonly<Partial<Record<'before' | 'after' | 'failed', string>>> | undefined
  readonly retention?: Readonly<Partial<Record<(typeof KEEPS)[number], number>>> | undefined
  /** Cron's five fields by job. */
  readonly schedule?: Readonly<Partial<Record<(typeof BACKUP_JOBS)[number], string>>> | undefined
  readonly s3?:
    | {
        readonly endpoint?: string | undefined
        readonly region?: string | undefined
        readonly pathStyle?: boolean | undefined
        readonly sse?: 'AES256' | 'aws:kms' | undefined
        readonly kmsKeyId?: string | undefined
        readonly profile?: string | undefined
      }
    | undefined
}

/** What an exchange takes, as written: `"0.26%"`, `0.0026`. */
export interface FileFees {
  readonly taker?: string | number | undefined
  readonly pairs?: Readonly<Record<string, { readonly taker: string | number }>> | undefined
  readonly withdraw?: Readonly<Record<string, string | number>> | undefined
}

/** The same as exact decimals: shares of the traded value, amounts in coins. */
export interface Fees {
  readonly taker: string | undefined
  readonly pairs: Readonly<Record<string, { readonly taker: string }>>
  readonly withdraw: Readonly<Record<string, string>>
}

/** A server with a name: exactly one of a url, a service, or a host with its parameters. */
export interface Environment {
  readonly url?: string | undefined
  readonly service?: string | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly user?: string | undefined
  readonly database?: string | undefined
  readonly sslmode?: string | undefined
  readonly sslrootcert?: string | undefined
  readonly production?: boolean | undefined
  readonly readOnly?: boolean | undefined
}

export interface Config {
  /** The server that the config names, by --env, ARXDB_ENV or the file's own url; give it to resolveConnection. */
  readonly target: ConfiguredTarget | undefined
  /** Undefined: table on a terminal, tsv in a pipe. */
  readonly output: (typeof OUTPUTS)[number] | undefined
  /** For each statement; 0 for none. */
  readonly timeoutMs: number
  /** IANA name: of times without a zone, and of day buckets. */
  readonly tz: string
  /** The user's coin aliases: alias, lower case, to coin_id. */
  readonly coins: Readonly<Record<string, string>>
  readonly environments: Readonly<Record<string, Environment>>
  /** `dir`: the user's own migrations, absolute. */
  readonly migrations: { readonly dir: string | undefined }
  /** `idleStopMs`: the local server stops itself after this long without a client; 0 for never. */
  readonly local: { readonly idleStopMs: number }
  /** By exchange, lower case. */
  readonly fees: Readonly<Record<string, Fees>>
  /** By table as written: `candles`, `public.ticks`. */
  readonly policy: Readonly<Record<string, FilePolicy>>
  /** As written, paths made absolute. */
  readonly backup: FileBackup
  /** By check, or check/object, as written. */
  readonly health: Readonly<Record<string, FileThreshold>>
  readonly alerts: FileAlerts
  /** The config files that were read, highest first. */
  readonly files: readonly string[]
  /** Said once on stderr: a file with a password that others may read, a file passed over. */
  readonly warnings: readonly string[]
  readonly settings: readonly Setting[]
  /** Where the value of a key came from: a flag, a variable, `file:key`, or `default`. */
  origin(key: string): string
}
