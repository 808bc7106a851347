// The suite's own ground: without this, a tier that silently gives the wrong server would prove nothing.
import { describe, expect, test } from 'vitest'
import { detect } from '../../src/engines/detect.ts'
import { statement } from '../../src/statements/load.ts'
import { emptyDatabase, migratedDatabase, skippedTiers, tiers, withClient } from './databases.ts'
import { TIERS } from './tiers.ts'

test('every tier either runs or says why not', () => {
  const names = [...tiers(), ...skippedTiers()].map(({ name }) => name)
  expect(names.toSorted()).toEqual([...TIERS].toSorted())
  for (const { reason } of skippedTiers()) expect(reason).not.toBe('')
})

describe.each(tiers())('$name', (tier) => {
  test('clones of the template are migrated, separate, and of this tier', async () => {
    const [one, other] = await Promise.all([migratedDatabase(tier), migratedDatabase(tier)])
    try {
      await withClient(one.url, (client) => client.query(`insert into arxdb.exchanges values ('only-here', 'venue')`))
      const seen = await withClient(other.url, async (client) => {
        const found = await detect(async (name) => {
          return (await client.query(statement(name, { engine: 'postgres', server: 150_000 }).text)).rows
        })
        const { rows } = await client.query(
          `select count(*)::int n from arxdb.exchanges where exchange_id = 'only-here'`,
        )
        return { tier: found.tier, offered: found.offered, n: rows[0].n }
      })
      expect(seen).toEqual({ tier: tier.name, offered: tier.name, n: 0 })
    } finally {
      await Promise.all([one.drop(), other.drop()])
    }
  })

  test('an empty database has nothing of arxdb and no extension', async () => {
    const empty = await emptyDatabase(tier)
    try {
      const found = await withClient(empty.url, async (client) => {
        const { rows } = await client.query(`select to_regnamespace('arxdb') is null as clean,
          (select count(*)::int from pg_extension where extname = 'timescaledb') as extensions`)
        return rows[0]
      })
      expect(found).toEqual({ clean: true, extensions: 0 })
    } finally {
      await empty.drop()
    }
  })

  test('a dropped database is gone, even while somebody uses it', async () => {
    const database = await emptyDatabase(tier)
    await withClient(database.url, async (client) => {
      await client.query('select 1')
      await database.drop()
    })
    await expect(withClient(database.url, async () => {})).rejects.toMatchObject({ code: '3D000' })
  })
})
