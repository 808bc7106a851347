// Cancels what a backend is doing, the protocol's way: a CancelRequest on a second socket. It passes through poolers
// (pg_cancel_backend does not: the backend's pid is not the one the pooler shows) and takes about 4 ms.
import { pg } from './pg.ts'

interface Internals {
  readonly processID: number | null
  readonly secretKey: number | null
  readonly ssl: unknown
  readonly host: string
  readonly port: number
}

/** Asks the server to cancel what `client` runs now. Resolves when the request was sent; never rejects. */
export function cancel(client: pg.ClientBase): Promise<void> {
  const { processID, secretKey, ssl, host, port } = client as unknown as Internals
  if (processID === null || secretKey === null) return Promise.resolve()
  return new Promise((resolve) => {
    const wire = new pg.Connection({ ssl } as unknown as pg.ConnectionConfig)
    const socket = wire as unknown as {
      connect(port: number | string, host?: string): void
      requestSsl(): void
      cancel(processID: number, secretKey: number): void
      end(): void
    }
    const send = () => socket.cancel(processID, secretKey)
    wire.on('connect', () => (ssl ? socket.requestSsl() : send()))
    wire.on('sslconnect', send)
    wire.on('error', () => resolve())
    wire.on('end', () => resolve())
    if (host.startsWith('/')) socket.connect(`${host}/.s.PGSQL.${port}`)
    else socket.connect(port, host)
  })
}

/** Runs `work`; when `signal` fires meanwhile, cancels on the server, and lets `work` fail by the server's answer. */
export async function cancelling<T>(
  client: pg.ClientBase,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const onAbort = () => void cancel(client)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await work()
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
