// A network between a load and its server, that can be cut at a moment of the protocol.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface Proxy {
  /** The server's URL, through here. */
  readonly url: string
  close(): Promise<void>
}

/** What passes on one connection; each function returns true to cut it instead of passing the bytes on. */
export interface Watcher {
  sent?(bytes: Buffer): boolean
  answered?(bytes: Buffer): boolean
}

export async function openProxy(server: string, watch: () => Watcher): Promise<Proxy> {
  const { hostname, port } = new URL(server)
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    const watcher = watch()
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const [from, to, check] of [
      [client, upstream, watcher.sent],
      [upstream, client, watcher.answered],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes: Buffer) => {
        if (check?.(bytes)) cut()
        else if (!to.write(bytes)) from.pause()
      })
      to.on('drain', () => from.resume())
      from.on('end', () => to.end())
      from.on('error', cut)
      from.on('close', () => sockets.delete(from))
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(server)
  url.port = String((listener.address() as { port: number }).port)
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}
