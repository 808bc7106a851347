// Unpacks a base backup: every object's bytes are checked against our manifest, every file's against PostgreSQL's, both
// while they stream by.
import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, open, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { ArxError, EXIT } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { step } from '../../steps.ts'
import type { BackupObject, Manifest } from '../manifest.ts'
import type { Tablespace } from '../methods/cluster.ts'
import { DAMAGED } from '../objects.ts'
import { type Seal, SUFFIX, unsealed } from '../sealing/seal.ts'
import { noRoom } from './room.ts'
import { readTar, type TarEntry } from './tar.ts'

export const BACKUP_MANIFEST = 'backup_manifest'

/** Without it no server starts: it gets its name when all else is there. */
const CONTROL = 'global/pg_control'

export interface BackupFile {
  readonly Path?: string
  readonly 'Encoded-Path'?: string
  readonly Size: number
  readonly 'Checksum-Algorithm'?: string
  readonly Checksum?: string
}

export interface ServerManifest {
  readonly Files: readonly BackupFile[]
  readonly 'WAL-Ranges': readonly {
    readonly Timeline: number
    readonly 'Start-LSN': string
    readonly 'End-LSN': string
  }[]
}

/** The name that the method gave it, before seals were put on. */
export const innerName = ({ name, sealed }: BackupObject): string =>
  sealed.reduceRight((inner, seal) => inner.replace(new RegExp(`\\${SUFFIX[seal]}$`), ''), name)

/** The compression that pg_basebackup itself put on, by the name. */
const compressionOf = (name: string): readonly Seal[] =>
  name.endsWith('.zst') ? ['zstd'] : name.endsWith('.gz') ? ['gzip'] : []

export interface Unpacking {
  readonly manifest: Manifest
  /** An object's bytes with its seals undone; the stream fails where they are not what the manifest says. */
  read(object: BackupObject): Promise<NodeJS.ReadableStream>
  readonly into: string
  /** Where a tablespace's files go. */
  place(tablespace: Tablespace): string
  /** Whose the files are to be; ours when left out. */
  readonly account: Account | undefined
  /** Leave the WAL out: of all but the last of a chain. */
  readonly withoutWal?: boolean | undefined
  readonly signal: AbortSignal
  progress?(bytes: number): void
  /** Called when all but the control file is there. */
  beforeControl?(): Promise<void>
}

/** Reads a small object whole. */
export async function objectText(stream: NodeJS.ReadableStream): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

/** The object whose name was `inner` before it was sealed. */
export function objectNamed(manifest: Manifest, inner: string): BackupObject {
  const found = manifest.objects.find((object) => innerName(object) === inner)
  if (found) return found
  throw new ArxError({ code: 'backup-incomplete', message: `${manifest.label} has no ${inner}` })
}

