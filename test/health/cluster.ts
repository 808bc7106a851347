// A cluster of a test's own, with settings that the shared ones do not have, and standbys of it.
import { spawn } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../src/embedded/sockets.ts'
import { type Clusters, clusters } from '../backup/clusters.ts'
import { connectionOf } from '../servers/connection.ts'
import { withClient } from '../servers/databases.ts'
import { type Found, findPostgres } from '../servers/postgres.ts'

export interface OwnCluster {
  readonly data: string
  readonly port: number
  readonly url: string
  readonly connection: ReturnType<typeof connectionOf>
  /** Runs statements as superuser; the rows of the last one. */
  sql(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>
  stop(mode?: 'fast' | 'immediate'): void
}

export interface Scene {
  readonly folder: string
  readonly running: Clusters
  make(name: string, settings: Readonly<Record<string, string>>, initdb?: readonly string[]): Promise<OwnCluster>
  /** By pg_basebackup, streaming from the primary under this name. */
  standby(name: string, primary: OwnCluster, settings?: Readonly<Record<string, string>>): Promise<OwnCluster>
  /** Starts one that was stopped, on its own port. */
  start(cluster: OwnCluster): Promise<void>
  discard(): void
}

/** A folder for clusters below /tmp, run by the account that may run PostgreSQL. */
export async function openScene(): Promise<Scene> {
  const found: Found = await findPostgres()
  const running = clusters(found)
  const folder = mkdtempSync('/tmp/arxdb-health-')
  chmodSync(folder, 0o755)
  running.own(folder)
  const made: OwnCluster[] = []

  async function started(data: string): Promise<void> {
    const pgCtl = join(found.installation.bindir, 'pg_ctl')
    const { options } = found.installation
    const child = spawn(pgCtl, ['-D', data, '-w', '-l', `${data}.log`, 'start'], {
      ...options,
      cwd: '/',
      stdio: 'ignore',
    })
    const code = await new Promise((resolve) => child.once('close', resolve))
    if (code !== 0)
      throw new Error(`did not start:\n${existsSync(`${data}.log`) && readFileSync(`${data}.log`, 'utf8')}`)
  }

  async function up(data: string, settings: Readonly<Record<string, string>>): Promise<OwnCluster> {
    const port = await freePort()
    const all = {
      ...{ port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' },
      ...{ max_connections: '20', shared_buffers: '16MB', ...settings },
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    appendFileSync(join(data, 'postgresql.auto.conf'), lines.join(''))
    await started(data)
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const one: OwnCluster = {
      ...{ data, port, url, connection: connectionOf(url) },
      sql: (...statements) =>
        withClient(url, async (client) => {
          let rows: readonly Record<string, unknown>[] = []
          for (const statement of statements) rows = (await client.query(statement)).rows
          return rows
        }),
      stop: (mode = 'fast') => void running.pg('pg_ctl', ['-D', data, '-w', '-m', mode, 'stop']),
    }
    made.push(one)
    return one
  }

  return {
    ...{ folder, running },
    start: ({ data }) => started(data),
    make(name, settings, initdb = []) {
      const data = join(folder, name)
      running.pg('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N', ...initdb])
      return up(data, settings)
    },
    standby(name, primary, settings = {}) {
      const data = join(folder, name)
      running.pg('pg_basebackup', ['-d', primary.url, '-D', data, '-X', 'stream', '-c', 'fast'])
      writeFileSync(join(data, 'standby.signal'), '')
      running.own(join(data, 'standby.signal'))
      const primary_conninfo = `host=127.0.0.1 port=${primary.port} user=postgres application_name=${name}`
      return up(data, { primary_conninfo, hot_standby: 'on', ...settings })
    },
    discard() {
      for (const { data } of made.reverse()) {
        if (existsSync(join(data, 'postmaster.pid'))) running.stop(data)
      }
      rmSync(folder, { recursive: true, force: true })
      found.discard()
    },
  }
}

/** Asks until it is so, for 20 s at most; throws with the last answer. */
export async function until<T>(ask: () => Promise<T>, so: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + 20_000; ; ) {
    const answer = await ask()
    if (so(answer)) return answer
    if (Date.now() > end) throw new Error(`never came to it: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
