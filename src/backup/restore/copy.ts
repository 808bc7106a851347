// A copy into a new database: definitions, rows by several connections, then keys, indexes and all that looks at rows.
import type { Readable } from 'node:stream'
import type { Connection } from '../../connect/connection.ts'
import { cancelling } from '../../db/cancel.ts'
import { openClient } from '../../db/connect.ts'
import { copyIn } from '../../db/copy.ts'
import { identifier, literal } from '../../db/identifier.ts'
import { sqlState, translate } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { step } from '../../steps.ts'
import { runner } from '../../storage/session.ts'
import { type CopiedSchema, type CopyManifest, readCopiedSchema } from '../methods/copy/copy.ts'
import type { Statement } from '../methods/copy/order.ts'
import { copyFrom, readRows } from '../methods/copy/rows.ts'
import { named, TEXT_SETTINGS } from '../methods/snapshot.ts'
import { readObject } from '../objects.ts'
import { unsealed } from '../sealing/seal.ts'
import type { Fetching, LogicallyRestored, LogicalRestore } from './filling.ts'
import type { NewDatabase } from './new-database.ts'
import { writeDown } from './paused-jobs.ts'

const SETTINGS = `${TEXT_SETTINGS};set local check_function_bodies = off;set local client_min_messages = error`
const PLAIN = { engine: 'postgres', server: 150_000 } as const
const NOT_PERMITTED = '42501'

type Client = Awaited<ReturnType<typeof openClient>>

export const fetchCopy: Fetching = async (restore) => {
  const method = restore.manifest.method as unknown as CopyManifest
  const schema = await readCopiedSchema(await opened(restore, method.schema), method.schemaSha256)
  return {
    fill: ({ connection }: NewDatabase) => fill(restore, method, schema, connection),
    discard: async () => {},
  }
}

async function opened(restore: LogicalRestore, file: string): Promise<Readable> {
  const { repository, key, manifest } = restore
  const object = manifest.objects.find(({ name }) => name.startsWith(file))
  if (!object) throw new ArxError({ code: 'object-absent', message: `${manifest.label} holds no ${file}` })
  const { compression } = manifest.method as unknown as CopyManifest
  return unsealed(await readObject(repository, manifest.label, object, key), compression, undefined)
}

async function fill(
  restore: LogicalRestore,
  method: CopyManifest,
  schema: CopiedSchema,
  connection: Connection,
): Promise<LogicallyRestored> {
  const warnings: string[] = []
  const jobs: number[] = []
  await preloaded(connection, schema.before, warnings)
  const client = await openClient(connection)
  const make = async (): Promise<LogicallyRestored> => {
    restore.progress('making definitions')
    await execute(client, schema.before)
    step('definitions made')
    await load(restore, method, connection)
    step('rows loaded')
    for (const { schema: of, name, last, called } of method.sequences) {
      await client.query(`select pg_catalog.setval(${literal(named(of, name))}::regclass, ${last}, ${called})`)
    }
    for (const group of grouped(schema.after)) {
      restore.signal.throwIfAborted()
      restore.progress(`making ${group[0]!.what}`)
      jobs.push(...(await execute(client, group)))
      step('made', group[0]!.what)
    }
    if (restore.owners !== false) warnings.push(...(await give(client, schema.roles)))
    step('owners given')
    if (jobs.length > 0) await writeDown(client, connection.database, jobs)
    return { warnings, pausedJobs: jobs.length }
  }
  try {
    return await cancelling(client, restore.signal, make)
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Extensions in sessions of their own: the library of TimescaleDB is loaded by the session that comes after. */
async function preloaded(connection: Connection, before: readonly Statement[], warnings: string[]): Promise<void> {
  const client = await openClient(connection)
  try {
    for (const { extension } of before) {
      if (extension?.name !== 'timescaledb') continue
      const versions = await runner(client, PLAIN)<{ version: string }>('backup/logical/extension-versions', extension)
      const same = versions.some(({ version }) => version === extension.version)
      await client.query(`create extension timescaledb${same ? ` version ${literal(extension.version)}` : ''}`)
      if (!same)
        warnings.push(`TimescaleDB ${extension.version} is not installed here: the server's own version was taken`)
    }
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Statements of one thing belong together. */
function* grouped(statements: readonly Statement[]): Generator<readonly Statement[]> {
  let group: Statement[] = []
  for (const statement of statements) {
    if (group.length > 0 && group[0]!.what !== statement.what) {
      yield group
      group = []
    }
    group.push(statement)
  }
  if (group.length > 0) yield group
}

/** In one transaction; gives the ids of jobs that were on where they come from. */
async function execute(client: Client, statements: readonly Statement[]): Promise<number[]> {
  const jobs: number[] = []
  await client.query(`begin;${SETTINGS}`)
  for (const { what, sql, job } of statements) {
    try {
      const { rows } = await client.query<{ job_id: number }>(sql)
      if (job?.scheduled) jobs.push(rows[0]!.job_id)
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw new ArxError({
        code: 'restore-failed',
        message: `cannot make ${what}`,
        detail: (error as Error).message,
        cause: error,
      })
    }
  }
  await client.query('commit')
  return jobs
}

/** All tables, by as many connections as asked for; every row counted. */
async function load(restore: LogicalRestore, { tables }: CopyManifest, connection: Connection): Promise<void> {
  const largest = [...tables].sort((a, b) => b.bytes - a.bytes)
  let next = 0
  let failed = false
  const work = async (): Promise<void> => {
    const client = await openClient(connection)
    try {
      while (next < largest.length && !failed) {
        const table = largest[next++]!
        restore.progress(`loading ${table.schema}.${table.name} (${table.rows} rows)`)
        if (table.rows === '0') continue
        await client.query(`begin;${SETTINGS}`)
        const rows = readRows(await opened(restore, table.file), table)
        const loaded = await copyIn(client, copyFrom(table), rows, restore.signal)
        if (String(loaded.rows) !== table.rows) {
          throw new ArxError({
            code: 'restore-failed',
            message: `${table.schema}.${table.name} took ${loaded.rows} rows of ${table.rows}`,
          })
        }
        await client.query('commit')
      }
    } catch (error) {
      failed = true
      throw error
    } finally {
      await client.end().catch(() => {})
    }
  }
  const connections = Math.max(1, Math.min(restore.jobs, largest.length))
  const ended = await Promise.allSettled(Array.from({ length: connections }, work))
  const cause = ended.find((one) => one.status === 'rejected')
  if (cause) throw cause.reason
}

/** Owners and grants: what names roles that are not here, or takes more than this role may, is told and left out. */
async function give(client: Client, roles: CopiedSchema['roles']): Promise<readonly string[]> {
  const known = new Set((await runner(client, PLAIN)<{ name: string }>('backup/logical/roles')).map(({ name }) => name))
  const missing = new Set<string>()
  let forbidden = 0
  for (const { sql, roles: needed } of roles) {
    const absent = needed.filter((role) => !known.has(role))
    for (const role of absent) missing.add(role)
    if (absent.length > 0) continue
    await client.query(sql).catch((error) => {
      if (sqlState(error) !== NOT_PERMITTED) throw error
      forbidden++
    })
  }
  return [
    ...(missing.size > 0
      ? [
          `not here: ${[...missing].map(identifier).join(', ')}; what belongs to them belongs to who restored, and their grants are left out`,
        ]
      : []),
    ...(forbidden > 0 ? [`${forbidden} owners and grants are left out: this role may not give them`] : []),
  ]
}
