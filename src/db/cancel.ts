// Cancels what a backend is doing, the protocol's way: a CancelRequest on a second socket. It passes through poolers
// (pg_cancel_backend does not: the backend's pid is not the one the pooler shows) and takes about 4 ms.
import { setTimeout as sleep } from 'node:timers/promises'
import { pg } from './pg.ts'

/** A server that does not answer must not hold up the end of what was to be cancelled. */
const PATIENCE_MS = 1_000
const AGAIN_MS = 200

interface Internals {
  readonly processID: number | null
  readonly secretKey: number | null
  readonly ssl: unknown
  readonly host: string
  readonly port: number
}

/** Asks the server to cancel what `client` runs now. Resolves when it has seen to it, or is silent; never rejects. */
export function cancel(client: pg.ClientBase): Promise<void> {
  const { processID, secretKey, ssl, host, port } = client as unknown as Internals
  if (processID === null || secretKey === null) return Promise.resolve()
  return new Promise((resolve) => {
    const wire = new pg.Connection({ ssl } as unknown as pg.ConnectionConfig)
    const socket = wire as unknown as {
      connect(port: number | string, host?: string): void
      requestSsl(): void
      cancel(processID: number, secretKey: number): void
      readonly stream: { destroy(): void }
    }
    const silence = setTimeout(() => {
      socket.stream.destroy()
      resolve()
    }, PATIENCE_MS)
    const done = () => {
      clearTimeout(silence)
      resolve()
    }
    const send = () => socket.cancel(processID, secretKey)
    wire.on('connect', () => (ssl ? socket.requestSsl() : send()))
    wire.on('sslconnect', send)
    wire.on('error', done)
    wire.on('end', done)
    if (host.startsWith('/')) socket.connect(`${host}/.s.PGSQL.${port}`)
    else socket.connect(port, host)
  })
}

/** Again and again: a request that arrives between two statements of `client` stops neither. */
async function cancelUntil(over: AbortSignal, client: pg.ClientBase): Promise<void> {
  while (!over.aborted) {
    await cancel(client)
    await sleep(AGAIN_MS, undefined, { signal: over }).catch(() => {})
  }
}

/** Runs `work`; when `signal` fires meanwhile, cancels on the server, and lets `work` fail by the server's answer. */
export async function cancelling<T>(
  client: pg.ClientBase,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const over = new AbortController()
  let asking: Promise<void> | undefined
  const onAbort = () => {
    asking = cancelUntil(over.signal, client)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await work()
  } finally {
    signal?.removeEventListener('abort', onAbort)
    over.abort()
    // A request still under way would hit whatever this session does next.
    await asking
  }
}
