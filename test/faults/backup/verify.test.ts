// What may have happened to a backup in its repository, done for real; verify has to say no, and name what it is.
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signed } from '../../../src/backup/catalogue.ts'
import type { Manifest, SignedManifest } from '../../../src/backup/manifest.ts'
import { ensureKey } from '../../../src/backup/sealing/keys.ts'
import { openShop, type Shop } from '../../backup/shop.ts'
import { nodeBeside } from '../../servers/beside.ts'
import { emptyDatabase, type TestDatabase, tier, withClient } from '../../servers/databases.ts'

interface Row {
  readonly label: string
  readonly outcome: string
  readonly problems: string | null
}

let shop: Shop
let healthy: Manifest
let other: Manifest
const NAME = 'tables/0001.copy.gz.age'

beforeAll(async () => {
  shop = await openShop()
  const contents = () => [
    { name: NAME, bytes: randomBytes(20_000), seals: ['gzip', 'age'] as const },
    { name: 'schema.sql', bytes: randomBytes(3000), seals: [] },
  ]
  const day = (n: number) => shop.label(new Date(Date.UTC(2026, 0, n)), 'copy')
  healthy = await shop.publish({ label: day(1), kind: 'copy' }, contents())
  other = await shop.publish({ label: day(2), kind: 'copy' }, contents())
})
afterAll(() => shop?.close())

