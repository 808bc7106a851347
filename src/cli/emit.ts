// Where answers go: stdout with back-pressure, or a file.
import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ArxError, EXIT } from '../errors.ts'

type Chunks = Iterable<string | Uint8Array>

/** Writes to a stream that stays open; stops when the reader is gone or the user gave up. */
export async function writeAll(stream: Writable, chunks: Chunks, signal: AbortSignal): Promise<void> {
  for (const chunk of chunks) {
    if (signal.aborted) throw new ArxError({ code: 'interrupted', message: 'interrupted', exit: EXIT.interrupted })
    if (!stream.write(chunk)) await drained(stream, signal)
  }
}

/** Writes a file whole, or leaves it as it was: what it held before is replaced when all is written. */
export async function writeFile(file: string, chunks: Chunks): Promise<void> {
  try {
    await writeWhole(file, chunks)
  } catch (error) {
    throw new ArxError({
      code: 'cannot-write',
      message: `cannot write ${file}`,
      detail: (error as Error).message,
      cause: error,
    })
  }
}

async function writeWhole(file: string, chunks: Chunks): Promise<void> {
  const there = await stat(file).catch(() => undefined)
  // A pipe or a device takes what comes, and has no place beside it.
  if (there && !there.isFile()) return pipeline(Readable.from(chunks), createWriteStream(file))
  const target = there ? await realpath(file) : file
  const draft = `${target}.${process.pid}.part`
  try {
    await pipeline(Readable.from(chunks), createWriteStream(draft, { mode: there?.mode ?? 0o666 }))
    await rename(draft, target)
  } finally {
    await rm(draft, { force: true })
  }
}

function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    stream.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
