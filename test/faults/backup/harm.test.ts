// What may have happened to the objects of a backup, whichever kind it is of and wherever it lies: backups of a real server,
// each harmed in another way, and one verification over all of them that has to name every one.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestKey, objectKey, signed } from '../../../src/backup/catalogue.ts'
import type { Manifest, SignedManifest } from '../../../src/backup/manifest.ts'
import { ensureKey } from '../../../src/backup/sealing/keys.ts'
import { type Clusters, clusters, log, sql, url } from '../../backup/clusters.ts'
import { openShop, type Shop } from '../../backup/shop.ts'
import { runBeside } from '../../servers/beside.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { type Found, findPostgres } from '../../servers/postgres.ts'
import { behind } from '../harness/s3-proxy.ts'
import { noSmallDisk, smallDisk } from '../harness/small-disk.ts'

const KINDS = ['dump', 'copy', 'base'] as const
type Kind = (typeof KINDS)[number]
interface Original {
  readonly manifest: Manifest
  readonly bytes: ReadonlyMap<string, Buffer>
}
/** Two of each kind, of one database at two moments. */
const originals = {} as Record<Kind, readonly [Original, Original]>
let found: Found
let running: Clusters
let folder: string

beforeAll(async () => {
  found = await findPostgres()
  running = clusters(found)
  folder = mkdtempSync('/tmp/arxdb-harm-')
  chmodSync(folder, 0o755)
  running.own(folder)
  const [data, repo, key] = ['data', 'repo', 'key'].map((name) => join(folder, name)) as [string, string, string]
  mkdirSync(repo)
  await ensureKey(key)
  running.pg('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'])
  const { port, up } = await running.startServer(data, { wal_level: 'replica' })
  expect(up, log(data)).toBe(true)
  await sql(port, 'create table t as select g as n, md5(g::text) as m from generate_series(1, 20000) g')
  for (const kind of KINDS) {
    const made: Original[] = []
    for (let n = 0; n < 2; n++) {
      await sql(port, 'insert into t select g, md5(g::text) from generate_series(1, 500) g')
      const args = ['backup', 'run', '--kind', kind, '--url', url(port), '--repo', repo, '--key-file', key]
      const ran = await runBeside('plain', [...args, '--bindir', found.installation.bindir], folder)
      if (ran.code !== 0) throw new Error(ran.stderr)
      const label = readdirSync(join(repo, 'backups'))
        .filter((one) => one.includes(kind))
        .sort()
        .at(-1)!
      const read = (name: string) => readFileSync(join(repo, 'backups', label, name))
      const { manifest } = JSON.parse(read('manifest.json').toString()) as SignedManifest
      made.push({ manifest, bytes: new Map(manifest.objects.map(({ name }) => [name, read(name)])) })
    }
    originals[kind] = made as unknown as readonly [Original, Original]
  }
  running.stop(data)
}, 120_000)

afterAll(() => {
  running?.stopAll()
  if (folder) rmSync(folder, { recursive: true, force: true })
  found?.discard()
})

/** A backup of its own to be harmed, and another one of the same kind. */
interface Victim {
  readonly manifest: Manifest
  readonly other: Original
  /** Its greatest object. */
  readonly name: string
  get(name: string): Promise<Buffer>
  put(name: string, bytes: Buffer): Promise<void>
  remove(name: string): Promise<void>
}

const flip = (at: (length: number) => number) => async (victim: Victim) => {
  const bytes = Buffer.from(await victim.get(victim.name))
  bytes[at(bytes.length)]! ^= 0x20
  await victim.put(victim.name, bytes)
}
const cut = (share: number) => async (victim: Victim) => {
  const bytes = await victim.get(victim.name)
  await victim.put(victim.name, bytes.subarray(0, Math.floor(bytes.length * share)))
}
const NAME = /NAME/
const MANIFEST = /manifest\.json/
const harms: Readonly<
  Record<string, readonly [harm: (victim: Victim) => Promise<void>, names: RegExp, status: string]>
