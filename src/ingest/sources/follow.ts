// A file that grows: what is appended, as it comes.
import { open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { interrupted } from '../../db/session.ts'

const LOOK_MS = 500
const CHUNK_BYTES = 128 * 1024

/** Waits until the file is there and has a first byte: one that was just rotated is gone, or empty, for a while. */
export async function begun(path: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (signal.aborted) throw interrupted()
    const found = await stat(path).catch(() => undefined)
    if (found && found.size > 0) return
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

interface Following {
  readonly path: string
  readonly from: number
  readonly signal: AbortSignal
  readonly onRead: (bytes: number) => void
}

/**
 * Chunks of the file from `from` on; an empty one whenever the file has not grown for a moment. Ends when the signal
 * fires, and when the file was cut or another one has its name: the new one is another content.
 */
export async function* appended({ path, from, signal, onRead }: Following): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    const { ino } = await file.stat()
    let at = from
    let over = false
    while (!signal.aborted) {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at)
      if (bytesRead > 0) {
        at += bytesRead
        onRead(at)
        yield buffer.subarray(0, bytesRead)
        continue
      }
      if (over) return
      yield Buffer.alloc(0)
      const now = await stat(path).catch(() => undefined)
      // Gone for a moment while it is rotated: the next look finds its successor. What was written to it since it was
      // looked at last is read first.
      over = now !== undefined && (now.ino !== ino || now.size < at)
      if (!over) await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
    }
  } finally {
    await file.close()
  }
}