/** Unpacks everything; throws at the first thing that is not as it was backed up, naming object and file. */
export async function unpackBase(unpacking: Unpacking): Promise<ServerManifest> {
  const { manifest, into, signal, account } = unpacking
  const text = await objectText(await unpacking.read(objectNamed(manifest, BACKUP_MANIFEST)))
  const told = JSON.parse(text) as ServerManifest
  const expected = new Map(told.Files.map((file) => [pathOf(file), file]))
  const folders = new Set<string>()
  const folder = async (path: string): Promise<void> => {
    if (folders.has(path)) return
    const made = await mkdir(path, { recursive: true, mode: 0o700 })
    for (let at = path; account && made && at.length >= made.length; at = dirname(at)) {
      await chown(at, account.uid, account.gid)
    }
    folders.add(path)
  }
  await folder(into)
  const tablespaces = (manifest.method.tablespaces ?? []) as readonly Tablespace[]
  for (const tablespace of tablespaces) {
    const place = unpacking.place(tablespace)
    await folder(place)
    await folder(join(into, 'pg_tblspc'))
    await symlink(place, join(into, 'pg_tblspc', tablespace.oid))
  }

  const archives = manifest.objects.filter((object) => /\.tar(\.|$)/.test(innerName(object)))
  let bytes = 0
  for (const object of archives) {
    const inner = innerName(object)
    const stem = inner.replace(/\.tar.*$/, '')
    if (stem === 'pg_wal' && unpacking.withoutWal) continue
    const tablespace = tablespaces.find(({ oid }) => oid === stem)
    const root = tablespace ? unpacking.place(tablespace) : stem === 'pg_wal' ? join(into, 'pg_wal') : into
    const below = tablespace ? `pg_tblspc/${stem}/` : stem === 'pg_wal' ? 'pg_wal/' : ''

    const write = async ({ name, kind, link }: TarEntry) => {
      signal.throwIfAborted()
      const path = join(root, name)
      if (kind === 'folder') {
        await folder(path)
        return undefined
      }
      await folder(dirname(path))
      if (kind === 'link') {
        if (!folders.has(path) && !below.startsWith('pg_tblspc')) await symlink(link, path).catch(() => {})
        return undefined
      }
      const known = below === 'pg_wal/' ? undefined : expected.get(below + name)
      if (below !== 'pg_wal/' && !known) throw new Error(`${below}${name} is not in the backup's list of files`)
      const late = below === '' && name === CONTROL
      // What is there already is not of this backup: somebody else is at work in the directory.
      const handle = await open(late ? lateName(into) : path, 'wx', 0o600)
      const hash = createHash('sha256')
      let size = 0
      return {
        async write(chunk: Buffer) {
          hash.update(chunk)
          size += chunk.length
          bytes += chunk.length
          for (let from = 0; from < chunk.length; ) from += (await handle.write(chunk, from)).bytesWritten
        },
        async end() {
          if (account) await handle.chown(account.uid, account.gid)
          await handle.close()
          unpacking.progress?.(bytes)
          if (!known) return
          expected.delete(below + name)
          if (size !== known.Size) throw new Error(`${below}${name} has ${size} bytes, not ${known.Size}`)
          const sha = known['Checksum-Algorithm'] === 'SHA256' ? known.Checksum : undefined
          if (sha !== undefined && hash.digest('hex') !== sha) throw new Error(`${below}${name} has another SHA-256`)
        },
        async abandon() {
          await handle.close().catch(() => {})
        },
      }
    }
    try {
      const source = (await unpacking.read(object)) as Readable
      await readTar(await unsealed(source, compressionOf(inner), undefined), write)
    } catch (error) {
      if (signal.aborted) throw error
      throw noRoom(error, into) ?? damaged(`backups/${manifest.label}/${object.name}`, error)
    }
  }
  if (expected.size > 0) {
    throw damaged(`backups/${manifest.label}`, new Error(`${[...expected.keys()][0]} is in none of its archives`))
  }
  // The links are made already, and to where the files went; the list would lead the server to the old places.
  await rm(join(into, 'tablespace_map'), { force: true })
  await chmod(into, 0o700)
  step('control file left to name', manifest.label)
  await unpacking.beforeControl?.()
  await rename(lateName(into), join(into, CONTROL))
  return told
}

const lateName = (into: string): string => join(into, `${CONTROL}.arxdb`)

const pathOf = (file: BackupFile): string => file.Path ?? Buffer.from(file['Encoded-Path'] ?? '', 'hex').toString()

function damaged(where: string, cause: unknown): ArxError {
  // A repository that cannot be read, or a key that is not the right one, says nothing of the backup.
  if (cause instanceof ArxError && !DAMAGED.has(cause.code)) return cause
  if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return occupied(cause as NodeJS.ErrnoException)
  return new ArxError({
    code: 'object-damaged',
    message: `${where} is damaged`,
    detail: cause instanceof ArxError ? (cause.detail ?? cause.message) : (cause as Error).message,
    hint: 'arxdb backup list shows what else there is, and how far it is proven',
    cause,
  })
}

const occupied = (cause: NodeJS.ErrnoException): ArxError =>
  new ArxError({
    code: 'not-empty',
    message: `${cause.path} came into being while it was restored: somebody else writes there`,
    hint: 'give a directory that nobody else uses',
    exit: EXIT.refused,
    cause,
  })
