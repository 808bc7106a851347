import type { Connection } from '../../src/connect/connection.ts'

/**
 * What `--url` would resolve to, without the resolution: test servers speak no TLS. Apart from databases.ts, because a
 * child process and a benchmark run without the test runner.
 */
export function connectionOf(url: string): Connection {
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
