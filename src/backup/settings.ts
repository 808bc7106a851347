// What a backup command is told, by flags and config; everything optional has its default here.

import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { parseDuration } from '../duration.ts'
import { usageError } from '../errors.ts'
import type { Env } from '../programs/run.ts'

export interface S3Settings {
  /** `http://127.0.0.1:5000`; AWS's own when left out. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** The bucket in the path and not in the host name: for MinIO, moto, Ceph. */
  readonly pathStyle?: boolean | undefined
  readonly sse?: 'AES256' | 'aws:kms' | undefined
  readonly kmsKeyId?: string | undefined
  /** Of the shared credentials file; else the SDK's own chain. Secrets never stand in the config. */
  readonly profile?: string | undefined
}

export const KINDS = ['dump', 'base', 'incremental', 'pgbackrest', 'copy'] as const
export type Kind = (typeof KINDS)[number]

export interface Retention {
  /** The newest so many verified backups stay whatever else says. */
  readonly keepVerified: number
  /** The newest so many good ones stay. */
  readonly count: number
  readonly days: number
  /** The newest of each of the last so many days, weeks (ISO), months, years (UTC). */
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly yearly: number
}

export const RETENTION: Retention = {
  ...{ keepVerified: 2, count: 3, days: 30 },
  ...{ daily: 0, weekly: 0, monthly: 0, yearly: 0 },
}

export interface Hooks {
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly failed?: string | undefined
}

export interface BackupSettings {
  /** A folder, or s3://bucket/prefix. */
  readonly repo: string
  readonly s3: S3Settings
  readonly kind: Kind
  readonly retention: Retention
  readonly compression: 'zstd' | 'gzip' | 'none'
  /** Everything but manifests and run records is encrypted for the key file's recipient. */
  readonly encrypt: boolean
  /** An age identity file; it also keys the manifests' MAC. */
  readonly keyFile: string
  /** Where files are made before they go to a repository that is no folder. */
  readonly staging: string
  /** 0 for none. */
  readonly deadlineMs: number
  readonly heartbeat: string | undefined
  readonly hooks: Hooks
  /** The folder that holds PostgreSQL's client programs; found by the server's version when left out. */
  readonly bindir: string | undefined
  readonly stanza: string | undefined
  /** Cron's five fields for each job. */
  readonly schedule: Readonly<Record<string, string>>
}

/** The backup section of the config, as the config's own types say it. */
export interface WrittenBackup {
  readonly repo?: string | undefined
  readonly kind?: Kind | undefined
  readonly compression?: BackupSettings['compression'] | undefined
  readonly encrypt?: boolean | undefined
  readonly keyFile?: string | undefined
  readonly staging?: string | undefined
  readonly bindir?: string | undefined
  readonly stanza?: string | undefined
  readonly deadline?: string | undefined
  readonly heartbeat?: string | undefined
  readonly hooks?: Hooks | undefined
  readonly retention?: Readonly<Partial<Record<keyof Retention, number>>> | undefined
  readonly schedule?: Readonly<Partial<Record<string, string>>> | undefined
  readonly s3?: S3Settings | undefined
}

/** What flags may say over the config; `backupOptions` of cli/options.ts gives the shared ones. */
export interface BackupFlags {
  readonly repo?: string | undefined
  readonly keyFile?: string | undefined
  readonly bindir?: string | undefined
  readonly kind?: Kind | undefined
  readonly encrypt?: boolean | undefined
  readonly compression?: BackupSettings['compression'] | undefined
  readonly staging?: string | undefined
  readonly deadline?: string | undefined
  readonly stanza?: string | undefined
  readonly s3Endpoint?: string | undefined
  readonly s3Region?: string | undefined
  readonly s3PathStyle?: boolean | undefined
}

export interface SettingsWorld {
  readonly env: Env
  readonly cwd: string
}

const DAY_MS = 86_400_000

/** Settles what a run works with. Flags win over the config; ARXDB_BACKUP_REPO and ARXDB_BACKUP_KEY stand between. */
export function backupSettings(
  written: WrittenBackup,
  flags: BackupFlags,
  { env, cwd }: SettingsWorld,
): BackupSettings {
  const path = (text: string): string => (text.startsWith('s3://') ? text : resolve(cwd, text))
  const repo = flags.repo ?? (env.ARXDB_BACKUP_REPO || undefined)
  const chosen = repo === undefined ? written.repo : path(repo)
  if (chosen === undefined) {
    throw usageError(
      'no repository: where are backups to be kept?',
      '--repo DIR, --repo s3://BUCKET/PREFIX, or "backup": {"repo": ...} in arxdb.json',
    )
  }
  const key = flags.keyFile ?? (env.ARXDB_BACKUP_KEY || undefined)
  const deadline = flags.deadline ?? written.deadline
  return {
    repo: chosen,
    s3: {
      ...written.s3,
      ...(flags.s3Endpoint === undefined ? {} : { endpoint: flags.s3Endpoint }),
      ...(flags.s3Region === undefined ? {} : { region: flags.s3Region }),
      ...(flags.s3PathStyle === undefined ? {} : { pathStyle: flags.s3PathStyle }),
    },
    kind: flags.kind ?? written.kind ?? 'dump',
    retention: { ...RETENTION, ...written.retention },
    compression: flags.compression ?? written.compression ?? 'zstd',
    encrypt: flags.encrypt ?? written.encrypt ?? false,
    keyFile: key === undefined ? (written.keyFile ?? defaultKeyFile(env)) : resolve(cwd, key),
    staging: flags.staging === undefined ? (written.staging ?? tmpdir()) : resolve(cwd, flags.staging),
    deadlineMs: deadline === undefined ? DAY_MS : parseDuration(deadline),
    heartbeat: written.heartbeat,
    hooks: written.hooks ?? {},
    bindir: flags.bindir === undefined ? written.bindir : resolve(cwd, flags.bindir),
    stanza: flags.stanza ?? written.stanza,
    schedule: Object.fromEntries(
      Object.entries(written.schedule ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  }
}

/** Where the key of manifests and encryption lies when nothing else is said. */
function defaultKeyFile(env: Env): string {
  const xdg = env.XDG_CONFIG_HOME
  const config = xdg && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.config')
  return join(config, 'arxdb', 'backup.key')
}
