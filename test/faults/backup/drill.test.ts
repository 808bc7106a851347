// A restore whose rows are all there, and that lacks something else: a drill has to fail, and to say what (53).
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signed } from '../../../src/backup/catalogue.ts'
import type { Evidence } from '../../../src/backup/evidence/evidence.ts'
import type { SignedManifest } from '../../../src/backup/manifest.ts'
import { findKey } from '../../../src/backup/sealing/keys.ts'
import { bestInstalled } from '../../../src/programs/installed.ts'
import { runBeside } from '../../servers/beside.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../../servers/databases.ts'

const SCENE = `create table public.ticks (at timestamptz primary key, price numeric not null check (price > 0));
  insert into ticks select timestamptz '2026-01-01Z' + i * interval '1 minute', i / 7.0 from generate_series(1, 5000) i;
  create index on ticks (price)`

describeTiers('a drill', (tier) => {
  let database: TestDatabase
  let home: string
  let manifest: string
  let original: string
  let able = false

  const arxdb = (...args: string[]) =>
    runBeside('plain', ['backup', ...args, '--repo', join(home, 'repo')], home, {
      // Folders of its own, so that those of other tests do not come between.
      env: { ARXDB_BACKUP_KEY: join(home, 'key'), TMPDIR: join(home, 'tmp') },
    })
  beforeAll(async () => {
    // The copy is restored with this machine's programs, which have to be of the tier's version.
    const found = tier.name === 'apache' ? undefined : await bestInstalled({ env: process.env })
    const { rows } = await withClient(tier.url, (client) =>
      client.query("select current_setting('server_version_num')::int / 10000 as major"),
    )
    able = found !== undefined && found.major === rows[0].major && (tier.name === 'plain' || found.tier === tier.name)
    if (!able) return
    database = await migratedDatabase(tier)
    await withClient(database.url, (client) => client.query(SCENE))
    home = mkdtempSync(join(tmpdir(), 'arxdb-drill-test-'))
    // The server's account has to get there.
    chmodSync(home, 0o755)
    for (const name of ['repo', 'tmp']) mkdirSync(join(home, name))
    const made = await arxdb('run', '--kind', 'copy', '--url', database.url)
    expect(made, made.stderr).toMatchObject({ code: 0 })
    const [label] = readdirSync(join(home, 'repo', 'backups'))
    manifest = join(home, 'repo', 'backups', label!, 'manifest.json')
    original = readFileSync(manifest, 'utf8')
  })
  afterAll(async () => {
    await database?.drop()
    if (home) rmSync(home, { recursive: true, force: true })
  })

  /** As if the source had held something else: signed with the right key, so that only a comparison can tell. */
  async function claim(change: (evidence: Evidence) => Partial<Evidence>): Promise<void> {
    const { manifest: told } = JSON.parse(original) as SignedManifest
    const evidence = { ...told.evidence!, ...change(told.evidence!) }
    writeFileSync(manifest, signed({ ...told, evidence }, (await findKey(join(home, 'key')))!))
  }

  test('passes what is equal, with its times, and keeps the proof', async ({ skip }) => {
    if (!able) return skip('no programs of this version here')
    writeFileSync(manifest, original)
    const done = await arxdb('drill', '-o', 'json')
    expect(done, done.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(done.stdout)).toMatchObject([
      { passed: true, level: 5, problems: null, rto_seconds: expect.any(Number), rpo_seconds: expect.any(Number) },
    ])
    const relations = await arxdb('drill', '--relations', '-o', 'json')
    expect(JSON.parse(relations.stdout)).toContainEqual(
      expect.objectContaining({ relation: 'public.ticks', rows: '5000', restored: '5000' }),
    )
    const listed = await arxdb('list', '-o', 'json')
    expect(JSON.parse(listed.stdout)).toMatchObject([{ proven_level: 5 }])
  }, 60_000)

  const ticks = (evidence: Evidence, more: object) => ({
    relations: evidence.relations.map((one) => (one.name === 'ticks' ? { ...one, ...more } : one)),
  })
  test('fails for whatever differs, and names it', async ({ skip }) => {
    if (!able) return skip('no programs of this version here')
    await claim((evidence) => ({
      ...ticks(evidence, { rows: '5001' }),
      indexes: [...evidence.indexes, 'public.ticks: CREATE INDEX gone ON public.ticks'],
      constraints: evidence.constraints.filter((line) => !line.includes('price > ')),
      jobs: [...evidence.jobs, 'policy_retention on ticks'],
      markets: [...evidence.markets, 'candles BTC/USD@x 1h 2026'],
    }))
    const done = await arxdb('drill', '-o', 'json')
    expect(done, done.stderr).toMatchObject({ code: 3 })
    const [row] = JSON.parse(done.stdout) as { passed: boolean; problems: string }[]
    expect(row!.passed).toBe(false)
    for (const told of [
      /public.ticks: 5001 rows, restored 5000/,
      /index is missing: public.ticks: CREATE INDEX gone/,
      /constraint or column was not there before: public.ticks: .*CHECK/,
      /job is missing: policy_retention on ticks/,
      /newest of market is missing: candles BTC/,
    ])
      expect(row!.problems).toMatch(told)
    const [listed] = JSON.parse((await arxdb('list', '-o', 'json')).stdout)
    expect(listed.proven_level).not.toBe(5)
  }, 60_000)

  test('fails for a copy that was cut, and leaves no server and no folder', async ({ skip }) => {
    if (!able) return skip('no programs of this version here')
    writeFileSync(manifest, original)
    const { manifest: told } = JSON.parse(original) as SignedManifest
    const largest = [...told.objects].sort((a, b) => b.bytes - a.bytes)[0]!
    const file = join(home, 'repo', 'backups', told.label, largest.name)
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, whole.length * 0.4))
    const done = await arxdb('drill')
    expect(done, done.stderr).toMatchObject({ code: 3 })
    expect(done.stderr).toContain(largest.name)
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
    writeFileSync(file, whole)
  }, 60_000)
})
