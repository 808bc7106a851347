// Every statement on every tier: it runs, and gives the names and types that its header promises.

import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { statement, statementNames, type Target } from '../../src/statements/load.ts'
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
    const { rows } = await client.query("select current_setting('server_version_num')::int as server")
    target = { engine: tier.name === 'plain' ? 'postgres' : 'timescaledb', server: rows[0].server }
  })

  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  test.each(statementNames())('%s', async (name) => {
    const { header, text } = statement(name, target)
    await client.query('begin')
    try {
      const nulls = header.params.map(() => null)
      const { fields } = await client.query(text, nulls)
      const oids = fields.map((field) => field.dataTypeID)
      const { rows } = await client.query(
        'select format_type(oid, null) as type from unnest($1::oid[]) with ordinality as o(oid, n) order by n',
        [oids],
      )
      const got = fields.map((field, i) => `${field.name} ${rows[i].type}`)
      expect(got).toEqual(header.returns.map(({ name, type }) => `${name} ${catalogName(type)}`))
      // Parameters are inferred for what can be prepared; DDL has none.
      if (/^\s*create /m.test(text)) return
      const { rows: asked } = await client.query(
        'select parameter_types::text[] as types from pg_prepared_statements where name = $1',
        [await prepared(client, text)],
      )
      expect(asked[0].types).toEqual(header.params.map(({ type }) => catalogName(type)))
    } finally {
      await client.query('rollback')
      await client.query('deallocate all')
    }
  })
})

/** Lets the server infer the parameters' types: an uncast one is inferred wrongly. */
async function prepared(client: pg.Client, text: string): Promise<string> {
  await client.query(`prepare arxdb_inferred as ${text}`)
  return 'arxdb_inferred'
}
