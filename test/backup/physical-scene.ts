// A small production with an archive, its repository, and backups and restores of it, made as a run would make them.
// Apart from the test runner, because on the Apache tier it runs in the Debian 13 root.
import { execFileSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { appendFile, chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { manifestKey, objectKey, signed } from '../../src/backup/catalogue.ts'
import type { BackupObject, Manifest } from '../../src/backup/manifest.ts'
import { askCluster } from '../../src/backup/methods/cluster.ts'
import type { Making, Method } from '../../src/backup/methods/method.ts'
import { readObject } from '../../src/backup/objects.ts'
import { type Programs, programsOf } from '../../src/backup/programs.ts'
import { openRepository, type Repository } from '../../src/backup/repository.ts'
import { type IsolatedServer, makeIsolated, serverAccount, startIsolated } from '../../src/backup/restore/isolated.ts'
import { type PhysicalRestore, type Restored, restorePhysical } from '../../src/backup/restore/physical.ts'
import { ensureKey, type Key } from '../../src/backup/sealing/keys.ts'
import { SUFFIX, sealed } from '../../src/backup/sealing/seal.ts'
import { type BackupSettings, backupSettings, type Kind } from '../../src/backup/settings.ts'
import { openClient } from '../../src/db/connect.ts'

export interface PhysicalScene {
  readonly folder: string
  readonly production: IsolatedServer
  readonly client: pg.Client
  readonly repository: Repository
  readonly key: Key
  readonly settings: BackupSettings
  readonly programs: Programs
  readonly systemId: string
  readonly tier: 'plain' | 'apache' | 'community'
  making(kind: Kind, more?: Partial<Making>): Promise<Making>
  backup(method: Method, kind: Kind, more?: Partial<Making>): Promise<Manifest>
  decode(method: Method, manifest: Manifest): Promise<readonly string[]>
  restore(chain: readonly Manifest[], more: Partial<PhysicalRestore>): Promise<Restored>
  /** Ends the segment and waits until all is in the archive. */
  archived(): Promise<void>
  /** Another server on production's directory, which was stopped. */
  again(settings?: Readonly<Record<string, string>>): Promise<IsolatedServer>
  /** The folder of the archive's timeline. */
  archive(timeline?: string): string
  end(): Promise<void>
}

/** What `arxdb wal push` would do, without its care. */
const ARCHIVE = `set -e
name=$1 path=$2 to=$3/$(printf %.8s "$1")
mkdir -p "$to"
sum=$(sha256sum <"$path" | cut -c1-64)
{ printf 'arxdb-wal 1 %s sha256=%s bytes=%s system=%s sealed=none at=2026-01-01T00:00:00Z\\n' "$name" "$sum" "$(stat -c %s "$path")" "$4"; cat "$path"; } >"$to/.$name.new"
mv "$to/.$name.new" "$to/$name"
`

export interface SceneOptions {
  readonly bindir: string
  readonly major: number
  readonly tier: PhysicalScene['tier']
  readonly settings?: Readonly<Record<string, string>>
}

const signal = new AbortController().signal

export async function physicalScene({
  bindir,
  major,
  tier,
  settings: more = {},
}: SceneOptions): Promise<PhysicalScene> {
  const folder = await mkdtemp('/tmp/arxdb-physical-')
  await chmod(folder, 0o755)
  const account = serverAccount()
  const env = { PATH: process.env.PATH, HOME: folder }
  const programs = programsOf(major, bindir, env)
  const repo = join(folder, 'repo')
  const wal = join(repo, 'wal')
  await Promise.all(['repo', 'staging', 'cluster', 'restored'].map((name) => mkdir(join(folder, name))))
  for (const name of ['cluster', 'restored']) {
    if (account) await chown(join(folder, name), account.uid, account.gid)
  }
  const { key } = await ensureKey(join(folder, 'key'))
  const repository = await openRepository({ repo, s3: {} }, 'make')
  const settings = backupSettings(
    {},
    { repo, keyFile: join(folder, 'key'), staging: join(folder, 'staging') },
    { env, cwd: folder },
  )
  await mkdir(wal)
  if (account) await chown(wal, account.uid, account.gid)
  const script = join(folder, 'archive.sh')
  await writeFile(script, ARCHIVE)
  const production = await makeIsolated({
    ...{ programs, env, signal, parent: join(folder, 'cluster') },
    settings: {
      archive_mode: 'on',
      archive_command: `/bin/sh ${script} %f %p ${wal}/$(cat ${folder}/system) $(cat ${folder}/system)`,
      archive_timeout: '0',
      wal_level: 'replica',
      max_wal_senders: '10',
      ...more,
    },
  })
  const letReplicate = async (server: IsolatedServer): Promise<void> => {
    await appendFile(join(server.connection('postgres').host, 'pg_hba.conf'), 'local replication all trust\n')
    await asking(server, (other) => other.query('select pg_reload_conf()'))
  }
  await letReplicate(production)
  const connection = production.connection('postgres')
  const client = await openClient(connection)
  const one = async <T>(sql: string): Promise<T> => (await client.query(sql)).rows[0] as T
  const { id: systemId } = await one<{ id: string }>('select system_identifier::text as id from pg_control_system()')
  await writeFile(join(folder, 'system'), systemId)
  if (tier !== 'plain') await client.query('create extension if not exists timescaledb')
  // The clone's danger: settings that a base backup brings along.
  await client.query('alter system set archive_mode = on')
  await client.query(`alter system set archive_command = '/bin/sh ${script} %f %p ${wal}/${systemId} ${systemId}'`)
  let labels = 0
  let restores = 0

  const scene: PhysicalScene = {
    ...{ folder, production, client, repository, key, settings, programs, systemId, tier },
    async making(kind, making = {}) {
      labels++
      const facts = await one<{ version: string; ts: string | null; sums: string }>(
        `select current_setting('server_version') as version, current_setting('data_checksums') as sums,
           (select extversion from pg_extension where extname = 'timescaledb') as ts`,
      )
      const { bytes } = await askCluster({ connection })
      return {
        label: `20260101T00000${labels}Z-${kind}-00000${labels}`,
        settings: { ...settings, kind },
        ...{ connection, repository, key, programs, env, signal },
        staging: await mkdtemp(join(folder, 'staging', 'run-')),
        server: {
          ...{ version: facts.version, major, systemId, database: 'postgres', tier },
          ...{ timescaledb: facts.ts, bytes, checksums: facts.sums === 'on' },
        },
        check() {},
        progress() {},
        ...making,
      }
    },
    async backup(method, kind, more = {}) {
      const making = await scene.making(kind, more)
      await method.preflight(making)
      const started = new Date().toISOString()
      const { files, ...outcome } = await method.make(making)
      const objects: BackupObject[] = []
      for (const made of files) {
        const seals = [...made.seals, ...(making.settings.encrypt ? (['age'] as const) : [])]
        const name = made.name + seals.map((seal) => SUFFIX[seal]).join('')
        const stream = await sealed(createReadStream(made.file), seals, key)
        objects.push({ name, ...(await repository.store.put(objectKey(making.label, name), stream)), sealed: seals })
      }
      const manifest: Manifest = {
        ...{ format: 1, label: making.label, kind, started, ended: new Date().toISOString(), arxdb: '0', host: 'test' },
        ...{ server: making.server, objects, ...outcome },
      }
      await repository.store.put(manifestKey(making.label), signed(manifest, key))
      await rm(making.staging, { recursive: true })
      return JSON.parse(JSON.stringify(manifest)) as Manifest
    },
    async decode(method, manifest) {
      const staging = await mkdtemp(join(folder, 'staging', 'decode-'))
      const read = (object: BackupObject) => readObject(repository, manifest.label, object, key)
      return method.decode({ manifest, staging, programs, signal, read })
    },
    restore(chain, more) {
      const into = join(folder, 'restored', `r${++restores}`)
      return restorePhysical({
        ...{ repository, key, settings, chain, into, programs, env, signal, target: { kind: 'latest' } },
        progress() {},
        ...more,
      })
    },
    async archived() {
      const { name } = await one<{ name: string }>('select pg_walfile_name(pg_switch_wal()) as name')
      for (const until = Date.now() + 20_000; Date.now() < until; await sleep(20)) {
        const files = await readdir(scene.archive(name.slice(0, 8))).catch((): string[] => [])
        if (files.includes(name)) return
      }
      throw new Error(`${name} was not archived: ${production.log().split('\n').slice(-5).join('\n')}`)
    },
    async again(others = {}) {
      const settings = { archive_mode: 'off', wal_level: 'replica', max_wal_senders: '10', ...others }
      const { dataDir } = production
      const server = await startIsolated({ dataDir, programs, env, signal, settings, disposable: true })
      await letReplicate(server)
      return server
    },
    archive: (timeline = '00000001') => join(wal, systemId, timeline),
    async end() {
      await client.end().catch(() => {})
      await production.stop()
      await repository.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return scene
}

export interface Moment {
  readonly name: string
  readonly time: string
  readonly xid: string
  readonly lsn: string
  /** What the table holds there. */
  readonly rows: string
  readonly digest: string
}

const CONTENT = `select count(*)::text as rows, coalesce(sum(hashtextextended(t::text, 0)), 0)::text as digest from ticks t`

export const contentOf = async (client: pg.Client): Promise<{ rows: string; digest: string }> =>
  (await client.query(CONTENT)).rows[0]

/** Makes the table that moments are told by; a hypertable where that can be. */
export async function makeTicks({ client, tier }: PhysicalScene): Promise<void> {
  await client.query('create table ticks (at timestamptz not null, batch int not null, value float8)')
  if (tier !== 'plain')
    await client.query(`select create_hypertable('ticks', 'at', chunk_time_interval => interval '1 day')`)
}

/** One transaction with so many rows, over thirty days; then a moment that is named, timed and counted. */
export async function load(scene: PhysicalScene, batch: number, rows: number): Promise<Moment> {
  const { client } = scene
  const { rows: ids } = await client.query(
    `with loaded as (insert into ticks select timestamptz '2026-01-01' + i * (interval '30 days' / ${rows}), ${batch}, i
       from generate_series(1, ${rows}) i)
     select pg_current_xact_id()::text as xid`,
  )
  // Rows of the next batch are committed later than this, by the clock too.
  await sleep(20)
  const name = `after batch ${batch}`
  const { rows: told } = await client.query(
    `select pg_create_restore_point($1)::text as lsn,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time`,
    [name],
  )
  await sleep(20)
  return { name, xid: ids[0].xid, ...told[0], ...(await contentOf(client)) }
}

/** Content of the restored `ticks`, or what else a client of it is asked for. */
export async function asking<T>(
  server: Pick<IsolatedServer, 'connection'>,
  ask: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await openClient(server.connection('postgres'))
  try {
    return await ask(client)
  } finally {
    await client.end()
  }
}

/** The major of the programs in a folder. */
export const majorOf = (bindir: string): number =>
  Number(/\d+/.exec(execFileSync(`${bindir}/postgres`, ['-V'], { encoding: 'utf8' }))![0])
