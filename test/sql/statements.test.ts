// Every statement on every tier: it runs, and gives the names and types that its header promises.

import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { applies, statement, statementNames, type Target } from '../../src/statements/load.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

/** What pg_catalog calls the types that headers use. */
const CATALOG_NAMES: Readonly<Record<string, string>> = {
  int: 'integer',
  float8: 'double precision',
  timestamptz: 'timestamp with time zone',
}

const catalogName = (type: string): string => {
  const base = type.replace('[]', '')
  return `${CATALOG_NAMES[base] ?? base}${type.endsWith('[]') ? '[]' : ''}`
}

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  let target: Target

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    // What it is asked about, where it can be had; it need not be loaded to be described.
    await client.query('create extension if not exists pg_stat_statements').catch(() => {})
    const { rows } = await client.query("select current_setting('server_version_num')::int as server")
    target = { engine: tier.name === 'plain' ? 'postgres' : 'timescaledb', server: rows[0].server }
  })

  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  const newest: Target = { engine: tier.name === 'plain' ? 'postgres' : 'timescaledb', server: 990_000 }
  test.each(statementNames().filter((name) => applies(name, newest)))('%s', async (name) => {
    const { header, text } = statement(name, target)
    await client.query('begin')
    try {
      // DDL takes no parameters and gives no rows: it has to run, and that is all.
      if (/^\s*create /m.test(text)) return void (await client.query(text))
      const oids = (await describeStatement(client, text)).map((field) => field.dataTypeID)
      const types = await client.query(NAMES_OF_TYPES, [oids])
      const got = (await describeStatement(client, text)).map((field, i) => `${field.name} ${types.rows[i].type}`)
      expect(got).toEqual(header.returns.map(({ name, type }) => `${name} ${catalogName(type)}`))
      await client.query(`prepare arxdb_inferred as ${text}`)
      const { rows } = await client.query(INFERRED)
      expect(rows[0].types).toEqual(header.params.map(({ type }) => catalogName(type)))
    } finally {
      await client.query('rollback')
      await client.query('deallocate all')
    }
  })
})

const NAMES_OF_TYPES =
  'select format_type(oid, null) as type from unnest($1::oid[]) with ordinality as o(oid, n) order by n'
/** What the server takes the parameters for: one that is not cast is inferred wrongly. */
const INFERRED = "select parameter_types::text[] as types from pg_prepared_statements where name = 'arxdb_inferred'"

/** Asks for a statement's columns without running it: some of them change data. */
function describeStatement(client: pg.Client, text: string): Promise<readonly pg.FieldDef[]> {
  return new Promise((resolve, reject) => {
    let fields: readonly pg.FieldDef[] = []
    let failure: Error | undefined
    const submittable = {
      submit(wire: { parse(q: object): void; describe(q: object): void; sync(): void }) {
        wire.parse({ text })
        wire.describe({ type: 'S' })
        wire.sync()
      },
      handleRowDescription(message: { fields: readonly pg.FieldDef[] }) {
        fields = message.fields
      },
      handleError(error: Error) {
        failure = error
      },
      handleReadyForQuery() {
        if (failure) reject(failure)
        else resolve(fields)
      },
    }
    client.query(submittable as unknown as pg.Submittable)
  })
}
