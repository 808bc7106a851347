// Hypertables, where the server has them.
import { identifier, qualified, tableName } from '../db/identifier.ts'
import { unsupportedError } from '../errors.ts'
import type { HypertableOptions } from './api.ts'
import { type Database, transaction } from './database.ts'

/**
 * Makes the table a hypertable over `timeColumn`; one that is already stays as it is (`created` is false then). On
 * PostgreSQL without TimescaleDB: unsupported, exit 5.
 */
export const createHypertable = (
  db: Database,
  table: string,
  timeColumn: string,
  options: HypertableOptions | string = {},
): Promise<{ created: boolean }> =>
  transaction(db, {}, async (client) => {
    const given: HypertableOptions = typeof options === 'string' ? { chunkInterval: options } : options
    const { chunkInterval = '1 day', migrateData = false } = given
    const name = qualified(tableName(table))
    const { rows } = await client.query(
      `select n.nspname as schema from pg_catalog.pg_extension e
       join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'timescaledb'`,
    )
    const schema = (rows[0] as { schema: string } | undefined)?.schema
    if (schema === undefined) {
      throw unsupportedError(
        `${name} cannot become a hypertable: this database has no TimescaleDB`,
        'install TimescaleDB (either edition) and run: create extension timescaledb',
      )
    }
    const at = identifier(schema)
    const made = await client.query<{ created: boolean }>(
      `select created from ${at}.create_hypertable($1::regclass, ${at}.by_range($2::name, $3::interval),
       if_not_exists => true, migrate_data => $4::boolean)`,
      [name, timeColumn, chunkInterval, migrateData],
    )
    return { created: made.rows[0]!.created }
  })