> = {
  '16: cut to 40 %': [cut(0.4), NAME, 'incomplete'],
  '16: cut to 98 %': [cut(0.98), NAME, 'incomplete'],
  '17: flipped in its first byte': [flip(() => 0), NAME, 'failed'],
  '17: flipped in its middle': [flip((length) => length >> 1), NAME, 'failed'],
  '17: flipped in its last byte': [flip((length) => length - 1), NAME, 'failed'],
  '18: emptied': [cut(0), NAME, 'incomplete'],
  '18: gone': [(victim) => victim.remove(victim.name), NAME, 'incomplete'],
  '19: that of another backup': [
    async (victim) => victim.put(victim.name, victim.other.bytes.get(victim.name)!),
    NAME,
    '',
  ],
  '19: two objects of it swapped': [
    async (victim) => {
      const [a, b] = [victim.name, victim.manifest.objects.find(({ name }) => name !== victim.name)!.name]
      const [first, second] = [await victim.get(a), await victim.get(b)]
      await victim.put(a, second)
      await victim.put(b, first)
    },
    NAME,
    'incomplete',
  ],
  '21: an older one, and the manifest made to fit': [
    async (victim) => {
      const older = victim.other.manifest.objects.find(({ name }) => name === victim.name)!
      await victim.put(victim.name, victim.other.bytes.get(victim.name)!)
      const file = JSON.parse((await victim.get('manifest.json')).toString()) as SignedManifest
      const objects = file.manifest.objects.map((one) => (one.name === victim.name ? older : one))
      await victim.put(
        'manifest.json',
        Buffer.from(JSON.stringify({ ...file, manifest: { ...file.manifest, objects } })),
      )
    },
    MANIFEST,
    'forged',
  ],
  "21: another backup's manifest": [
    async (victim) =>
      victim.put('manifest.json', Buffer.from(JSON.stringify({ manifest: victim.other.manifest, mac: {} }))),
    MANIFEST,
    'unreadable',
  ],
  '21: half a manifest': [
    async (victim) => victim.put('manifest.json', (await victim.get('manifest.json')).subarray(0, 300)),
    MANIFEST,
    'unreadable',
  ],
  '21: no MAC in it': [
    async (victim) => victim.put('manifest.json', Buffer.from(JSON.stringify({ manifest: victim.manifest }))),
    MANIFEST,
    'unreadable',
  ],
}

const noMoto = motoReason()

