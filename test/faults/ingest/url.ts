import type { Connection } from '../../../src/connect/connection.ts'

/** A test server's URL; the suite's own reader of them would bring the test runner into the process. */
export function parseUrl(url: string): Connection {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    host: hostname,
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    ...(password ? { password: async () => decodeURIComponent(password) } : {}),
    tls: false,
    connectTimeoutMs: 10_000,
    origin: 'the test suite',
  }
}
