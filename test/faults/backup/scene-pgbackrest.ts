// A cluster of its own with pgBackRest archiving it, as the account postgres, in a folder below /tmp; and a repository of
// arxdb beside it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Manifest } from '../../../src/backup/manifest.ts'
import type { Making } from '../../../src/backup/methods/method.ts'
import { pgbackrestMethod } from '../../../src/backup/methods/pgbackrest.ts'
import { backupSettings } from '../../../src/backup/settings.ts'
import { caller, identity, unprivilegedAccount } from '../../../src/programs/account.ts'
import { openShop, type Shop } from '../../backup/shop.ts'
import { connectionOf } from '../../servers/connection.ts'

export const BIN = '/usr/lib/postgresql/15/bin'
/** What these tests need of the machine. */
export const canRun = existsSync(join(BIN, 'initdb')) && existsSync('/usr/bin/pgbackrest')

const PORT = 5433

export interface Scene {
  readonly folder: string
  readonly shop: Shop
  /** Environment of arxdb: where pgBackRest's configuration is. */
  readonly env: Readonly<Record<string, string>>
  /** The server, by its socket. */
  readonly url: string
  /** `pgbackrest COMMAND ...` of the stanza, as the account of the server. */
  pgbackrest(...args: readonly string[]): string
  client(): Promise<pg.Client>
  /** Runs a program as the account of the server; rejects with its output when it fails. */
  run(file: string, args: readonly string[]): string
  /** Runs a server on a restored directory, as its account, for as long as it is looked into. */
  within<T>(into: string, look: (client: pg.Client) => Promise<T>): Promise<T>
  /** Switches the segment, and waits until pgBackRest has it: where it lies. */
  archived(client: pg.Client): Promise<string>
  making(more?: Partial<Making>): Making
  /** Makes one by the method and publishes its manifest. */
  backup(full: boolean): Promise<Manifest>
  close(): Promise<void>
}

const account = caller().uid === 0 ? unprivilegedAccount() : undefined

/** Begins the cluster, its stanza and the repository; its WAL where and in which size it is told. */
export async function openScene(wal?: { readonly segmentMb: number; readonly begin: string }): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'arxpgb-'))
  const run = (file: string, args: readonly string[]): string =>
    execFileSync(file, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...identity(account) })
  if (account) execFileSync('chown', [account.name, folder])
  run('chmod', ['755', folder])
  const [data, conf] = [join(folder, 'data'), join(folder, 'pgbackrest.conf')]
  const size = wal ? [`--wal-segsize=${wal.segmentMb}`] : []
  run(`${BIN}/initdb`, ['-D', data, '-U', 'postgres', '-A', 'trust', '-k', '-N', ...size])
  if (wal) run(`${BIN}/pg_resetwal`, ['-l', wal.begin, '-D', data])
  for (const name of ['repo', 'log', 'lock', 'spool', 's']) run('mkdir', [join(folder, name)])
  writeFileSync(conf, configuration(folder))
  const archive = `pgbackrest --config=${conf} --stanza=main archive-push %p`
  const settings = `port=${PORT}\nunix_socket_directories='${folder}/s'\nlisten_addresses=''\nfsync=off\narchive_mode=on\narchive_command='${archive}'\n`
  run('sh', ['-c', `printf '%s' "$1" >> "$2"`, 'sh', settings, join(data, 'postgresql.conf')])
  run(`${BIN}/pg_ctl`, ['-D', data, '-w', '-l', join(folder, 'log/pg.log'), 'start'])
  run('pgbackrest', [`--config=${conf}`, '--stanza=main', 'stanza-create'])
  const client = async (): Promise<pg.Client> => {
    const opened = new pg.Client({ host: join(folder, 's'), port: PORT, user: 'postgres', database: 'postgres' })
    await opened.connect()
    return opened
  }
  async function within<T>(into: string, look: (client: pg.Client) => Promise<T>): Promise<T> {
    const options = `-c port=5434 -c listen_addresses='' -c unix_socket_directories=${into}`
    run(`${BIN}/pg_ctl`, ['-D', into, '-w', '-l', join(into, 'start.log'), '-o', options, 'start'])
    const own = new pg.Client({ host: into, port: 5434, user: 'postgres', database: 'postgres' })
    try {
      await own.connect()
      return await look(own)
    } finally {
      await own.end().catch(() => {})
      run(`${BIN}/pg_ctl`, ['-D', into, '-w', '-m', 'fast', 'stop'])
    }
  }
  const shop = await openShop()
  const first = await client()
  const { rows } = await first.query('select system_identifier::text as id from pg_control_system()')
  await first.end()
  const env = { PGBACKREST_CONFIG: conf }
  const making = (more: Partial<Making> = {}): Making =>
    ({
      connection: { ...connectionOf(`postgres://postgres@localhost:${PORT}/postgres`), host: join(folder, 's') },
      settings: backupSettings({}, { repo: shop.folder, stanza: 'main', kind: 'pgbackrest' }, { env: {}, cwd: folder }),
      ...{ repository: shop.repository, key: shop.key, staging: folder, signal: new AbortController().signal },
      server: { ...shop.server, systemId: rows[0].id, major: 15, version: '15', database: 'postgres' },
      env: { ...process.env, ...env },
      check() {},
      progress() {},
      ...more,
    }) as Making
  return {
    ...{ folder, shop, env, client, run, within, making },
    url: `postgres:///postgres?host=${join(folder, 's')}&port=${PORT}&user=postgres`,
    pgbackrest: (...args) => run('pgbackrest', [`--config=${conf}`, '--stanza=main', ...args]),
    async archived(asking) {
      const { rows: switched } = await asking.query('select pg_walfile_name(pg_switch_wal()) as name')
      const name = switched[0].name as string
      const place = join(folder, 'repo/archive/main/15-1', name.slice(0, 16))
      // It has another name until it is whole.
      const whole = new RegExp(`^${name}-[0-9a-f]{40}\\.\\w+$`)
      for (;;) {
        const found = existsSync(place) ? readdirSync(place).find((file) => whole.test(file)) : undefined
        if (found !== undefined) return join(place, found)
        await sleep(50)
      }
    },
    async backup(full) {
      const task = making({ full })
      await pgbackrestMethod.preflight(task)
      const { files: _, ...outcome } = await pgbackrestMethod.make(task)
      return shop.publish({ kind: 'pgbackrest', server: task.server, ...outcome }, [])
    },
    async close() {
      try {
        run(`${BIN}/pg_ctl`, ['-D', data, '-w', '-m', 'immediate', 'stop'])
      } finally {
        await shop.close()
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

const configuration = (folder: string): string => `[global]
repo1-path=${folder}/repo
repo1-retention-full=2
log-path=${folder}/log
lock-path=${folder}/lock
spool-path=${folder}/spool
compress-type=zst
[main]
pg1-path=${folder}/data
pg1-socket-path=${folder}/s
pg1-port=${PORT}
`

/** One file, changed and put back. */
export async function harmed(file: string, change: (bytes: Buffer) => Buffer | undefined, during: () => Promise<void>) {
  const before = readFileSync(file)
  const after = change(Buffer.from(before))
  if (after) writeFileSync(file, after)
  else renameSync(file, `${file}.gone`)
  try {
    await during()
  } finally {
    if (!after) renameSync(`${file}.gone`, file)
    else writeFileSync(file, before)
  }
}

export const flipped = (bytes: Buffer): Buffer => {
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  return bytes
}
