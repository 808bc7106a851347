// PostgreSQL servers of the walk's own, started as an administrator would: nothing of arxdb's isolation in them.
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, chownSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { serverAccount } from '../../../src/backup/restore/isolated.ts'

export interface Server {
  readonly dataDir: string
  readonly port: number
  /** A connection that lasts as long as the server. */
  readonly client: pg.Client
  url(database?: string): string
  within<T>(database: string, body: (client: pg.Client) => Promise<T>): Promise<T>
  /** SIGQUIT: as if the machine had lost its power, as far as processes go. */
  crash(): Promise<void>
  stop(): Promise<void>
}

const account = serverAccount()
export const who = account ? { uid: account.uid, gid: account.gid } : {}

/** A folder that the server's account may write. */
export function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true })
  if (account) chownSync(path, account.uid, account.gid)
  return path
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Segments of a megabyte, so that a walk has many. */
export function makeCluster(bindir: string, dataDir: string, settings: Readonly<Record<string, string>>): void {
  ownFolder(dataDir)
  const args = [
    '-D',
    dataDir,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '-k',
    '-N',
    '--wal-segsize=1',
  ]
  execFileSync(join(bindir, 'initdb'), args, { ...who, cwd: '/', stdio: 'pipe' })
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  appendFileSync(join(dataDir, 'postgresql.conf'), lines.join(''))
}

/** Starts it as its own configuration says, but for the port. */
export async function start(bindir: string, dataDir: string, database: string): Promise<Server> {
  const port = await freePort()
  const log = openSync(`${dataDir}.log`, 'a')
  const args = ['-D', dataDir, '-c', `port=${port}`, '-c', 'listen_addresses=127.0.0.1']
  const child = spawn(join(bindir, 'postgres'), args, { ...who, cwd: '/', stdio: ['ignore', log, log], detached: true })
  let ended = false
  const exit = new Promise<void>((resolve) =>
    child.once('exit', () => {
      ended = true
      resolve()
    }),
  )
  const url = (name = database): string => `postgres://postgres@127.0.0.1:${port}/${name}`
  const connect = async (name: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url(name) })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  let client: pg.Client | undefined
  for (let tries = 0; !client; tries++) {
    client = await connect(database).catch(() => undefined)
    if (client) break
    if (ended || tries > 1200) {
      throw new Error(
        `no server on ${dataDir}: ${readFileSync(`${dataDir}.log`, 'utf8').split('\n').slice(-6).join(' / ')}`,
      )
    }
    await sleep(50)
  }
  const end = async (by: NodeJS.Signals): Promise<void> => {
    await client!.end().catch(() => {})
    if (!ended) child.kill(by)
    await exit
  }
  return {
    ...{ dataDir, port, client, url },
    async within(name, body) {
      const other = await connect(name)
      try {
        return await body(other)
      } finally {
        await other.end().catch(() => {})
      }
    },
    crash: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
  }
}
