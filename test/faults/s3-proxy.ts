// Stands between arxdb and an S3 server and lets a test meddle with single requests.
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: passed on, or never answered. */
export type Fate = 'pass' | 'hang'

export interface S3Proxy {
  readonly endpoint: string
  stop(): void
}

/** Passes everything on to `endpoint` but what `fate` says otherwise of. */
export async function s3Proxy(endpoint: string, fate: (asked: IncomingMessage) => Fate): Promise<S3Proxy> {
  const { hostname, port } = new URL(endpoint)
  const server = createServer((asked, answer) => {
    if (fate(asked) === 'hang') return
    const { method, url: path, headers } = asked
    const on = request({ hostname, port, method, path, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers)
      answered.pipe(answer)
    })
    on.on('error', () => answer.destroy())
    answer.on('error', () => on.destroy())
    asked.pipe(on)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port: own } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${own}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
