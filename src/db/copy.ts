// COPY: bytes from a source to the server, and from the server, with back-pressure both ways. The only importer of
// pg-copy-streams.
import type { Readable } from 'node:stream'
import type pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { cancel } from './cancel.ts'

/** pg-copy-streams writes twice to the socket for every chunk; many small ones cost more than the rows do. */
const CHUNK_BYTES = 64 * 1024

export type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>

/** Joins small buffers until they are worth a write; big ones pass through uncopied. */
async function* gathered(chunks: Chunks): AsyncGenerator<Buffer> {
  let pending: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    pending.push(chunk)
    bytes += chunk.length
    if (bytes < CHUNK_BYTES) continue
    yield pending.length === 1 ? chunk : Buffer.concat(pending, bytes)
    pending = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes)
}

/**
 * Runs `sql` (a COPY ... FROM STDIN) with the bytes of `chunks`; resolves to the rows the server took.
 * Nothing is kept of a COPY that fails: an error of the source, or an abort, ends it by CopyFail, and is thrown after
 * the server has answered, so that the client is ready for its next query (rollback, inside a transaction). Errors of
 * the server are the driver's own, untouched: `where` names the line.
 */
export async function copyIn(
  client: pg.ClientBase,
  sql: string,
  chunks: Chunks,
  signal?: AbortSignal,
): Promise<{ rows: number }> {
  signal?.throwIfAborted()
  const stream = client.query(copyStreams.from(sql))
  const source = gathered(chunks)
  let answer: { readonly error: unknown } | undefined
  let ending = false
  let cancelled: Promise<void> | undefined
  let wake = (): void => {}
  stream.on('error', (error) => {
    answer ??= { error }
    wake()
  })

  /** Waits for a step, or for the server's no, whichever is first: a source may be silent for hours. */
  const step = <T>(start: (done: (value: T) => void, failed: (error: unknown) => void) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      wake = () => reject(answer?.error)
      if (answer) wake()
      else start(resolve, reject)
    })
  /** CopyFail, then the server's answer to it. */
  const give = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
      if (answer) resolve()
      else stream.destroy(new Error('the source of the rows failed'))
    })
  const onAbort = (): void => {
    // CopyFail is not read by a backend that waits for a lock, nor a cancel by one that waits for rows: send both.
    cancelled = cancel(client)
    if (!ending) stream.destroy(new Error('interrupted'))
  }

  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const next = await step<IteratorResult<Buffer>>((done, failed) => source.next().then(done, failed))
      if (next.done) break
      // One chunk in flight: the callback comes when the socket has room again.
      await step<void>((done) => stream.write(next.value, () => done()))
    }
    ending = true
    await step<void>((done) => stream.end(done))
    return { rows: stream.rowCount }
  } catch (error) {
    if (!answer) await give()
    // Once the second socket is closed the signal was sent: it cannot hit the caller's next statement later on.
    await cancelled
    void source.return(undefined).catch(() => {})
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** The bytes of `sql` (a COPY ... TO STDOUT). The client is free again when the stream has ended or failed. */
export const copyOut = (client: pg.ClientBase, sql: string): Readable => client.query(copyStreams.to(sql))
