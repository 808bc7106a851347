import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { packageRoot } from '../../src/statements/package-root.ts'
import { migratedDatabase, tiers } from '../servers/databases.ts'
import { schemaTypes } from './schema-types.ts'

const file = join(packageRoot(), 'src/db/schema.gen.ts')

describe.each(tiers())('on $name', (tier) => {
  test('the TypeScript of the schema is what the migrations make', async () => {
    const database = await migratedDatabase(tier)
    const client = await openClient(database.connection)
    const wanted = await schemaTypes(client)
    await client.end()
    await database.drop()
    if (process.env.ARXDB_UPDATE && tier.name === 'plain') writeFileSync(file, wanted)
    expect(readFileSync(file, 'utf8'), 'run `npm run docs`').toBe(wanted)
  })
})
