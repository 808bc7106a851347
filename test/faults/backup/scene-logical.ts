// A repository, a backup made by a method as a run would make it, and a restore of it; beside the programs of the tier's
// server.
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { manifestKey, objectKey, signed } from '../../../src/backup/catalogue.ts'
import type { BackupObject, Manifest } from '../../../src/backup/manifest.ts'
import type { Making, Method } from '../../../src/backup/methods/method.ts'
import { type Program, type Programs, programsOf } from '../../../src/backup/programs.ts'
import { openRepository, type Repository } from '../../../src/backup/repository.ts'
import type { LogicallyRestored, LogicalRestore } from '../../../src/backup/restore/filling.ts'
import { restoreLogical } from '../../../src/backup/restore/logical.ts'
import { ensureKey, type Key } from '../../../src/backup/sealing/keys.ts'
import { SUFFIX, sealed, unsealed } from '../../../src/backup/sealing/seal.ts'
import { type BackupSettings, backupSettings } from '../../../src/backup/settings.ts'
import type { Connection } from '../../../src/connect/connection.ts'
import { apacheRoot } from '../../servers/apache.ts'
import { connectionOf } from '../../servers/connection.ts'
import { type Tier, type TierName, urlOf, withClient } from '../../servers/databases.ts'

export interface Scene {
  readonly tier: Tier
  readonly folder: string
  readonly repository: Repository
  readonly key: Key
  readonly settings: BackupSettings
  readonly programs: Programs
  /** What progress was told, in order. */
  readonly told: string[]
  making(connection: Connection, more?: Partial<Making>): Promise<Making>
  backup(method: Method, connection: Connection, more?: Partial<Making>): Promise<Manifest>
  decode(method: Method, manifest: Manifest): Promise<readonly string[]>
  restore(manifest: Manifest, database: string, more?: Partial<LogicalRestore>): Promise<LogicallyRestored>
  /** A new name; the database goes at the end. */
  database(): string
  url(database: string): string
  end(): Promise<void>
}

/** Temporary folders lie where the programs of the tier can see them. */
const below = (tier: TierName): string => (tier === 'apache' ? join(apacheRoot(), 'tmp') : '/tmp')

/** For the Apache tier: its programs behind chroot, with the paths as the root sees them. */
async function bindir(tier: TierName, folder: string): Promise<string | undefined> {
  if (tier !== 'apache') return undefined
  const bin = join(folder, 'bin')
  await mkdir(bin)
  for (const program of ['pg_dump', 'pg_restore']) {
    const root = apacheRoot()
    const inside = `#!/bin/bash\nexec /usr/sbin/chroot ${root} /usr/lib/postgresql/17/bin/${program} "\${@/${root.replaceAll('/', '\\/')}/}"\n`
    await writeFile(join(bin, program), inside)
    await chmod(join(bin, program), 0o755)
  }
  return bin
}

