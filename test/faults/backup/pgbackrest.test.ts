// pgBackRest for real: full, incremental, verify; and what its own verify does not tell.
import { execFileSync } from 'node:child_process'
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { pgbackrestMethod } from '../../../src/backup/methods/pgbackrest.ts'
import { canRun, flipped, harmed, openScene, type Scene } from './scene-pgbackrest.ts'

describe.skipIf(!canRun)('kind pgbackrest', () => {
  let scene: Scene
  let full: Manifest
  let incremental: Manifest
  let client: pg.Client

  const label = (manifest: Manifest): string => manifest.method.label as string
  const count = async (): Promise<number> => Number((await client.query('select count(*) from t')).rows[0].count)
  const archived = () => scene.archived(client)

  let middle: string
  beforeAll(async () => {
    scene = await openScene()
    client = await scene.client()
    await client.query('create table t as select g, md5(g::text) as m from generate_series(1, 20000) as g')
    full = await scene.backup(false)
    await client.query('insert into t select g, md5(g::text) from generate_series(20001, 30000) as g')
    incremental = await scene.backup(false)
    await client.query('insert into t select g, md5(g::text) from generate_series(30001, 31000) as g')
    await client.query("select pg_create_restore_point('there')")
    await archived()
    await client.query('insert into t select g, md5(g::text) from generate_series(31001, 32000) as g')
    middle = await archived()
    await client.query('insert into t select g, md5(g::text) from generate_series(32001, 33000) as g')
    await archived()
  }, 120_000)
  afterAll(async () => {
    await client?.end()
    await scene?.close()
  })

  const verify = (which: Manifest, level: number) =>
    scene.shop.arxdb(['verify', which.label, '--level', String(level), '--json'], scene.env)

  test('the first one is full, the next one adds to it, and the manifests say so', async () => {
    expect(full).toMatchObject({ parent: null, wal: { timeline: 1, segmentBytes: 16 << 20 }, method: { type: 'full' } })
    expect(incremental).toMatchObject({ parent: full.label, method: { type: 'incr', prior: label(full) } })
    expect(incremental.wal!.start).toMatch(/^0\/[0-9A-F]+$/)
    expect(await count()).toBe(33_000)
  })

  test('verify passes on levels 0 to 2, and judges what the increment stands on too', async () => {
    for (const level of [0, 1, 2]) {
      const ended = await verify(incremental, level)
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(ended.stdout)).toMatchObject([
        { label: full.label, outcome: 'passed', level },
        { label: incremental.label, outcome: 'passed', level },
      ])
    }
  })

  /** A file of the full backup, which the increment refers to. */
  const dataFile = (): string => {
    const folder = join(scene.folder, `repo/backup/main/${label(full)}/pg_data/base/5`)
    return join(folder, readdirSync(folder).find((name) => name.startsWith('1259.'))!)
  }

  test('16-19: a flipped bit and a missing file: pgBackRest exits with 0, arxdb with 3', async () => {
    for (const change of [flipped, () => undefined]) {
      await harmed(dataFile(), change, async () => {
        const conf = `--config=${scene.env.PGBACKREST_CONFIG}`
        expect(scene.run('pgbackrest', [conf, '--stanza=main', 'verify'])).toBe('')
        const ended = await verify(full, 2)
        expect(ended).toMatchObject({ code: 3 })
        expect(ended.stderr).toContain(`pgBackRest calls ${label(full)} invalid`)
        expect(await verify(incremental, 1)).toMatchObject({ code: 3 })
      })
    }
  })

  test('21: its manifest gone, of which its verify says nothing', async () => {
    const folder = join(scene.folder, `repo/backup/main/${label(incremental)}`)
    await harmed(
      join(folder, 'backup.manifest'),
      () => undefined,
      () =>
        harmed(
          join(folder, 'backup.manifest.copy'),
          () => undefined,
          async () => {
            const ended = await verify(incremental, 2)
            expect(ended).toMatchObject({ code: 3 })
            expect(ended.stderr).toMatch(/does not know|calls \S+ (?!valid)/)
          },
        ),
    )
  })

  test('the WAL that makes it consistent gone, of which its verify says nothing either', async () => {
    const { start } = incremental.method.archive as { start: string }
    const folder = join(scene.folder, 'repo/archive/main/15-1', start.slice(0, 16))
    const file = readdirSync(folder).find((name) => name.startsWith(`${start}-`))!
    await harmed(
      join(folder, file),
      () => undefined,
      async () => {
        const ended = await verify(incremental, 2)
        expect(ended).toMatchObject({ code: 3 })
        expect(ended.stderr).toContain(`WAL segment ${start}`)
      },
    )
  })

  test('22: a segment after it gone: level 3 says from where on it is lost', async () => {
    expect(await verify(full, 3)).toMatchObject({ code: 0 })
    await harmed(
      middle,
      () => undefined,
      async () => {
        expect(await verify(full, 2)).toMatchObject({ code: 0 })
        const ended = await verify(full, 3)
        expect(ended).toMatchObject({ code: 3 })
        expect(ended.stderr).toContain(`the first is ${middle.split('/').pop()!.slice(0, 24)}`)
      },
    )
  })

  test('the stanza gone', async () => {
    renameSync(join(scene.folder, 'repo'), join(scene.folder, 'elsewhere'))
    try {
      const ended = await verify(full, 0)
      expect(ended).toMatchObject({ code: 3 })
      expect(ended.stderr).toContain('missing stanza path')
    } finally {
      renameSync(join(scene.folder, 'elsewhere'), join(scene.folder, 'repo'))
    }
  })

  test('a stanza of another cluster, and none, are refused before anything is made', async () => {
    const other = scene.making({ server: { ...scene.making().server, systemId: '7712256759599025722' } })
    await expect(pgbackrestMethod.preflight(other)).rejects.toMatchObject({ code: 'other-cluster', exit: 6 })
    const task = scene.making()
    const none = { ...task, settings: { ...task.settings, stanza: 'nothing' } }
    await expect(pgbackrestMethod.preflight(none)).rejects.toMatchObject({ code: 'pgbackrest-stanza' })
    const nameless = { ...task, settings: { ...task.settings, stanza: undefined } }
    await expect(pgbackrestMethod.preflight(nameless)).rejects.toMatchObject({ exit: 2 })
  })

  test('list, show: it is a backup among others; a failure stands until as much has passed', async () => {
    const before = await scene.shop.arxdb(['list', '--json'])
    expect(JSON.parse(before.stdout)).toMatchObject([{ status: 'failed' }, { status: 'failed' }])
    expect(before.stderr).toContain(`${full.label} is no good backup: failed`)
    // The segment that level 3 had missed is there again.
    for (const level of [0, 2]) {
      expect(await verify(incremental, level)).toMatchObject({ code: 0 })
      expect((await scene.shop.arxdb(['list', '--json'])).stdout).toContain('failed')
    }
    expect(await verify(incremental, 3)).toMatchObject({ code: 0 })
    const listed = await scene.shop.arxdb(['list', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        label: incremental.label,
        kind: 'pgbackrest',
        status: 'good',
        bytes: null,
        proven_level: 3,
        parent: full.label,
      },
      { label: full.label, status: 'good' },
    ])
    const shown = await scene.shop.arxdb(['show', 'latest', '--json'])
    expect(shown.stdout).toContain(label(incremental))
  })

  test('no file of root lies in what pgBackRest shares with its archiver', () => {
    const found = execFileSync('find', ['repo', 'log', 'lock', '-user', 'root'], {
      cwd: scene.folder,
      encoding: 'utf8',
    })
    expect(found).toBe(process.geteuid?.() === 0 ? '' : found)
  })
})
