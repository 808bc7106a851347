// A repository with backups of any age and shape, valid in all that a catalogue sees: for tests of what is done with them.
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { manifestKey, objectKey, signed } from '../../src/backup/catalogue.ts'
import type { BackupObject, Manifest } from '../../src/backup/manifest.ts'
import { keepProof, type Proof } from '../../src/backup/proofs.ts'
import { openRepository, type Repository } from '../../src/backup/repository.ts'
import { ensureKey, type Key } from '../../src/backup/sealing/keys.ts'
import { type Seal, sealed } from '../../src/backup/sealing/seal.ts'
import { type Outcome, runBeside } from '../servers/beside.ts'

export const DAY_MS = 86_400_000

export interface Content {
  readonly name: string
  readonly bytes: Buffer
  readonly seals: readonly Seal[]
}

export interface Shop {
  /** The repository's. */
  readonly folder: string
  readonly home: string
  readonly repository: Repository
  readonly key: Key
  readonly server: Manifest['server']
  /** A label of that time. */
  label(at: Date, kind?: string): string
  /** Stores the objects and then the manifest; what is left out is made up. */
  publish(more: Partial<Manifest>, contents?: readonly Content[]): Promise<Manifest>
  /** Writes a manifest anew, signed. */
  republish(manifest: Manifest): Promise<void>
  prove(label: string, level: Proof['level'], passed: boolean, at?: Date): Promise<void>
  /** A file in the repository. */
  path(label: string, name: string): string
  /** `arxdb backup` with these words. */
  arxdb(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>
  /** Any command line, in its home. */
  run(args: readonly string[]): Promise<Outcome>
  close(): Promise<void>
}

/** A place in S3, for a repository that is no folder. */
export interface ShopPlace {
  readonly repo: string
  readonly endpoint: string
  readonly env: Readonly<Record<string, string>>
}

export async function openShop(place?: ShopPlace): Promise<Shop> {
  const home = mkdtempSync(join(tmpdir(), 'arxdb-shop-'))
  const folder = join(home, 'repo')
  mkdirSync(folder)
  if (place) Object.assign(process.env, place.env)
  const repo = place?.repo ?? folder
  const s3 = place ? { endpoint: place.endpoint, region: 'us-east-1', pathStyle: true } : {}
  const flags = place ? ['--s3-endpoint', place.endpoint, '--s3-region', 'us-east-1', '--s3-path-style'] : []
  const repository = await openRepository({ repo, s3 }, 'make')
  const keyFile = join(home, 'backup.key')
  const { key } = await ensureKey(keyFile)
  const server: Manifest['server'] = {
    ...{ version: '15.20', major: 15, systemId: '7300000000000000001', database: 'market', tier: 'plain' },
    ...{ timescaledb: null, bytes: 1_000_000, checksums: true },
  }
  const label = (at: Date, kind = 'dump'): string =>
    `${at.toISOString().replace(/[-:]/g, '').slice(0, 15)}Z-${kind}-${randomBytes(3).toString('hex')}`

  async function store(name: string, { name: object, bytes, seals }: Content): Promise<BackupObject> {
    const whole = await buffer(await sealed(Readable.from([bytes]), seals, key))
    await repository.store.put(objectKey(name, object), whole)
    const sha256 = createHash('sha256').update(whole).digest('hex')
    return { name: object, bytes: whole.length, sha256, sealed: seals }
  }

  return {
    ...{ folder, home, repository, key, server, label },
    async publish(more, contents = [{ name: 'data.bin', bytes: randomBytes(100), seals: [] }]) {
      const kind = more.kind ?? 'dump'
      const name = more.label ?? label(new Date(), kind)
      const objects: BackupObject[] = []
      for (const content of contents) objects.push(await store(name, content))
      const at = new Date().toISOString()
      const manifest: Manifest = {
        ...{ format: 1, label: name, kind, started: at, ended: at, arxdb: '0.1.0', host: 'here', server, wal: null },
        ...{ mark: null, parent: null, tools: [], evidence: null, warnings: [], method: {} },
        ...more,
        objects,
      }
      await repository.store.put(manifestKey(name), signed(manifest, key))
      return manifest
    },
    async republish(manifest) {
      await repository.store.put(manifestKey(manifest.label), signed(manifest, key), { replace: true })
    },
    prove: (name, level, passed, at = new Date()) =>
      keepProof(repository, key, {
        ...{ label: name, at: at.toISOString(), level, passed, problems: passed ? [] : ['data.bin is missing'] },
      }),
    path: (name, object) => join(folder, 'backups', name, object),
    run: (args) => runBeside('plain', args, home, { env: { ...place?.env, ARXDB_BACKUP_KEY: keyFile } }),
    arxdb: ([verb = '', ...args], env = {}) =>
      runBeside('plain', ['backup', verb, '--repo', repo, ...flags, ...args], home, {
        env: { ...place?.env, ARXDB_BACKUP_KEY: keyFile, ...env },
      }),
    async close() {
      await repository.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
