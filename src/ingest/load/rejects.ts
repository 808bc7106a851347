// FILE.rejects.csv: every record that was not loaded, with its own bytes and the reason.
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ArxError } from '../../errors.ts'
import type { Batch, Reject } from '../rows/batch.ts'
import { newRow, scanRow } from '../rows/scan.ts'

export const REJECTS_HEADER = 'line,byte_offset,column,code,reason,row'
const SUFFIX = '.rejects.csv'

/** Whether a name is one that a load of ours has given. */
export const isRejectsName = (name: string): boolean => name.endsWith(SUFFIX)

/** Beside the file; in the working folder where that cannot be written, or where there is no file. */
export function rejectsPath(name: string, folder: string, isFile: boolean): string {
  if (!isFile) return join(folder, `${name === '-' ? 'stdin' : basename(name)}${SUFFIX}`)
  try {
    accessSync(dirname(name), constants.W_OK)
    return `${name}${SUFFIX}`
  } catch {
    // With its folders' names: those of other folders' files of that name lie there too.
    return join(folder, `${name.replace(/^[./]+/, '').replaceAll('/', '_')}${SUFFIX}`)
  }
}

export interface Rejects {
  /** Written before the batch is committed, so that a killed load cannot lose them; a batch is written once. */
  keep(batch: Batch): void
  /** Puts them in the file's order; the path when there are any. */
  close(): string | undefined
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The row's bytes as one quoted field: what is within them is doubled quotes, nothing else changes. */
function quotedBytes(raw: Buffer): Buffer {
  const out = Buffer.allocUnsafe(raw.length * 2 + 2)
  let at = 0
  out[at++] = 0x22
  for (const byte of raw) {
    if (byte === 0x22) out[at++] = 0x22
    out[at++] = byte
  }
  out[at++] = 0x22
  return out.subarray(0, at)
}

const lineOf = ({ line, byteOffset, column, code, reason, raw }: Reject): Buffer =>
  Buffer.concat([
    Buffer.from(`${line},${byteOffset},${quoted(column ?? '')},${quoted(code)},${quoted(reason)},`),
    quotedBytes(raw),
    Buffer.from('\n'),
  ])

/** Larger ones stay in the order in which batches were committed. */
const MOST_SORTED = 256 * 1024 * 1024

/**
 * Opens when there is a first reject. `ranges` are what an earlier run of the same load has committed: its rejects in
 * there are kept, the others will be met again.
 */
export function openRejects(path: string, ranges: readonly { byte_from: number; byte_to: number }[]): Rejects {
  let file: number | undefined
  const written = new WeakMap<Batch, number>()
  let any = false

  const start = (): number => {
    const before = ranges.length > 0 ? earlier(path, ranges) : []
    try {
      return replaced(path, before)
    } catch (error) {
      throw unwritable(path, error)
    }
  }
  if (ranges.length > 0 && earlier(path, ranges).length > 0) {
    file = start()
    any = true
  }
  return {
    keep(batch) {
      const fresh = batch.rejects.slice(written.get(batch) ?? 0)
      if (fresh.length === 0) return
      file ??= start()
      any = true
      try {
        writeSync(file, Buffer.concat(fresh.map(lineOf)))
      } catch (error) {
        throw unwritable(path, error)
      }
      written.set(batch, batch.rejects.length)
    },
    close() {
      if (!any) return undefined
      if (file !== undefined) {
        fsyncSync(file)
        // A run that took this one's import over has put its own file there.
        const isOurs = fstatSync(file).ino === statSync(path, { throwIfNoEntry: false })?.ino
        closeSync(file)
        file = undefined
        if (isOurs) sort(path)
      }
      return path
    },
  }
}

interface Kept {
  readonly offset: number
  readonly bytes: Buffer
}

/** The records of a rejects file that is ours; none when there is no such file. */
function records(path: string): readonly Kept[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return []
  }
  if (!bytes.subarray(0, REJECTS_HEADER.length).equals(Buffer.from(REJECTS_HEADER))) return []
  const row = newRow()
  const found: Kept[] = []
  let at = REJECTS_HEADER.length + 1
  while (at < bytes.length) {
    const next = scanRow(bytes, at, bytes.length, false, 0x2c, row)
    // A last record cut by a kill was not committed either.
    if (next < 0) break
    const offset = Number(bytes.toString('latin1', row.from[1], row.to[1]))
    found.push({ offset, bytes: bytes.subarray(at, next) })
    at = next
  }
  return found
}

/** Whether there is one of an earlier load. */
export function hasRejects(path: string): boolean {
  try {
    const fd = openSync(path, 'r')
    const head = Buffer.alloc(REJECTS_HEADER.length)
    readSync(fd, head, 0, head.length, 0)
    closeSync(fd)
    return head.toString() === REJECTS_HEADER
  } catch {
    return false
  }
}

const earlier = (path: string, ranges: readonly { byte_from: number; byte_to: number }[]): readonly Kept[] =>
  records(path).filter(({ offset }) => ranges.some((r) => r.byte_from <= offset && offset < r.byte_to))

function sort(path: string): void {
  const all = records(path)
  const size = all.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (size > MOST_SORTED || all.every(({ offset }, i) => i === 0 || all[i - 1]!.offset <= offset)) return
  const inOrder = [...all].sort((a, b) => a.offset - b.offset)
  closeSync(replaced(path, inOrder))
}

/** Puts a file with these records in its place, whole or not at all; returns it open. */
function replaced(path: string, kept: readonly Kept[]): number {
  const fresh = `${path}.${process.pid}.new`
  const fd = openSync(fresh, 'w')
  writeSync(fd, Buffer.concat([Buffer.from(`${REJECTS_HEADER}\n`), ...kept.map(({ bytes }) => bytes)]))
  fsyncSync(fd)
  renameSync(fresh, path)
  return fd
}

const unwritable = (path: string, error: unknown): ArxError =>
  new ArxError({
    code: 'unwritable-rejects',
    message: `cannot write the rejected rows to ${path}`,
    detail: (error as Error).message,
    hint: 'make room, or run the command in a folder that can be written',
    cause: error,
  })