describe.each(['a folder', 'S3'] as const)('backups in %s', (where) => {
  let shop: Shop
  let moto: Moto | undefined
  const reason = where === 'S3' ? noMoto : undefined

  beforeAll(async () => {
    if (reason) return
    if (where === 'S3') {
      moto = await startMoto()
      await moto.bucket('harmed')
    }
    shop = await openShop(moto && { repo: 's3://harmed/market', endpoint: moto.endpoint, env: moto.env })
  }, 60_000)
  afterAll(async () => {
    await shop?.close()
    moto?.stop()
  })

  let count = 0
  async function victim(kind: Kind): Promise<Victim> {
    const [own, other] = originals[kind]
    const label = shop.label(new Date(Date.UTC(2026, 0, 1) + count++ * 60_000), kind)
    const manifest: Manifest = { ...own.manifest, label }
    const { store } = shop.repository
    for (const [name, bytes] of own.bytes) await store.put(objectKey(label, name), bytes)
    await store.put(manifestKey(label), signed(manifest, shop.key))
    const [greatest] = [...manifest.objects].sort((a, b) => b.bytes - a.bytes)
    return {
      ...{ manifest, other, name: greatest!.name },
      get: (name) => store.read(objectKey(label, name)),
      put: async (name, bytes) => void (await store.put(objectKey(label, name), bytes, { replace: true })),
      remove: (name) => store.remove(objectKey(label, name)),
    }
  }

  const alone = noSmallDisk()
  test.skipIf(reason ?? alone)(
    `16: no room to decode is no fault of the backup: an error, and no proof${(reason ?? alone) ? ` (${reason ?? alone})` : ''}`,
    async () => {
      const disk = smallDisk(2)
      writeFileSync(join(shop.home, 'arxdb.json'), JSON.stringify({ backup: { staging: disk.folder } }))
      try {
        disk.fill(100)
        for (const kind of ['dump', 'base'] as const) {
          const { label } = (await victim(kind)).manifest
          const ended = await shop.arxdb(['verify', label, '--bindir', found.installation.bindir])
          expect(ended, ended.stderr).toMatchObject({ code: 1 })
          expect(ended.stderr).toMatch(/cannot be decoded in .*\n {2}why: .*ENOSPC/)
          expect(await statusOf(label)).toEqual(['good', null])
        }
      } finally {
        rmSync(join(shop.home, 'arxdb.json'))
        disk.end()
      }
    },
  )

  test.skipIf(where !== 'S3' || reason)(
    `16: a store that refuses while it is decoded is no fault of the backup${reason ? ` (${reason})` : ''}`,
    async () => {
      for (const kind of KINDS) {
        const { manifest, name } = await victim(kind)
        let reads = 0
        const way = await behind(moto!.endpoint, (path, method) =>
          // The first time its checksum is taken.
          method === 'GET' && path.includes(`${manifest.label}/${name}`) && ++reads > 1 ? 403 : 'pass',
        )
        const more = ['--bindir', found.installation.bindir, '--s3-endpoint', way.endpoint]
        const ended = await shop.arxdb(['verify', manifest.label, ...more])
        way.close()
        expect(reads).toBeGreaterThan(1)
        expect(ended, ended.stderr).toMatchObject({ code: 4 })
        expect(await statusOf(manifest.label)).toEqual(['good', null])
      }
    },
  )

  const title = reason ? ` (${reason})` : ''
  async function statusOf(label: string): Promise<readonly unknown[]> {
    const rows = JSON.parse((await shop.arxdb(['list', '--json'])).stdout) as Record<string, unknown>[]
    const row = rows.find((one) => one.label === label)
    return [row?.status, row?.proven_level]
  }

  test.skipIf(reason)(
    `16-19, 21: each one that was harmed is named by verify and by list, and the others pass${title}`,
    async () => {
      const done: { kind: Kind; harm: string; label: string; name: string }[] = []
      for (const kind of KINDS) {
        const sound = await victim(kind)
        done.push({ kind, harm: '', label: sound.manifest.label, name: sound.name })
        for (const [harm, [act]] of Object.entries(harms)) {
          // A dump of one file has no two.
          if (harm.includes('swapped') && sound.manifest.objects.length < 2) continue
          const one = await victim(kind)
          await act(one)
          done.push({ kind, harm, label: one.manifest.label, name: one.name })
        }
        // Under another name than it was given.
        const renamed = await victim(kind)
        const name = shop.label(new Date(Date.UTC(2026, 0, 2) + count++ * 60_000), kind)
        const { store } = shop.repository
        for (const { key } of await store.list(`backups/${renamed.manifest.label}/`)) {
          await store.put(key.replace(renamed.manifest.label, name), await store.read(key))
          await store.remove(key)
        }
        done.push({ kind, harm: '21: renamed', label: name, name: 'manifest.json' })
        // One more is no harm, and told.
        const more = await victim(kind)
        await more.put('stray.bin', Buffer.from('x'))
        done.push({ kind, harm: '', label: more.manifest.label, name: more.name })
      }
      const ended = await shop.arxdb(['verify', '--all', '--bindir', found.installation.bindir, '--json'])
      expect(ended, ended.stderr).toMatchObject({ code: 3 })
      const rows = new Map(
        (JSON.parse(ended.stdout) as { label: string; outcome: string; problems: string | null }[]).map((row) => [
          row.label,
          row,
        ]),
      )
      const listed = new Map(
        (
          JSON.parse((await shop.arxdb(['list', '--json'])).stdout) as {
            label: string
            status: string
            proven_level: number | null
          }[]
        ).map((row) => [row.label, row]),
      )
      for (const { kind, harm, label, name } of done) {
        const about = `${kind}, ${harm || 'sound'}: ${JSON.stringify(rows.get(label))}`
        const bad = harm !== ''
        expect(rows.get(label)?.outcome, about).toBe(bad ? 'failed' : 'passed')
        expect(listed.get(label), about).toMatchObject({ proven_level: bad ? null : 2 })
        if (!bad) {
          expect(listed.get(label)?.status, about).toBe('good')
          continue
        }
        const [, names, status] = harms[harm] ?? [undefined, MANIFEST, 'unreadable']
        expect(rows.get(label)!.problems, about).toContain(names === NAME ? name : 'manifest.json')
        if (status) expect(listed.get(label)?.status, about).toBe(status)
        expect(listed.get(label)?.status, about).not.toBe('good')
      }
      expect(ended.stderr).toContain('stray.bin belongs to no backup')
      const keys = (await shop.repository.store.list('')).map(({ key }) => key)
      expect(keys.filter((key) => key.startsWith('leases/'))).toEqual([])
      // What is not to be trusted is left for a human, and what fails is no reason to let a good one go.
      writeFileSync(
        join(shop.home, 'arxdb.json'),
        JSON.stringify({ backup: { retention: { days: 0, count: 1, keepVerified: 1 } } }),
      )
      const pruned = await shop.arxdb(['prune', '--dry-run', '--json'])
      expect(pruned, pruned.stderr).toMatchObject({ code: 0 })
      const kept = (JSON.parse(pruned.stdout) as { action: string; status: string }[]).filter(
        ({ action }) => action === 'keep',
      )
      expect(kept.filter(({ status }) => status === 'good').length).toBeGreaterThan(0)
      for (const { status } of kept) expect(['good', 'forged', 'unreadable']).toContain(status)
    },
    180_000,
  )
})
