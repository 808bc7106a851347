// A production with its archive in S3, behind a proxy that faults are planted in; and arxdb that restores from there.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import {
  load,
  type Moment,
  majorOf,
  makeTicks,
  type PhysicalScene,
  physicalScene,
} from '../../backup/physical-scene.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { type Moto, startMoto } from '../../servers/moto.ts'
import { behind, type Fault, type WayToS3 } from '../harness/s3-proxy.ts'

const BUCKET = 'restored-from'

export interface S3Scene {
  readonly scene: PhysicalScene
  readonly moto: Moto
  readonly backup: Manifest
  readonly moments: readonly Moment[]
  readonly repo: string
  /** A segment that a recovery needs, and that no plan looks into. */
  readonly middle: string
  readonly way: WayToS3
  /** What happens to requests from now on; without one nothing does. */
  fault(of?: (path: string, method: string) => Fault): void
  readonly flags: readonly string[]
  arxdb(...args: string[]): Promise<Outcome>
  end(): Promise<void>
}

/** A backup, then four batches of rows, each in segments of its own. */
export async function s3Scene(bindir: string): Promise<S3Scene> {
  const moto = await startMoto()
  const scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
  await makeTicks(scene)
  const moments = [await load(scene, 0, 2_000)]
  const backup = await scene.backup(baseMethod, 'base')
  for (const batch of [1, 2, 3, 4]) {
    moments.push(await load(scene, batch, 2_000))
    await scene.archived()
  }
  await moto.bucket(BUCKET)
  const { repo: folder, keyFile } = scene.settings
  const client = moto.client()
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const Key = relative(folder, path)
    if (!Key.startsWith('.')) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: readFileSync(path) }))
  }
  client.destroy()
  let planted: (path: string, method: string) => Fault = () => 'pass'
  const way = await behind(moto.endpoint, (path, method) => planted(path, method))
  const repo = `s3://${BUCKET}`
  const flags = [
    ...['--repo', repo, '--key-file', keyFile, '--s3-endpoint', way.endpoint, '--s3-path-style'],
    ...['--s3-region', 'us-east-1'],
  ]
  const segments = readdirSync(scene.archive()).filter((name) => /^[0-9A-F]{24}$/.test(name))
  return {
    ...{ scene, moto, backup, moments, repo, way, flags },
    middle: segments.sort().at(-3)!,
    fault(of = () => 'pass') {
      planted = of
    },
    arxdb: (...args) => runBeside('plain', [...args, ...flags, '--bindir', bindir], scene.folder, { env: moto.env }),
    async end() {
      way.close()
      await scene.end()
      moto.stop()
    },
  }
}
