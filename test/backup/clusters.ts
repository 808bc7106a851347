// Clusters of a test's own: made from files, started with given settings, and judged by what becomes of them.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/embedded/sockets.ts'
import { withClient } from '../servers/databases.ts'
import type { Found } from '../servers/postgres.ts'

export const url = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`

export const log = (data: string): string => readFileSync(`${data}.log`, 'utf8')

/** What can be done with data directories, by the programs and the account of an installation. */
export function clusters(found: Found) {
  const running: string[] = []

  const account = () => found.installation.options
  const own = (path: string): void => {
    const { uid, gid } = account()
    if (uid !== undefined) chownSync(path, uid, gid!)
  }
  const ownAll = (path: string): void => {
    const { uid, gid } = account()
    if (uid !== undefined) execFileSync('chown', ['-R', `${uid}:${gid}`, path])
  }
  const pg = (program: string, args: readonly string[]) =>
    execFileSync(join(found.installation.bindir, program), [...args], {
      ...account(),
      cwd: '/',
      stdio: 'pipe',
    }).toString()

  /** Starts it; resolves when it takes connections read-write, or has ended. */
  async function startServer(
    data: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<{ port: number; up: boolean }> {
    const port = await freePort()
    const all = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      max_connections: '20',
      ...settings,
    }
    writeFileSync(
      join(data, 'postgresql.auto.conf'),
      Object.entries(all)
        .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
        .join(''),
    )
    running.push(data)
    const child = spawn(join(found.installation.bindir, 'pg_ctl'), ['-D', data, '-w', '-l', `${data}.log`, 'start'], {
      ...account(),
      cwd: '/',
      stdio: 'ignore',
    })
    await new Promise((resolve) => child.once('close', resolve))
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
      const up = await withClient(
        url(port),
        async (client) => (await client.query('select not pg_is_in_recovery() as up')).rows[0].up,
      ).catch(() => false)
      if (up) return { port, up }
      if (existsSync(`${data}.log`) && !existsSync(join(data, 'postmaster.pid'))) return { port, up: false }
    }
    throw new Error(`neither up nor down:\n${log(data)}`)
  }

  const stop = (data: string): void => {
    try {
      pg('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop'])
    } catch {
      // It has ended by itself.
    }
  }

  return { pg, own, ownAll, startServer, stop, stopAll: () => running.forEach(stop) }
}

export type Clusters = ReturnType<typeof clusters>

/** Runs statements; the first row of the last one. */
export const sql = <T = Record<string, unknown>>(port: number, ...lines: readonly string[]): Promise<T> =>
  withClient(url(port), async (client) => {
    let last: unknown
    for (const line of lines) last = (await client.query(line)).rows[0]
    return last as T
  })
