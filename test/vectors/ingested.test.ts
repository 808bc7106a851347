// The same numbers come out of the command line on every tier after the bars were loaded.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { agrees, type Line, table } from './line.ts'
import { served } from './served.ts'
import { sourcesIn, vectorsFolder } from './sources.ts'

const folder = vectorsFolder()

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let lines: readonly Line[]

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    lines = await served(database.url, folder === undefined ? undefined : sourcesIn(folder))
  })
  afterAll(() => database?.drop())

  test('what arxdb answers agrees with the tables', () => {
    expect(lines.length).toBeGreaterThan(folder === undefined ? 5 : 25)
    expect(table(lines.filter((line) => !agrees(line)))).toBe(table([]))
  })
})
