// A dump into a new database. With TimescaleDB its catalogue goes first and by one process, then the rest by several: a
// plain parallel restore loses rows, and has crashed servers.
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { identifier, literal } from '../../db/identifier.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { step } from '../../steps.ts'
import { runner } from '../../storage/session.ts'
import { type DefinitionCounts, DUMP } from '../methods/dump.ts'
import { libpqEnv, runTool } from '../methods/tool.ts'
import { readObject } from '../objects.ts'
import { runFolder } from '../staging.ts'
import type { Fetching, LogicallyRestored, LogicalRestore } from './filling.ts'
import { needTimescaledb } from './fits.ts'
import type { NewDatabase } from './new-database.ts'
import { pauseJobs } from './paused-jobs.ts'
import { noRoom } from './room.ts'

/** TimescaleDB's own tables, whose rows name those of all others. */
const CATALOGUE = ['_timescaledb_catalog', '_timescaledb_config']

export const fetchDump: Fetching = async (restore) => {
  const { repository, key, manifest, settings, programs, progress, signal } = restore
  const program = programs.need('pg_restore')
  const object = manifest.objects.find(({ name }) => name.startsWith(DUMP))
  if (!object) throw new ArxError({ code: 'object-absent', message: `${manifest.label} holds no ${DUMP}` })
  const staging = await runFolder(settings.staging, 'restore')
  const file = join(staging, DUMP)
  const discard = () => rm(staging, { recursive: true, force: true })
  try {
    progress(`fetching ${object.name}`)
    const source = await readObject(repository, manifest.label, object, key)
    await pipeline(source, createWriteStream(file, { mode: 0o600 }), { signal })
    const version = await timescaledbOf(program, file, restore)
    if (version !== undefined) await within(restore.server, (client) => needTimescaledb(client, version, false))
    const fill = async ({ connection }: NewDatabase): Promise<LogicallyRestored> => {
      const steps = new Steps(restore, connection, program, file, staging)
      const jobs = Math.max(1, restore.jobs)
      if (version === undefined) {
        await steps.run('restoring definitions', ['--section=pre-data'])
        await steps.run('restoring rows', ['--section=data', `--jobs=${jobs}`])
        await steps.definitions(jobs)
        await checkDefinitions(restore, connection)
        return { warnings: steps.warnings, pausedJobs: 0 }
      }
      await prepare(connection, version)
      await steps.safely(jobs)
      step('rows and indexes restored')
      const pausedJobs = await wakeless(connection)
      step('jobs paused')
      await postRestore(connection)
      step('restoring left')
      await checkDefinitions(restore, connection)
      return { warnings: steps.warnings, pausedJobs }
    }
    return { fill, discard }
  } catch (error) {
    await discard()
    throw noRoom(error, settings.staging) ?? error
  }
}

/** pg_restore, one part of the archive after the other. */
class Steps {
  readonly warnings: string[] = []
  private readonly restore: LogicalRestore
  private readonly connection: Connection
  private readonly program: string
  private readonly file: string
  private readonly staging: string

  constructor(restore: LogicalRestore, connection: Connection, program: string, file: string, staging: string) {
    this.restore = restore
    this.connection = connection
    this.program = program
    this.file = file
    this.staging = staging
  }

  /** Definitions and the catalogue by one process each; rows, then indexes, by several. */
  async safely(jobs: number): Promise<void> {
    const only = CATALOGUE.map((schema) => `--schema=${schema}`)
    const others = CATALOGUE.map((schema) => `--exclude-schema=${schema}`)
    await this.run('restoring definitions', ['--section=pre-data'])
    await this.run("restoring TimescaleDB's catalogue", ['--section=data', ...only])
    await this.run('restoring rows', ['--section=data', ...others, `--jobs=${jobs}`])
    await this.definitions(jobs)
  }

  /**
   * Several at once can deadlock in PostgreSQL itself (a foreign key to a partitioned table, while an index of it is
   * attached). What that left out is made by one process, which meets the rest as being there already.
   */
  async definitions(jobs: number): Promise<void> {
    const what = 'restoring indexes and constraints'
    const known = this.warnings.length
    const left = await this.run(what, ['--section=post-data', `--jobs=${jobs}`], /deadlock detected/)
    if (left === 0) return
    await this.run(what, ['--section=post-data'], /already exists|multiple primary keys for table/)
    this.warnings.splice(known)
  }

