// Runs pg_basebackup: tar format, the WAL beside it, SHA-256 of every file in its manifest.
import { spawn } from 'node:child_process'
import { interrupted } from '../../db/session.ts'
import { ArxError } from '../../errors.ts'
import type { Making } from './method.ts'
import { libpqEnv } from './tool.ts'

/** Said by every run, or by every run on a server that archives nothing; `-X stream` brings the WAL that is needed. */
const HARMLESS = [
  /^waiting for checkpoint$/,
  /^NOTICE: {2}(WAL archiving is not enabled|all required WAL segments have been archived|base backup done)/,
]
const PROGRESS = /^\s*(\d+)\/(\d+) kB \((\d+)%\)/
const CHECKSUM = /checksum (verification failed|error occurred)|checksum verification failures?/

export interface BasebackupRun {
  /** An empty or absent folder. */
  readonly folder: string
  readonly compress: 'zstd' | 'gzip' | 'none'
  /** The parent's backup_manifest, for an incremental one. */
  readonly incremental?: string | undefined
}

/** Runs it to its end; its warnings, and whether this build lacks zstd. Throws for everything else that is no backup. */
export async function runBasebackup(
  making: Making,
  { folder, compress, incremental }: BasebackupRun,
): Promise<{ readonly warnings: readonly string[]; readonly lacksZstd: boolean }> {
  const args = [
    ...['--pgdata', folder, '--format=tar', '--wal-method=stream', '--checkpoint=fast', '--progress', '--no-password'],
    ...['--manifest-checksums=SHA256', `--label=arxdb ${making.label}`],
    `--compress=${compress === 'none' ? 'none' : `client-${compress}:level=3`}`,
    ...(incremental === undefined ? [] : [`--incremental=${incremental}`]),
  ]
  const env = await libpqEnv(making.connection, making.env, making.staging)
  // A group of its own: the program has a child that receives WAL, and outlives it when it is killed.
  const child = spawn(making.programs.need('pg_basebackup'), args, {
    ...{ env, cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  })
  const said: string[] = []
  let lost: unknown
  let rest = ''
  const end = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, signal)
    } catch {}
  }
  const stop = (): void => end('SIGTERM')
  const hear = (line: string): void => {
    const progress = PROGRESS.exec(line)
    if (progress) making.progress(`pg_basebackup: ${progress[3]} % of ${Math.round(Number(progress[2]) / 1024)} MB`)
    else if (line.trim() !== '' && said.length < 1_000) said.push(line.trimEnd())
    try {
      making.check()
    } catch (error) {
      lost ??= error
      stop()
    }
  }
  child.stderr!.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split(/[\r\n]+/)
    rest = lines.pop() ?? ''
    for (const line of lines) hear(line)
  })
  making.signal.addEventListener('abort', stop, { once: true })
  if (making.signal.aborted) stop()
  const ended = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(`it could not be run: ${error.message}`))
    child.on('exit', (code, signal) => {
      end('SIGKILL')
      child.on('close', () => {
        resolve(signal ? `it was killed (${signal})` : code === 0 ? undefined : `exit code ${code}`)
      })
    })
  }).finally(() => making.signal.removeEventListener('abort', stop))
  if (rest !== '') hear(rest)
  if (lost !== undefined) throw lost
  if (making.signal.aborted) throw interrupted(making.signal.reason)
  const told = said.filter((line) => !HARMLESS.some((form) => form.test(line)))
  const rotten = told.filter((line) => CHECKSUM.test(line))
  if (rotten.length > 0) throw rottenPages(rotten)
  if (ended !== undefined) {
    if (/compression with ZSTD|unrecognized compression algorithm/i.test(told.join(' '))) {
      return { warnings: [], lacksZstd: true }
    }
    throw failed([ended, ...told.slice(-3)].join('; '))
  }
  return { warnings: told, lacksZstd: false }
}

const failed = (detail: string): ArxError =>
  new ArxError({
    code: 'basebackup-failed',
    message: 'pg_basebackup failed',
    detail,
    hint: /no pg_hba\.conf entry for replication/.test(detail)
      ? 'allow it in pg_hba.conf (a line "host replication ROLE ADDRESS scram-sha-256") and reload the server'
      : 'nothing was put into the repository; earlier backups are as they were',
  })

const rottenPages = (lines: readonly string[]): ArxError =>
  new ArxError({
    code: 'page-checksums',
    message: 'pages of the cluster are damaged: their checksums are wrong',
    detail: lines.slice(0, 3).join('; '),
    hint: 'nothing was put into the repository, earlier backups are as they were: look at the disk, then at pg_amcheck and --kind dump',
  })
