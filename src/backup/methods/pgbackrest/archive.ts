// The WAL in pgBackRest's repository: what of it is there, and its bytes as they were stored.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ArxError, EXIT } from '../../../errors.ts'
import type { Manifest } from '../../manifest.ts'
import { type Seal, unsealed } from '../../sealing/seal.ts'
import { type Branch, parseHistory, type SystemArchive, timelinesOf } from '../../wal/archive.ts'
import { walFile } from '../../wal/names.ts'
import type { Stanza } from './info.ts'
import { ask, askBytes, failed, type Pgbackrest } from './program.ts'

/** One file of the archive. */
export interface Stored {
  /** As PostgreSQL calls it. */
  readonly name: string
  /** Below the archive's folder. */
  readonly path: string
  /** SHA-1 of what the server handed over; undefined for what has none in its name. */
  readonly sha1: string | undefined
  readonly at: Date
}

/** `archive/main/15-1`: where the WAL of the backup's cluster lies in pgBackRest's repository. */
export function archiveOf({ archive }: Pick<Stanza, 'archive'>, { method }: Manifest): string {
  const found = archive.find(({ database }) => database.id === method.database)
  if (found) return `archive/${method.stanza}/${found.id}`
  throw new ArxError({ code: 'pgbackrest-archive', message: `pgBackRest has no WAL of the cluster of ${method.label}` })
}

/** Everything in the archive at `folder`. */
export function listArchive(program: Pgbackrest, folder: string): Promise<readonly Stored[]> {
  return listed(program, folder, ['--recurse'])
}

/** What lies there of one file; more than one only where copies archived to one place. */
export function storedAs(program: Pgbackrest, folder: string, name: string): Promise<readonly Stored[]> {
  const segment = /^[0-9A-F]{24}/.test(name)
  const below = segment ? `${folder}/${name.slice(0, 16)}` : folder
  return listed(program, below, [`--filter=^${name.replaceAll('.', '\\.')}(-|$)`], segment ? name.slice(0, 16) : '')
}

/** pgBackRest answers with an empty list for a folder that is not there, and with an error for a repository that is not. */
async function listed(program: Pgbackrest, folder: string, args: readonly string[], under = '') {
  const answer = await ask(program, 'repo-ls', [...args, '--output=json', folder])
  if (answer.code !== 0) throw failed('repo-ls', answer)
  const files = JSON.parse(answer.stdout) as Record<string, { readonly type: string; readonly time?: number }>
  return Object.entries(files).flatMap(([path, { type, time }]): Stored[] => {
    const [, name, sha1] = /([^/]+?)(?:-([0-9a-f]{40})(?:\.\w+)?)?$/.exec(path) ?? []
    if (type !== 'file' || name === undefined) return []
    return [{ name, path: under === '' ? path : `${under}/${path}`, sha1, at: new Date((time ?? 0) * 1000) }]
  })
}

const SEALS: Readonly<Record<string, readonly Seal[]>> = { '': [], '.gz': ['gzip'], '.zst': ['zstd'] }

/** The bytes of one file, without pgBackRest's archive-get, which works only beside a data directory of the cluster. */
export async function readStored(program: Pgbackrest, folder: string, stored: Stored): Promise<Buffer> {
  const answer = await askBytes(program, 'repo-get', [`${folder}/${stored.path}`])
  if (answer.code !== 0) throw failed('repo-get', answer)
  const suffix = stored.sha1 === undefined ? '' : stored.path.slice(stored.path.lastIndexOf(stored.sha1) + 40)
  const seals = SEALS[suffix]
  if (!seals) {
    throw new ArxError({
      code: 'pgbackrest-compression',
      message: `arxdb cannot read ${suffix.slice(1)} by itself`,
      detail: stored.path,
      exit: EXIT.unsupported,
    })
  }
  const bytes = await buffer(await unsealed(Readable.from([answer.bytes]), seals, undefined))
  refuseOther(bytes, [stored])
  return bytes
}

/** pgBackRest does not compare WAL with the SHA-1 in its name (2.45: a flipped bit comes out of archive-get; measured). */
export function refuseOther(bytes: Buffer, stored: readonly Stored[]): void {
  const sums = stored.map(({ sha1 }) => sha1)
  if (sums.includes(undefined) || sums.includes(createHash('sha1').update(bytes).digest('hex'))) return
  const what = stored[0]?.path ?? 'a WAL file'
  throw new ArxError({
    code: 'wal-damaged',
    message: `${what} in pgBackRest's archive is damaged`,
    detail: stored.length === 0 ? 'it is not listed there' : 'it has another SHA-1 than its name says',
  })
}

/** The archive of one cluster in the form in which windows are found. */
export async function readPgbackrestArchive(
  program: Pgbackrest,
  folder: string,
  { systemId, segmentBytes }: Pick<SystemArchive, 'systemId' | 'segmentBytes'>,
): Promise<SystemArchive> {
  const files = await listArchive(program, folder)
  const of = (kind: string) => files.filter(({ name }) => walFile(name)?.kind === kind)
  const segments = of('segment')
  const histories = new Map<number, readonly Branch[]>()
  for (const file of of('history')) {
    const branches = parseHistory((await readStored(program, folder, file)).toString())
    if (branches.length > 0) histories.set(walFile(file.name)!.timeline, branches)
  }
  const names = [...new Set(segments.map(({ name }) => name))]
  return {
    ...{
      systemId,
      segmentBytes,
      broken: [],
      damaged: new Map(),
      timelines: timelinesOf(names, segmentBytes, histories),
    },
    stored: new Map(segments.map(({ name, at }) => [name, at])),
    partials: of('partial').map(({ name }) => name),
  }
}
