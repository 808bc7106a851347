// A dump or a copy becomes a new database: made under a temporary name, judged, and named at the end. Nothing that
// exists is ever written into.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { ArxError } from '../../errors.ts'
import { step } from '../../steps.ts'
import { runner } from '../../storage/session.ts'
import type { Manifest } from '../manifest.ts'
import type { DatabaseMould } from '../methods/logical-preflight.ts'
import type { Fetching, LogicallyRestored, LogicalRestore } from './filling.ts'
import { refuseMismatch } from './fits.ts'
import { newDatabase, refuseExisting, sweepUnfinished } from './new-database.ts'

/** Restores into a new database, or leaves nothing behind: what fails is dropped, what is killed goes with the next one. */
export async function restoreLogical(restore: LogicalRestore): Promise<LogicallyRestored> {
  const { manifest, server, database } = restore
  const fetch = await fetchingOf(manifest)
  const mould = (manifest.method as { database?: DatabaseMould }).database
  if (!mould) throw notOurs(manifest, 'its manifest does not say how its database was made')
  await refuseMismatch(restore)
  const swept = await sweepUnfinished(server)
  await refuseExisting(server, database)
  const fetched = await fetch(restore)
  try {
    step('fetched')
    const into = await newDatabase(server, database, mould, manifest.label)
    step('database made')
    try {
      const { warnings, pausedJobs } = await fetched.fill(into)
      step('filled')
      await checkHypertables(restore, into.connection)
      restore.progress('gathering statistics')
      await settle(restore, into.connection)
      step('settled')
      await into.finish()
      return { warnings: [...swept, ...warnings], pausedJobs }
    } catch (error) {
      await into.drop().catch(() => {})
      throw error
    }
  } finally {
    await fetched.discard()
  }
}

async function fetchingOf(manifest: Manifest): Promise<Fetching> {
  if (manifest.kind === 'dump') return (await import('./dump.ts')).fetchDump
  if (manifest.kind === 'copy') return (await import('./copy.ts')).fetchCopy
  throw notOurs(manifest, `it is of kind ${manifest.kind}, which holds a cluster`)
}

const notOurs = (manifest: Manifest, why: string): ArxError =>
  new ArxError({ code: 'not-logical', message: `${manifest.label} cannot become a database of its own`, detail: why })

/** A dump that was loaded without the extension gives plain tables, and every row is there. */
async function checkHypertables({ manifest }: LogicalRestore, connection: Connection): Promise<void> {
  const expected = (manifest.evidence?.relations ?? [])
    .filter(({ kind }) => kind === 'hypertable')
    .map(({ schema, name }) => `${schema}.${name}`)
    .sort()
  if (manifest.server.timescaledb === null) return
  const client = await openClient(connection)
  try {
    const run = runner(client, { engine: 'timescaledb', server: 150_000 })
    const found = (await run<{ relation: string }>('backup/logical/hypertables')).map(({ relation }) => relation).sort()
    if (found.join('\n') === expected.join('\n')) return
    throw new ArxError({
      code: 'hypertables-differ',
      message: 'the restored database has other hypertables than the one that was backed up',
      detail: `restored: ${found.join(', ') || 'none'}; backed up: ${expected.join(', ') || 'none'}`,
    })
  } finally {
    await client.end().catch(() => {})
  }
}

/** The scheduler is asked to leave: one that is ended keeps its place among the server's few workers for a minute. */
async function settle({ manifest }: LogicalRestore, connection: Connection): Promise<void> {
  const client = await openClient(connection)
  try {
    await client.query('analyze')
    const engine = manifest.server.timescaledb === null ? 'postgres' : 'timescaledb'
    await runner(client, { engine, server: 150_000 })('backup/logical/stop-workers')
  } finally {
    await client.end().catch(() => {})
  }
}
