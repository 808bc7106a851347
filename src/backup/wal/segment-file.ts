// A file of pg_wal on disk: whose it is and whether it is whole, by the header of its first page.
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArxError } from '../../errors.ts'
import { type Digest, digestOf } from '../digest.ts'
import { isSegmentSize, segmentNumber, type WalFile, walFile } from './names.ts'

export interface FoundFile {
  readonly file: WalFile
  readonly bytes: number
  readonly sha256: string
  readonly systemId: string
}

/** The first page's header says that it is a long one, which is where the system is named. */
const LONG_HEADER = 0x0002
/** XLOG_PAGE_MAGIC of PostgreSQL 15 to 18; they rise from version to version. */
const MAGIC = { least: 0xd110, most: 0xd1ff }

/**
 * Looks at the file that PostgreSQL wants archived. Throws for what is no whole segment of that name: cut, empty,
 * recycled, or another cluster's than `systemId`.
 */
export async function inspectFile(
  path: string,
  systemId: string | undefined,
  digest: (path: string) => Promise<Digest> = digestOf,
): Promise<FoundFile> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const file = walFile(name)
  if (!file) throw broken(path, 'no name that PostgreSQL archives')
  const found = await readIdentity(path, file)
  const own = found ?? systemId ?? (await controlSystemId(join(dirname(path), '..')))
  if (own === undefined) {
    throw broken(
      path,
      'it does not say which cluster it is of, and ../global/pg_control cannot be read',
      '--system-id ID',
    )
  }
  if (systemId !== undefined && own !== systemId)
    throw broken(path, `it is of system ${own}, and ${systemId} is archived here`)
  const { bytes, sha256 } = await digest(path)
  return { file, bytes, sha256, systemId: own }
}

/** The system identifier of a data directory: the first eight bytes of its control file; undefined where it cannot be read. */
export async function controlSystemId(dataDirectory: string): Promise<string | undefined> {
  try {
    const first = await head(join(dataDirectory, 'global', 'pg_control'), 8)
    return first.length === 8 ? first.readBigUInt64LE().toString() : undefined
  } catch {
    return undefined
  }
}

/** Of a segment, whose it is; undefined for the texts that are archived beside them. */
async function readIdentity(path: string, { kind, name, timeline }: WalFile): Promise<string | undefined> {
  if (kind === 'history' || kind === 'backup') return undefined
  const { size, page } = await sizeAndHead(path)
  if (size === 0) throw broken(path, 'it is empty')
  if (page.length < 40) throw broken(path, `it has ${size} bytes`)
  const magic = page.readUInt16LE(0)
  if (magic < MAGIC.least || magic > MAGIC.most || (page.readUInt16LE(2) & LONG_HEADER) === 0) {
    throw broken(path, 'it does not begin as a WAL segment does')
  }
  const segmentBytes = page.readUInt32LE(32)
  if (!isSegmentSize(segmentBytes) || size !== segmentBytes) {
    throw broken(path, `it has ${size} bytes, and its cluster's segments ${segmentBytes}`)
  }
  // What was copied from the timeline before keeps that number; a later one cannot be in there.
  if (page.readUInt32LE(4) > timeline) throw broken(path, `its pages are of timeline ${page.readUInt32LE(4)}`)
  const address = page.readBigUInt64LE(8)
  if (address !== BigInt(segmentNumber(name, segmentBytes)) * BigInt(segmentBytes)) {
    throw broken(path, 'its first page belongs to another segment: it was recycled, or renamed')
  }
  return page.readBigUInt64LE(24).toString()
}

async function sizeAndHead(path: string) {
  const handle = await open(path).catch((error) => {
    throw broken(path, (error as Error).message)
  })
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(40), 0, 40, 0)
    return { size, page: buffer.subarray(0, bytesRead) }
  } finally {
    await handle.close()
  }
}

async function head(path: string, length: number): Promise<Buffer> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const broken = (path: string, why: string, hint?: string): ArxError =>
  new ArxError({
    code: 'wal-file',
    message: `${path} is not archived: ${why}`,
    hint: hint ?? 'PostgreSQL keeps it and tries again; look at pg_stat_archiver and the disk',
  })