export async function logicalScene(tier: Tier): Promise<Scene> {
  const folder = await mkdtemp(join(below(tier.name), 'arxdb-logical-'))
  await Promise.all(['repo', 'staging'].map((name) => mkdir(join(folder, name))))
  const repo = join(folder, 'repo')
  const { key } = await ensureKey(join(folder, 'key'))
  const repository = await openRepository({ repo, s3: {} }, 'make')
  const env = { PATH: process.env.PATH, HOME: folder }
  const world = { env, cwd: folder }
  const flags = { repo, keyFile: join(folder, 'key'), staging: join(folder, 'staging') }
  const settings = backupSettings({}, flags, world)
  const facts = await withClient(tier.url, async (client) => {
    const { rows } = await client.query(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major,
              (select system_identifier::text from pg_control_system()) as "systemId"`,
    )
    return rows[0] as { version: string; major: number; systemId: string }
  })
  const programs = programsOf(facts.major, await bindir(tier.name, folder), env)
  const told: string[] = []
  const databases: string[] = []
  let labels = 0

  const scene: Scene = {
    ...{ tier, folder, repository, key, settings, programs, told },
    async making(connection, more = {}) {
      labels++
      const staging = await mkdtemp(join(folder, 'staging', 'run-'))
      const timescaledb = await withClient(urlOf(tier.url, connection.database), async (client) => {
        const { rows } = await client.query("select extversion from pg_extension where extname = 'timescaledb'")
        return (rows[0]?.extversion ?? null) as string | null
      })
      return {
        label: `20260101T0000${String(labels).padStart(2, '0')}Z-test-00000${labels % 10}`,
        ...{ connection, settings, repository, key, staging, programs, env },
        server: { ...facts, database: connection.database, tier: tier.name, timescaledb, bytes: 0, checksums: false },
        signal: new AbortController().signal,
        check() {},
        progress: (text) => told.push(text),
        ...more,
      }
    },
    async backup(method, connection, more) {
      const making = await scene.making(connection, more)
      await method.preflight(making)
      const outcome = await method.make(making)
      const objects: BackupObject[] = []
      for (const made of outcome.files) {
        const seals = [...made.seals, ...(making.settings.encrypt ? (['age'] as const) : [])]
        const name = made.name + seals.map((seal) => SUFFIX[seal]).join('')
        const stream = await sealed(createReadStream(made.file), seals, key)
        const stored = await repository.store.put(objectKey(making.label, name), stream)
        objects.push({ name, ...stored, sealed: seals })
      }
      const { files: _, ...rest } = outcome
      const now = new Date().toISOString()
      const manifest: Manifest = {
        ...{
          format: 1,
          label: making.label,
          kind: making.settings.kind,
          started: now,
          ended: now,
          arxdb: '0',
          host: 'test',
        },
        ...{ server: making.server, objects, ...rest },
      }
      await repository.store.put(manifestKey(making.label), signed(manifest, key))
      await rm(making.staging, { recursive: true })
      return JSON.parse(JSON.stringify(manifest)) as Manifest
    },
    async decode(method, manifest) {
      const staging = await mkdtemp(join(folder, 'staging', 'decode-'))
      return method.decode({
        ...{ manifest, staging, programs, signal: new AbortController().signal },
        read: async ({ name, sealed: seals }) =>
          unsealed(await repository.store.get(objectKey(manifest.label, name)), seals, key),
      })
    },
    async restore(manifest, database, more = {}) {
      const restored = await restoreLogical({
        ...{ repository, key, settings, manifest, server: connectionOf(tier.url), database, jobs: 2, programs, env },
        signal: new AbortController().signal,
        progress: (text) => told.push(text),
        ...more,
      })
      // Other test files restore on the same server in this moment.
      return { ...restored, warnings: restored.warnings.filter((line) => !line.includes('_arxdb_restoring_')) }
    },
    database() {
      const name = `arxdb_restored_${process.pid}_${databases.length}`
      databases.push(name)
      return name
    },
    url: (database) => urlOf(tier.url, database),
    async end() {
      for (const name of databases) {
        // A scheduler that is ended keeps its place among the server's workers for a minute.
        const stop = `do $$ begin perform _timescaledb_functions.stop_background_workers(); exception when others then end $$`
        await withClient(urlOf(tier.url, name), (client) => client.query(stop)).catch(() => {})
        const drop = `drop database if exists ${pg.escapeIdentifier(name)} with (force)`
        await withClient(tier.url, (client) => client.query(drop))
      }
      await repository.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return scene
}

/** Settings of the scene for a kind. */
export const kindOf = (
  scene: Scene,
  kind: BackupSettings['kind'],
  more: Partial<BackupSettings> = {},
): Partial<Making> => ({
  settings: { ...scene.settings, kind, ...more },
})

/** The scene's programs, with one of them replaced by a script of bash; `$REAL` is the one that it stands for. */
export async function scripted(scene: Scene, program: Program, script: string): Promise<Programs> {
  const folder = await mkdtemp(join(scene.folder, 'scripted-'))
  const file = join(folder, program)
  await writeFile(file, `#!/bin/bash\nREAL=${scene.programs.find(program)}\n${script}\n`)
  await chmod(file, 0o755)
  const find = (name: Program): string | undefined => (name === program ? file : scene.programs.find(name))
  return { major: scene.programs.major, find, need: (name) => find(name) ?? scene.programs.need(name) }
}

/** Writes an object anew, as a disk or somebody would. */
export async function damage(
  scene: Scene,
  manifest: Manifest,
  name: string,
  change: (bytes: Buffer) => Buffer,
): Promise<void> {
  const { store } = scene.repository
  const key = objectKey(manifest.label, name)
  await store.put(key, change(await store.read(key)), { replace: true })
}
