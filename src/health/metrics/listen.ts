// Metrics over HTTP, for Prometheus to fetch: each GET asks the server anew, one at a time.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ArxError } from '../../errors.ts'
import { type Address, urlOf } from './address.ts'
import { CONTENT_TYPE } from './exposition.ts'

/** More wait for their turn only where somebody asks faster than the server answers. */
const MOST_WAITING = 4

export interface Listening {
  /** Asks the server now; fails when its signal fires. */
  scrape(signal: AbortSignal): Promise<string>
  readonly deadlineMs: number
  readonly signal: AbortSignal
  note(text: string): void
}

/** Until the signal fires; then what is being answered is cancelled. */
export async function listen(address: Address, listening: Listening): Promise<void> {
  const { signal, note } = listening
  const answers = queue(listening)
  const server = createServer((request, response) => void answer(request, response, answers, note))
  // A reader that sends nothing holds nothing up.
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  await bound(server, address)
  const { port } = server.address() as AddressInfo
  note(`listening on ${urlOf({ ...address, port })}/metrics; Ctrl-C ends it`)
  if (!signal.aborted) await once(signal, 'abort')
  server.close()
  server.closeAllConnections()
}

async function bound(server: Server, address: Address): Promise<void> {
  try {
    server.listen(address.port, address.host)
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new ArxError({
      code: 'cannot-listen',
      message: `cannot listen on ${urlOf(address)}`,
      detail: code === 'EADDRINUSE' ? 'somebody listens there already' : message,
      hint: '--listen 127.0.0.1:0 takes a port that is free, and says which',
      cause: error,
    })
  }
  server.on('error', () => {})
}

type Outcome = { readonly status: 200 | 503 | 504 | 500; readonly text: string }

/** One scrape after the other; each waits for its turn within its own deadline. */
function queue({ scrape, deadlineMs, signal }: Listening): (gone: AbortSignal) => Promise<Outcome> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return async (gone) => {
    if (waiting >= MOST_WAITING) return { status: 503, text: 'too many ask at once\n' }
    waiting += 1
    const late = AbortSignal.timeout(deadlineMs)
    const stop = AbortSignal.any([late, signal, gone])
    const before = last
    const work = before.then(() => {
      stop.throwIfAborted()
      return scrape(stop)
    })
    // A scrape that is late goes on until the server has seen to its end: the next one waits for that.
    last = work.then(
      () => {},
      () => {},
    )
    try {
      return { status: 200, text: await Promise.race([work, aborted(stop)]) }
    } catch (error) {
      if (late.aborted) return { status: 504, text: `not done in ${deadlineMs / 1000} s\n` }
      return { status: stop.aborted ? 503 : 500, text: `${(error as Error).message}\n` }
    } finally {
      void last.then(() => {
        waiting -= 1
      })
    }
  }
}

const aborted = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  ask: (gone: AbortSignal) => Promise<Outcome>,
  note: (text: string) => void,
): Promise<void> {
  const say = (status: number, type: string, text: string, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers })
    response.end(method === 'HEAD' ? undefined : text)
  }
  const plain = 'text/plain; charset=utf-8'
  if (method !== 'GET' && method !== 'HEAD') return say(405, plain, 'GET only\n', { allow: 'GET, HEAD' })
  if (new URL(url, 'http://localhost').pathname !== '/metrics') return say(404, plain, 'here is only /metrics\n')
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const { status, text } = await ask(gone.signal)
  if (response.destroyed) return
  if (status !== 200) note(`warning: a scrape was answered with ${status}: ${text.trim()}`)
  say(status, status === 200 ? CONTENT_TYPE : plain, text)
}
