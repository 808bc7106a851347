// The whole of a PITR in one process, for a tier whose programs are in another root: backups, a chain of incremental ones
// where the server has them, restores to each moment. Says what it found as JSON.
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { objectKey } from '../../src/backup/catalogue.ts'
import type { Manifest } from '../../src/backup/manifest.ts'
import { baseMethod } from '../../src/backup/methods/base.ts'
import { chainOf, incrementalMethod } from '../../src/backup/methods/incremental.ts'
import { serverAccount } from '../../src/backup/restore/isolated.ts'
import type { RecoveryTarget } from '../../src/backup/restore/target.ts'
import { ArxError } from '../../src/errors.ts'
import { asking, contentOf, load, type Moment, majorOf, makeTicks, physicalScene } from './physical-scene.ts'

const [bindir = '', tier = 'apache'] = process.argv.slice(2)
const scene = await physicalScene({
  ...{ bindir, major: majorOf(bindir), tier: tier as 'apache' },
  settings: { summarize_wal: 'on' },
})
try {
  const account = serverAccount()
  const place = join(scene.folder, 'space')
  await mkdir(place)
  if (account) await chown(place, account.uid, account.gid)
  await scene.client.query(`create tablespace elsewhere location '${place}'`)
  await scene.client.query('create table distant (n int) tablespace elsewhere')
  await scene.client.query('insert into distant select generate_series(1, 1000)')
  await makeTicks(scene)
  const moments: Moment[] = [await load(scene, 0, 20_000)]
  const encrypted = { settings: { ...scene.settings, encrypt: true } }
  const full = await scene.backup(baseMethod, 'base', { settings: { ...encrypted.settings, kind: 'base' } })
  moments.push(await load(scene, 1, 20_000))
  const first = await scene.backup(incrementalMethod, 'incremental')
  await scene.client.query('update distant set n = -n where n <= 10')
  moments.push(await load(scene, 2, 20_000))
  const second = await scene.backup(incrementalMethod, 'incremental')
  moments.push(await load(scene, 3, 20_000))
  await scene.archived()
  const all: readonly Manifest[] = [full, first, second]

  const restored = async (manifest: Manifest, target: RecoveryTarget, tablespaces?: ReadonlyMap<string, string>) => {
    const chain = chainOf(manifest, all)
    const back = await scene.restore(chain, { target, disposable: true, tablespaces })
    try {
      const content = await asking(back.server, contentOf)
      const distant = await asking(back.server, async (client) => {
        const sql = `select count(*) filter (where n < 0)::int as turned, count(*)::int as rows,
          (select pg_tablespace_location(oid) from pg_tablespace where spcname = 'elsewhere') as place from distant`
        return (await client.query(sql)).rows[0]
      })
      return { chain: chain.length, ...content, distant, seconds: back.seconds }
    } finally {
      await back.server.stop()
    }
  }
  const mapped = new Map([[place, join(scene.folder, 'restored', 'mapped')]])
  const refused = (tablespaces: ReadonlyMap<string, string>) =>
    restored(full, { kind: 'backup' }, tablespaces).catch((error: ArxError) => error.code)
  /** What decoding and restoring say of the last increment while one of its objects is not what it was. */
  const spoiled = async (change: (bytes: Buffer, older: Buffer) => Buffer): Promise<readonly [boolean, string]> => {
    const { store } = scene.repository
    const { name } = second.objects.find((object) => object.name.startsWith('base.tar'))!
    const key = objectKey(second.label, name)
    const [sound, older] = [await store.read(key), await store.read(objectKey(first.label, name))]
    try {
      await store.put(key, change(sound, older), { replace: true })
      const told = (await scene.decode(incrementalMethod, second)).join()
      const came = await restored(second, { kind: 'backup' }).then(
        () => 'restored',
        (error: ArxError) => error.code,
      )
      return [told.includes(name), came]
    } finally {
      await store.put(key, sound, { replace: true })
    }
  }
  const flipped = (bytes: Buffer): Buffer => {
    const other = Buffer.from(bytes)
    other[other.length >> 1]! ^= 1
    return other
  }
  const result = {
    spoiled: [
      await spoiled((bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.4))),
      await spoiled((bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.98))),
      await spoiled(flipped),
      await spoiled(() => Buffer.alloc(0)),
      await spoiled((_, older) => older),
    ],
    overOriginal: await refused(new Map([[place, place]])),
    unknownSpace: await refused(new Map([['/nowhere', '/tmp/x']])),
    parents: all.map(({ parent }) => parent),
    labels: all.map(({ label }) => label),
    bytes: all.map(({ objects }) => objects.reduce((sum, { bytes }) => sum + bytes, 0)),
    sealed: full.objects.every(({ sealed }) => sealed.at(-1) === 'age'),
    decoded: [
      await scene.decode(baseMethod, full),
      await scene.decode(incrementalMethod, first),
      await scene.decode(incrementalMethod, second),
    ],
    moments: moments.map(({ rows, digest }) => ({ rows, digest })),
    place,
    mapped: [...mapped.values()][0],
    full: await restored(full, { kind: 'time', at: moments[2]!.time }),
    first: await restored(first, { kind: 'name', name: moments[1]!.name }).catch((error: ArxError) => error.code),
    chained: await restored(second, { kind: 'backup' }),
    replayed: await restored(second, { kind: 'latest' }, mapped),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} catch (error) {
  const { message, detail } = error as ArxError
  process.stderr.write(`${message}\n${detail}\n${(error as Error).stack}\n`)
  process.exitCode = error instanceof ArxError ? error.exit : 99
} finally {
  await scene.end()
}
