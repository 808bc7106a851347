// This host's side: the repository, the key, client programs, and room.
import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import zlib from 'node:zlib'
import type { Env } from '../../programs/run.ts'
import { MARKER } from '../marker.ts'
import { type Program, programsOf } from '../programs.ts'
import { openRepository } from '../repository.ts'
import { findKey } from '../sealing/keys.ts'
import type { BackupSettings, Kind } from '../settings.ts'
import { type Finding, ok, problem, skipped, warning } from './finding.ts'

/** Looks at everything that needs no server. */
export async function examineHost(wanted: BackupSettings): Promise<readonly Finding[]> {
  return [await judgeRepository(wanted), await judgeKey(wanted), await judgeCompression(wanted)]
}

async function judgeRepository(wanted: BackupSettings): Promise<Finding> {
  const check = 'repository'
  try {
    const repository = await openRepository(wanted, 'must exist')
    await repository.close()
    if (repository.store.kind !== 'directory') return ok(check, repository.store.where)
    accessSync(wanted.repo, constants.W_OK)
    const [folder, marker] = [statSync(wanted.repo), statSync(`${wanted.repo}/${MARKER}`)]
    // The server's account archives there, and root may have begun it.
    if (folder.uid !== marker.uid)
      return warning(
        check,
        `${wanted.repo} and its ${MARKER} belong to different users: what one of them writes the other may not read`,
        `run backups as the user whom the server runs as, or chown -R USER ${wanted.repo}`,
      )
    return ok(check, wanted.repo)
  } catch (error) {
    const { message, detail, hint } = error as { message: string; detail?: string; hint?: string }
    return problem(check, detail === undefined ? message : `${message}: ${detail}`, hint ?? null)
  }
}

async function judgeKey({ keyFile, encrypt }: BackupSettings): Promise<Finding> {
  const check = 'key file'
  try {
    if (!(await findKey(keyFile))) {
      const made = 'arxdb backup run makes it; keep a copy elsewhere'
      const detail = `${keyFile} is not there`
      return encrypt ? problem(check, `${detail}: wal push cannot encrypt`, made) : warning(check, detail, made)
    }
    const { mode } = await stat(keyFile)
    return mode & 0o077
      ? warning(check, `${keyFile} can be read by others`, `chmod 600 ${keyFile}`)
      : ok(check, `${keyFile}; keep a copy elsewhere`)
  } catch (error) {
    return problem(check, (error as Error).message)
  }
}

async function judgeCompression({ compression }: BackupSettings): Promise<Finding> {
  const check = 'compression'
  if (compression !== 'zstd' || 'createZstdCompress' in zlib) return ok(check, compression)
  const here = await runs('zstd')
  return here
    ? ok(check, 'zstd, by the program')
    : warning(check, 'no zstd here: gzip takes its place', 'apt install zstd')
}

const runs = (program: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, ['--version'], { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })

const NEEDED: Readonly<Record<Kind, readonly Program[]>> = {
  dump: ['pg_dump', 'pg_restore'],
  base: ['pg_basebackup', 'pg_verifybackup', 'postgres'],
  incremental: ['pg_basebackup', 'pg_verifybackup', 'pg_combinebackup', 'postgres'],
  pgbackrest: [],
  copy: [],
}

/** Programs of the server's major for that kind of backup, its verification and its drill. */
export async function judgePrograms({ kind, bindir }: BackupSettings, major: number, env: Env): Promise<Finding> {
  const check = 'programs'
  if (kind === 'copy') return ok(check, 'kind copy needs none')
  if (kind === 'pgbackrest')
    return (await runs('pgbackrest'))
      ? ok(check, 'pgbackrest')
      : problem(check, 'pgbackrest is not here', 'apt install pgbackrest')
  const programs = programsOf(major, bindir, env)
  const missing = NEEDED[kind].filter((program) => programs.find(program) === undefined)
  if (missing.length === 0) return ok(check, NEEDED[kind].map((program) => programs.find(program)).join(', '))
  // The server's own program is for drills alone.
  const only = missing.every((program) => program === 'postgres')
  return (only ? warning : problem)(
    check,
    `of PostgreSQL ${major} there is no ${missing.join(', ')}${only ? ': no drill on this host' : ''}`,
    `apt install postgresql-${only ? '' : 'client-'}${major}, or --bindir`,
  )
}

/** Room in the staging folder and in a repository that is one; what a backup takes is estimated from the database. */
export async function judgeRoom({ staging, repo }: BackupSettings, databaseBytes: number): Promise<readonly Finding[]> {
  const places = [
    ['staging', staging] as const,
    ...(repo.startsWith('s3://') ? [] : [['repository disk', repo] as const]),
  ]
  const told: Finding[] = []
  for (const [check, place] of places) {
    if (!existsSync(place)) {
      told.push(skipped(check, `${place} is not there`))
      continue
    }
    const { bavail, bsize } = await statfs(place)
    const free = Number(bavail) * Number(bsize)
    const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
    const said = `${gb(free)} free in ${place}, the database has ${gb(databaseBytes)}`
    told.push(
      free < databaseBytes
        ? warning(check, `${said}: a backup fits only if it compresses (estimate)`, 'free space, or another --staging')
        : ok(check, said),
    )
  }
  return told
}