const verify = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  shop.arxdb(['verify', ...args, '--json'], env)
const rowsOf = (stdout: string): readonly Row[] => JSON.parse(stdout)
const proofs = (label: string): readonly string[] => {
  const folder = join(shop.folder, 'proofs', label)
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Does it, and puts the files back. */
async function with_(files: readonly string[], harm: () => void, during: () => Promise<void>): Promise<void> {
  for (const file of files) copyFileSync(file, join(shop.home, createHash('md5').update(file).digest('hex')))
  try {
    harm()
    await during()
  } finally {
    for (const file of files) copyFileSync(join(shop.home, createHash('md5').update(file).digest('hex')), file)
  }
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[Math.floor(bytes.length * at)]! ^= 0x04
  writeFileSync(file, bytes)
}
const cut = (file: string, share: number): void => truncateSync(file, Math.floor(readFileSync(file).length * share))

describe('arxdb backup verify', () => {
  test('what nobody touched passes, and a proof is kept', async () => {
    const ended = await verify(['--all', '--level', '1'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(rowsOf(ended.stdout)).toMatchObject([
      { label: healthy.label, outcome: 'passed', problems: null },
      { label: other.label, outcome: 'passed' },
    ])
    expect(proofs(healthy.label)).toHaveLength(1)
    const listed = await shop.arxdb(['list', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([{ proven_level: 1 }, { proven_level: 1, trust: 'signed' }])
  })

  const harms: Readonly<Record<string, (file: string) => void>> = {
    'cut to 40 %': (file) => cut(file, 0.4),
    'cut to 98 %': (file) => cut(file, 0.98),
    emptied: (file) => truncateSync(file, 0),
    removed: (file) => rmSync(file),
    'flipped in its first tenth': (file) => flip(file, 0.05),
    'flipped in its middle': (file) => flip(file, 0.5),
    'flipped in its last byte': (file) => flip(file, 0.9999),
    'made longer': (file) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')])),
  }
  test.each(Object.keys(harms))('16-18: an object %s: exit 3, and it is named', async (harm) => {
    const file = shop.path(healthy.label, NAME)
    const kept = proofs(healthy.label).length
    await with_(
      [file],
      () => harms[harm]!(file),
      async () => {
        const ended = await verify([healthy.label, '--level', '1'])
        expect(ended, ended.stderr).toMatchObject({ code: 3 })
        expect(rowsOf(ended.stdout)).toMatchObject([{ outcome: 'failed', problems: expect.stringContaining(NAME) }])
        expect(ended.stderr).toContain(NAME)
        // Sizes and absences are seen without reading.
        const there = await verify([healthy.label, '--level', '0', '--no-record'])
        expect(there.code).toBe(harm.startsWith('flipped') ? 0 : 3)
      },
    )
    expect(proofs(healthy.label)).toHaveLength(kept + 1)
    const listed = await shop.arxdb(['list', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([
      {},
      { label: healthy.label, status: 'failed', proven_level: null },
    ])
    expect(await verify([healthy.label, '--level', '1'])).toMatchObject({ code: 0 })
  })

  test('19: the objects of two backups swapped: both fail', async () => {
    const files = [healthy, other].map(({ label }) => shop.path(label, NAME)) as [string, string]
    const swap = (): void => {
      renameSync(files[0], join(shop.home, 'x'))
      renameSync(files[1], files[0])
      renameSync(join(shop.home, 'x'), files[1])
    }
    await with_(files, swap, async () => {
      const ended = await verify(['--all', '--level', '1', '--no-record'])
      expect(ended).toMatchObject({ code: 3 })
      for (const row of rowsOf(ended.stdout)) expect(row.problems).toContain(NAME)
    })
  })

  test('20: another key than its own, and none: exit 3 that says so; it says nothing of the backup, so no proof is kept', async () => {
    const wrong = join(shop.home, 'wrong.key')
    await ensureKey(wrong)
    const kept = proofs(other.label).length
    for (const file of [wrong, join(shop.home, 'absent.key')]) {
      const ended = await verify(['--latest', '--level', '1', '--key-file', file])
      expect(ended).toMatchObject({ code: 3 })
      expect(ended.stderr).toContain('--key-file')
    }
    expect(proofs(other.label)).toHaveLength(kept)
  })

  test('20: something in plain where encryption is required', async () => {
    writeFileSync(join(shop.home, 'arxdb.json'), JSON.stringify({ backup: { encrypt: true } }))
    const ended = await verify(['latest', '--level', '0', '--no-record'])
    rmSync(join(shop.home, 'arxdb.json'))
    expect(ended).toMatchObject({ code: 3 })
    expect(rowsOf(ended.stdout)[0]!.problems).toMatch(/^schema\.sql lies there in plain/)
  })

  test('21: no manifest: no backup, told by list; half of one, or one of another label: unreadable', async () => {
    const file = shop.path(other.label, 'manifest.json')
    await with_(
      [file],
      () => rmSync(file),
      async () => {
        const ended = await verify([other.label])
        expect(ended).toMatchObject({ code: 1 })
        expect(ended.stderr).toContain('no backup')
        const listed = await shop.arxdb(['list'])
        expect(listed.stderr).toContain(`${other.label} is not finished`)
        expect(listed.stdout).not.toContain(other.label)
      },
    )
    const foreign = readFileSync(shop.path(healthy.label, 'manifest.json'))
    for (const harm of [() => cut(file, 0.5), () => truncateSync(file, 0), () => writeFileSync(file, foreign)]) {
      await with_([file], harm, async () => {
        const ended = await verify([other.label, '--level', '0', '--no-record'])
        expect(ended).toMatchObject({ code: 3 })
        expect(ended.stderr).toContain('manifest.json')
      })
    }
  })

  test('21: an object changed and its hash recomputed in the manifest: the MAC fails', async () => {
    const [file, manifest] = [shop.path(other.label, 'schema.sql'), shop.path(other.label, 'manifest.json')]
    const forge = (): void => {
      flip(file, 0.5)
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex')
      const text = JSON.parse(readFileSync(manifest, 'utf8')) as SignedManifest
      const objects = text.manifest.objects.map((one) => (one.name === 'schema.sql' ? { ...one, sha256 } : one))
      writeFileSync(manifest, JSON.stringify({ ...text, manifest: { ...text.manifest, objects } }))
    }
    await with_([file, manifest], forge, async () => {
      const ended = await verify([other.label, '--level', '1', '--no-record'])
      expect(ended).toMatchObject({ code: 3 })
      expect(ended.stderr).toContain('its MAC is wrong')
      expect(JSON.parse((await shop.arxdb(['list', '--json'])).stdout)[0]).toMatchObject({
        status: 'forged',
        trust: 'forged',
      })
    })
  })

  test('a file that belongs to no backup is told, and is no problem', async () => {
    const file = shop.path(other.label, 'stray.tmp')
    writeFileSync(file, 'x')
    const ended = await verify([other.label, '--level', '0', '--no-record'])
    rmSync(file)
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stderr).toContain('stray.tmp belongs to no backup')
  })

  test('an incremental falls with what it stands on, and without it', async () => {
    const own = await openShop()
    try {
      const day = (n: number, kind: string) => own.label(new Date(Date.UTC(2026, 1, n)), kind)
      const full = await own.publish({ label: day(1, 'base'), kind: 'base' })
      const first = await own.publish({ label: day(2, 'incremental'), kind: 'incremental', parent: full.label })
      const second = await own.publish({ label: day(3, 'incremental'), kind: 'incremental', parent: first.label })
      const check = () => own.arxdb(['verify', second.label, '--level', '1', '--json'])
      const passed = await check()
      expect(passed, passed.stderr).toMatchObject({ code: 0 })
      expect(rowsOf(passed.stdout).map(({ label }) => label)).toEqual([full.label, first.label, second.label])
      flip(own.path(full.label, 'data.bin'), 0.5)
      const failed = await check()
      expect(failed).toMatchObject({ code: 3 })
      expect(rowsOf(failed.stdout).map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
      rmSync(own.path(full.label, 'manifest.json'))
      const orphaned = await check()
      expect(orphaned).toMatchObject({ code: 3 })
      expect(orphaned.stderr).toContain(`its parent ${full.label} is not in the repository`)
    } finally {
      await own.close()
    }
  })

  test('interrupted: 130, and no proof of anything', async () => {
    const kept = proofs(other.label).length
    const file = shop.path(other.label, NAME)
    await with_(
      [file],
      () => truncateSync(file, 4_000_000_000),
      async () => {
        const [node, ...args] = nodeBeside('plain', 'bin/arxdb.js', ['backup', 'verify', other.label, '--level', '1'])
        const env = { ...process.env, ARXDB_BACKUP_REPO: shop.folder, ARXDB_BACKUP_KEY: shop.key.file, HOME: shop.home }
        const child = spawn(node!, args, { env, stdio: 'ignore' })
        setTimeout(() => child.kill('SIGINT'), 700)
        const code = await new Promise((resolve) => child.on('close', resolve))
        expect(code).toBe(130)
      },
    )
    expect(proofs(other.label)).toHaveLength(kept)
    const listed = await shop.arxdb(['list'])
    expect(listed.stderr).toMatch(/backup verify on .* failed: interrupted/)
  })

  test('without a record nothing is written at all', async () => {
    const before = (await shop.repository.store.list('')).map(({ key }) => key)
    await verify(['--all', '--level', '1', '--no-record'])
    expect((await shop.repository.store.list('')).map(({ key }) => key)).toEqual(before)
  })

  test('show tells all of one, in stable names', async () => {
    const ended = await shop.arxdb(['show', healthy.label, '--json'])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const facts = JSON.parse(ended.stdout) as { section: string; name: string; value: string }[]
    expect(new Set(facts.map(({ section }) => section))).toEqual(
      new Set(['backup', 'server', 'object', 'evidence', 'proof', 'restore']),
    )
    expect(facts).toContainEqual(expect.objectContaining({ section: 'object', name: NAME }))
    expect(facts).toContainEqual(
      expect.objectContaining({ section: 'restore', name: 'key', value: expect.stringContaining('needed') }),
    )
  })
})

const DUMP = new URL('../../../src/backup/methods/dump.ts', import.meta.url).pathname

describe.skipIf(!existsSync(DUMP))('level 2 by itself, of a dump that pg_dump made', () => {
  let database: TestDatabase
  let dump: Manifest
  const OBJECT = 'dump.pgdump'

  beforeAll(async () => {
    database = await emptyDatabase(tier('plain'))
    await withClient(database.url, (client) =>
      client.query(
        "create table t as select g, md5(g::text) as m, repeat('x', 20) as r from generate_series(1, 30000) as g",
      ),
    )
    const bytes = execFileSync('/usr/lib/postgresql/15/bin/pg_dump', ['-Fc', database.url], { maxBuffer: 1 << 26 })
    dump = await shop.publish({ label: shop.label(new Date(Date.UTC(2026, 2, 1))) }, [
      { name: OBJECT, bytes, seals: [] },
    ])
  })
  afterAll(() => database?.drop())

  test('it decodes, with its checksums and without', async () => {
    const ended = await verify([dump.label])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(rowsOf(ended.stdout)).toMatchObject([{ outcome: 'passed', level: 2 }])
    expect(await verify([dump.label, '--skip-checksums', '--no-record'])).toMatchObject({ code: 0 })
  })

  test.each([
    ['cut to 40 %', (file: string) => cut(file, 0.4)],
    ['cut to 98 %', (file: string) => cut(file, 0.98)],
    ['with a flipped bit in a block of data', (file: string) => flip(file, 0.5)],
  ] as const)('%s: fails at level 1, and at level 2 where level 1 is left out', async (_, harm) => {
    const file = shop.path(dump.label, OBJECT)
    await with_(
      [file],
      () => harm(file),
      async () => {
        const first = await verify([dump.label, '--no-record'])
        expect(first).toMatchObject({ code: 3 })
        expect(first.stderr).toContain(OBJECT)
        const size = readFileSync(file).length
        // Level 0 sees the size: it is given the size that is there, so that the decoder alone has to find it.
        const manifest = shop.path(dump.label, 'manifest.json')
        const resized = { ...dump, objects: dump.objects.map((one) => ({ ...one, bytes: size })) }
        await with_(
          [manifest],
          () => writeFileSync(manifest, signed(resized, shop.key)),
          async () => {
            const second = await verify([dump.label, '--skip-checksums', '--no-record'])
            expect(second).toMatchObject({ code: 3 })
            expect(second.stderr).toContain(OBJECT)
          },
        )
      },
    )
  })
})
