// The server a benchmark runs on: ARXDB_BENCH_URL (a superuser's), else arxdb's own local one.
import { ensureLocal } from '../../src/embedded/service.ts'

/** URL of the server's database `postgres`; starts the local server when none is given. */
export async function benchServer(): Promise<string> {
  if (process.env.ARXDB_BENCH_URL) return process.env.ARXDB_BENCH_URL
  const local = await ensureLocal({ env: process.env, note: (text) => console.error(text) })
  const url = new URL('postgres://127.0.0.1/postgres')
  url.port = String(local.port)
  url.username = local.user
  url.password = (await local.password?.()) ?? ''
  return url.href
}
