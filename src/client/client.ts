// The library's client: a pool, and what the command line does with one, for Node programs.
import { homedir, userInfo } from 'node:os'
import type { ClientBase } from 'pg'
import type { Connection } from '../connect/connection.ts'
import { resolveConnection } from '../connect/resolve.ts'
import { openPool } from '../db/connect.ts'
import { DEFAULT_LIMITS, type SessionLimits } from '../db/session.ts'
import type { Engine } from '../engines/engine.ts'
import { openEngine } from '../engines/timescaledb/engine.ts'
import { ArxError, EXIT } from '../errors.ts'
import type { Client, ClientOptions } from './api.ts'
import { batchInsert } from './batch-insert.ts'
import { createCounters } from './counters.ts'
import { type Database, transaction } from './database.ts'
import { createHypertable } from './hypertable.ts'
import { operations } from './operations.ts'
import { poolSettings } from './options.ts'
import { isDirect } from './pooler.ts'
import { createWriter } from './writer.ts'

/** The connection of a URL; without one, of ARXDB_URL, DATABASE_URL, PG* as the command line has it. */
async function resolved(target: string | undefined, connectTimeoutMs: number): Promise<Connection> {
  const connection = await resolveConnection({
    flags: {},
    // The profile's timeout stands where the variable would: below what the URL itself says.
    env: { PGCONNECT_TIMEOUT: String(Math.ceil(connectTimeoutMs / 1000)), ...process.env },
    ...(target === undefined ? {} : { configured: { url: target, origin: 'connect()', chosen: 'flag' } }),
    homeDirectory: homedir(),
    systemUser: userInfo().username,
  })
  if (connection) return connection
  throw new ArxError({
    code: 'no-connection',
    message: 'no server to connect to',
    detail: 'connect() was given no URL, and neither ARXDB_URL, DATABASE_URL nor PGHOST is set',
    hint: "connect('postgres://user@host:5432/database')",
    exit: EXIT.connection,
  })
}

/**
 * Connects a pool. `target` is a URL, or a resolved connection; a server that cannot be reached, or refuses the login,
 * is an ArxError here and not at the first query.
 */
export async function connect(target?: string | Connection, options: ClientOptions = {}): Promise<Client> {
  const settings = poolSettings(options.profile ?? 'development', options.pool)
  const named = typeof target === 'object' ? target : await resolved(target, settings.connectTimeoutMs)
  const ownTimeout = options.pool?.connectTimeoutMs ?? options.pool?.createTimeoutMillis
  const connection = ownTimeout === undefined ? named : { ...named, connectTimeoutMs: ownTimeout }
  const limits: SessionLimits = {
    statementTimeoutMs: options.statementTimeoutMs ?? DEFAULT_LIMITS.statementTimeoutMs,
    lockTimeoutMs: options.lockTimeoutMs ?? DEFAULT_LIMITS.lockTimeoutMs,
    command: options.applicationName ?? 'library',
  }
  options.signal?.throwIfAborted()
  const pool = await openPool(connection, settings)
  return clientOf({ pool, connection, limits, counters: createCounters(), signal: options.signal }, options)
}

function clientOf(db: Database, { preparedStatements }: ClientOptions): Client {
  const { pool, counters } = db
  let names: Promise<boolean> | undefined =
    preparedStatements === undefined ? undefined : Promise.resolve(preparedStatements)
  const allowNames = (client: ClientBase): Promise<boolean> => {
    names ??= isDirect(client)
    return names
  }
  let engine: Promise<Engine> | undefined
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await Promise.allSettled([engine?.then((opened) => opened.close())])
    await pool.end()
  }
  return {
    ...operations((access, work) => transaction(db, { readOnly: access === 'read' }, work), counters, allowNames),
    batchInsert: (table, rows, options) => batchInsert(db, table, rows, options),
    writer: (table, options = {}) => {
      const { onConflict, conflictColumns } = options
      const rule = { ...(onConflict && { onConflict }), ...(conflictColumns && { conflictColumns }) }
      return createWriter(
        (rows) => batchInsert(db, table, rows, { batchSize: rows.length, maxSize: rows.length, ...rule }),
        options,
      )
    },
    createHypertable: (table, timeColumn, options) =>
      counters.measure(() => createHypertable(db, table, timeColumn, options)),
    transaction: (body, options = {}) =>
      transaction(db, options, (client) => body(operations((_, work) => work(client), counters, allowNames))),
    engine: () => {
      engine ??= openEngine({ connection: db.connection, limits: db.limits, signal: db.signal }).catch((error) => {
        engine = undefined
        throw error
      })
      return engine
    },
    stats() {
      const { totalCount: total, idleCount: idle, waitingCount: waiting } = pool
      return { total, idle, active: total - idle, waiting, ...counters.read() }
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}
