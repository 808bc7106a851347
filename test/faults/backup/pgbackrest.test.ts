// pgBackRest for real: full, incremental, verify, restore; and what its own verify and archive-get do not tell.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { layOutPgbackrest, type PgbackrestTarget } from '../../../src/backup/methods/pgbackrest/restore.ts'
import { pgbackrestMethod } from '../../../src/backup/methods/pgbackrest.ts'
import { BIN, canRun, openScene, type Scene } from './scene-pgbackrest.ts'

/** One file, changed and put back. */
async function harmed(file: string, change: (bytes: Buffer) => Buffer | undefined, during: () => Promise<void>) {
  const before = readFileSync(file)
  const after = change(Buffer.from(before))
  if (after) writeFileSync(file, after)
  else renameSync(file, `${file}.gone`)
  try {
    await during()
  } finally {
    if (!after) renameSync(`${file}.gone`, file)
    else writeFileSync(file, before)
  }
}

const flipped = (bytes: Buffer): Buffer => {
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  return bytes
}

describe.skipIf(!canRun)('kind pgbackrest', () => {
  let scene: Scene
  let full: Manifest
  let incremental: Manifest
  let client: pg.Client

  const label = (manifest: Manifest): string => manifest.method.label as string
  const count = async (): Promise<number> => Number((await client.query('select count(*) from t')).rows[0].count)
  /** Switches the segment, and waits until pgBackRest has it. */
  async function archived(): Promise<string> {
    const { rows } = await client.query('select pg_walfile_name(pg_switch_wal()) as name')
    const folder = join(scene.folder, 'repo/archive/main/15-1', (rows[0].name as string).slice(0, 16))
    // It has another name until it is whole.
    const whole = new RegExp(`^${rows[0].name}-[0-9a-f]{40}\\.zst$`)
    for (;;) {
      const found = existsSync(folder) ? readdirSync(folder).find((name) => whole.test(name)) : undefined
      if (found !== undefined) return join(folder, found)
      await sleep(50)
    }
  }

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

  test('a flipped bit and a missing file: pgBackRest exits with 0, arxdb with 3', async () => {
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

  test('its manifest gone, of which its verify says nothing', async () => {
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

  test('a segment after it gone: level 3 says from where on it is lost', async () => {
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

  let restores = 0
  /** Lays a backup out, starts it on a socket of its own, and gives what stands in it once it is promoted or has failed. */
  async function restored(manifest: Manifest, target: PgbackrestTarget, plainCommand = false) {
    const into = join(scene.folder, `r${restores++}`)
    scene.run('mkdir', ['-m', '700', into])
    const signal = new AbortController().signal
    const done = await layOutPgbackrest({ manifest, target, into, env: { ...process.env, ...scene.env }, signal })
    if (plainCommand) {
      const auto = join(into, 'postgresql.auto.conf')
      const text = readFileSync(auto, 'utf8')
      writeFileSync(auto, text.replace(/; rc=\$\?.*'$/m, "'"))
    }
    const log = join(into, 'start.log')
    const options = `-c port=5434 -c listen_addresses='' -c unix_socket_directories=${into}`
    const startArgs = ['-D', into, '-w', '-l', log, '-o', options, 'start']
    try {
      scene.run(`${BIN}/pg_ctl`, startArgs)
    } catch {}
    const own = new pg.Client({ host: into, port: 5434, user: 'postgres', database: 'postgres' })
    own.on('error', () => {})
    try {
      await own.connect()
      for (let n = 0; n < 100; n++) {
        if (!(await own.query('select pg_is_in_recovery() as r')).rows[0].r) break
        await sleep(50)
      }
      const { rows } = await own.query("select count(*)::int as n, current_setting('archive_mode') as archiving from t")
      return {
        ...done,
        rows: rows[0].n as number,
        archiving: rows[0].archiving as string,
        log: readFileSync(log, 'utf8'),
      }
    } catch {
      return { ...done, rows: null, archiving: null, log: readFileSync(log, 'utf8') }
    } finally {
      await own.end().catch(() => {})
      try {
        scene.run(`${BIN}/pg_ctl`, ['-D', into, '-w', '-m', 'immediate', 'stop'])
      } catch {}
    }
  }

  test('restored to the backup, to a name, to the end: the rows of that moment, and archiving off', async () => {
    expect(await restored(full, { kind: 'backup' })).toMatchObject({ rows: 20_000, archiving: 'off' })
    expect(await restored(incremental, { kind: 'backup' })).toMatchObject({ rows: 30_000, archiving: 'off' })
    expect(await restored(incremental, { kind: 'name', name: 'there' })).toMatchObject({ rows: 31_000 })
    expect(await restored(full, { kind: 'latest' })).toMatchObject({ rows: 33_000, archiving: 'off' })
  }, 60_000)

  test('a damaged segment in the middle: its own command loses what comes after, ours stops', async () => {
    await harmed(middle, flipped, async () => {
      const lost = await restored(full, { kind: 'latest' }, true)
      expect(lost.rows).toBe(31_000)
      const stopped = await restored(full, { kind: 'latest' })
      expect(stopped.rows, stopped.log).toBeNull()
      expect(stopped.log).toMatch(/FATAL: .*restore.*from archive/)
    })
  }, 60_000)

  test('never over what is there', async () => {
    const data = join(scene.folder, 'data')
    const signal = new AbortController().signal
    const env = { ...process.env, ...scene.env }
    const done = layOutPgbackrest({ manifest: full, target: { kind: 'latest' }, into: data, env, signal })
    await expect(done).rejects.toMatchObject({ exit: 6 })
    expect(await count()).toBe(33_000)
  })

  test('list, show: it is a backup among others; a failure stands until as much has passed', async () => {
    const before = await scene.shop.arxdb(['list', '--json'])
    expect(JSON.parse(before.stdout)).toMatchObject([{ status: 'failed' }, { status: 'failed' }])
    expect(before.stderr).toContain(`${full.label} is no good backup: failed`)
    expect(await verify(incremental, 0)).toMatchObject({ code: 0 })
    expect((await scene.shop.arxdb(['list', '--json'])).stdout).toContain('failed')
    expect(await verify(incremental, 2)).toMatchObject({ code: 0 })
    const listed = await scene.shop.arxdb(['list', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {
        label: incremental.label,
        kind: 'pgbackrest',
        status: 'good',
        bytes: null,
        proven_level: 2,
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