  /** Fails by the first error that is none of those that pass; gives how many of those there were. */
  async run(what: string, args: readonly string[], passes?: RegExp): Promise<number> {
    const { restore, connection } = this
    restore.progress(what)
    step(what)
    const env = await libpqEnv(connection, restore.env, this.staging)
    const mine = restore.owners === false ? ['--no-owner', '--no-privileges'] : []
    const all = ['--no-password', ...mine, `--dbname=${conninfo(connection.database)}`, ...args, this.file]
    const ran = await runTool(this.program, all, { env, signal: restore.signal })
    const known = ran.errors.filter((line) => passes?.test(line)).length
    const errors = ran.errors.filter((line) => !/must be owner of extension/.test(line) && !passes?.test(line))
    this.warnings.push(...ran.warnings.filter((line) => !/errors ignored on restore/.test(line)))
    if (errors.length === 0 && (ran.code === 0 || (ran.code === 1 && ran.errors.length > 0))) return known
    const role = /role "(.+?)" does not exist/.exec(errors.join('\n'))?.[1]
    const detail = errors.slice(0, 3).join('; ') || ran.reason
    const full = noRoom(new Error(detail), `the server of ${connection.database}`, errors.join(' '))
    if (full) throw full
    throw new ArxError({
      code: 'restore-failed',
      message: `pg_restore failed while ${what}`,
      detail,
      hint: role ? `create role ${identifier(role)}, which the backup names` : 'the unfinished database was dropped',
    })
  }
}

/** A database's name with `=` in it would be read as a connection string. */
const conninfo = (database: string): string => `dbname='${database.replace(/[\\']/g, '\\$&')}'`

/** The version that the archive itself names, read without a server; undefined without TimescaleDB. */
async function timescaledbOf(program: string, file: string, restore: LogicalRestore): Promise<string | undefined> {
  if (restore.manifest.server.timescaledb === null) return undefined
  let text = ''
  const args = ['--data-only', '--schema=_timescaledb_catalog', '--table=metadata', '-f', '-', file]
  const ran = await runTool(program, args, {
    env: {},
    signal: restore.signal,
    async stdout(stream) {
      for await (const chunk of stream) text += chunk.toString()
    },
  })
  const version = /^timescaledb_version\t(\S+)/m.exec(text)?.[1]
  if (ran.ok && version) return version
  throw new ArxError({
    code: 'dump-unreadable',
    message: 'the dump does not say which TimescaleDB it is of',
    detail: ran.reason || 'its _timescaledb_catalog.metadata names none',
  })
}

/** The extension in the version of the dump, and TimescaleDB told to let its catalogue be written. */
async function prepare(connection: Connection, version: string): Promise<void> {
  await within(connection, (client) => client.query(`create extension timescaledb version ${literal(version)}`))
  // Anew: the library of that version is loaded when a session begins.
  await within(connection, async (client) => {
    const { rows } = await client.query<{ superuser: string }>(`select current_setting('is_superuser') as superuser`)
    if (rows[0]!.superuser !== 'on') throw notSuperuser()
    await client.query('select public.timescaledb_pre_restore()')
  })
}

/** Every job off before TimescaleDB's scheduler may come: in this one session it is awake already. */
const wakeless = (connection: Connection): Promise<number> =>
  within(connection, async (client) => {
    await client.query('begin')
    await client.query('set local timescaledb.restoring = off')
    const jobs = await pauseJobs(client, connection.database)
    await client.query('commit')
    return jobs
  })

/** Told to be as usual again, and asked in a new session whether it is: once is not always enough. */
async function postRestore(connection: Connection): Promise<void> {
  let failure: unknown
  for (let tries = 1; tries <= 5; tries++) {
    try {
      await within(connection, (client) => client.query('select public.timescaledb_post_restore()'))
      const off = await within(connection, async (client) => {
        const { rows } = await client.query<{ off: boolean }>(
          `select coalesce(current_setting('timescaledb.restoring', true), 'off') = 'off' as off`,
        )
        return rows[0]!.off
      })
      if (off) return
    } catch (error) {
      failure = error
    }
    await sleep(200 * tries)
  }
  throw new ArxError({
    code: 'post-restore',
    message: 'TimescaleDB does not come back from timescaledb_post_restore()',
    detail: failure ? (failure as Error).message : 'timescaledb.restoring is still on in new sessions',
    cause: failure,
  })
}

async function checkDefinitions({ manifest }: LogicalRestore, connection: Connection): Promise<void> {
  const expected = manifest.method.counts as DefinitionCounts | undefined
  if (!expected) return
  const found = await within(connection, async (client) => {
    const run = runner(client, { engine: 'postgres', server: 150_000 })
    return (await run<DefinitionCounts>('backup/logical/counted-definitions'))[0]!
  })
  const other = (['indexes', 'constraints', 'triggers'] as const).filter((what) => expected[what] !== found[what])
  if (other.length === 0) return
  throw new ArxError({
    code: 'definitions-differ',
    message: `the restored database has ${other.map((what) => `${found[what]} ${what} and not ${expected[what]}`).join(', ')}`,
    detail: 'those of chunks and partitions are counted too',
  })
}

const notSuperuser = (): ArxError =>
  new ArxError({
    code: 'needs-superuser',
    message: "restoring TimescaleDB's catalogue takes a superuser",
    hint: 'connect as one; or arxdb backup run --kind copy, whose restore takes a role that may create databases',
    exit: EXIT.unsupported,
  })

async function within<T>(connection: Connection, body: (client: Awaited<ReturnType<typeof openClient>>) => Promise<T>) {
  const client = await openClient(connection)
  try {
    return await body(client)
  } finally {
    await client.end().catch(() => {})
  }
}
