// A segment that is archived whole, and whose WAL ends in the middle: zeros, as when the last one of a lost server was pushed
// by hand, or a page that was damaged before it was archived. PostgreSQL asks for it again and again.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { headerLine, readHeader } from '../../../src/backup/wal/header.ts'
import { asking, majorOf, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'

const [plain] = tiers().filter(({ name }) => name === 'plain' || name === 'community')

describe.runIf(plain)('a segment of which the end is zeros', () => {
  let scene: PhysicalScene
  let backup: Manifest
  /** Each commit in a segment of its own. */
  const names: string[] = []
  beforeAll(async () => {
    const { bindir } = (await findPostgres()).installation
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    await scene.client.query('create table t (n int)')
    backup = await scene.backup(baseMethod, 'base')
    await scene.archived()
    for (let n = 1; n <= 4; n++) {
      await scene.client.query(`insert into t values (${n})`)
      const { rows } = await scene.client.query('select pg_walfile_name(pg_current_wal_insert_lsn()) as name')
      names.push(rows[0].name)
      await scene.archived()
    }
  }, 120_000)
  afterAll(() => scene?.end(), 60_000)

  /** Everything behind its first header is zeros, and its header says that this is what was archived. */
  async function zeroed(name: string, body: () => Promise<void>): Promise<void> {
    const path = join(scene.archive(), name)
    const before = readFileSync(path)
    const { header, length } = readHeader(before)!
    const wal = Buffer.from(before.subarray(length))
    wal.fill(0, 64)
    const sha256 = createHash('sha256').update(wal).digest('hex')
    writeFileSync(path, Buffer.concat([headerLine({ ...header, sha256 }), wal]))
    try {
      await body()
    } finally {
      writeFileSync(path, before)
    }
  }

  test('at the end of the archive: all that is there comes back', async () => {
    await zeroed(names[3]!, async () => {
      // A quiet server writes a segment of its own behind it now and then.
      for (const name of readdirSync(scene.archive())) if (name > names[3]!) rmSync(join(scene.archive(), name))
      const { server, log } = await scene.restore([backup], { target: { kind: 'latest' } })
      try {
        const { rows } = await asking(server, (client) => client.query('select n from t order by n'))
        expect(
          rows.map(({ n }) => n),
          log,
        ).toEqual([1, 2, 3])
      } finally {
        await server.stop()
        rmSync(server.dataDir, { recursive: true, force: true })
      }
    })
  }, 60_000)

  test('with more behind it: that is damage, and is told as such', async () => {
    await zeroed(names[1]!, async () => {
      const restored = scene.restore([backup], { target: { kind: 'latest' } })
      await expect(restored).rejects.toMatchObject({ code: 'wal-gap', message: expect.stringContaining(names[1]!) })
    })
  }, 60_000)
})
