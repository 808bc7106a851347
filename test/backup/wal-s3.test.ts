// WAL in S3: what this host noted of a repository that is no more is not believed of the one in its place.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MARKER } from '../../src/backup/marker.ts'
import { openRepository } from '../../src/backup/repository.ts'
import { walKey } from '../../src/backup/wal/names.ts'
import { arxdb } from '../e2e/spawn.ts'
import { type Moto, motoReason, startMoto } from '../servers/moto.ts'
import { dataDirectory, ready, SYSTEM } from './wal-files.ts'

const noMoto = motoReason()
const Bucket = 'wal'
let moto: Moto
let client: S3Client
let folder: string
let data: string

beforeAll(async () => {
  if (noMoto) return
  moto = await startMoto()
  Object.assign(process.env, moto.env)
  await moto.bucket(Bucket)
  client = moto.client()
  folder = mkdtempSync(join(tmpdir(), 'arxdb-wal-s3-'))
  data = dataDirectory(join(folder, 'data'))
  mkdirSync(join(folder, 'state'))
})
afterAll(() => {
  client?.destroy()
  moto?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const s3 = () => ({ endpoint: moto.endpoint, pathStyle: true, region: 'us-east-1' })
const begin = async () => (await openRepository({ repo: `s3://${Bucket}`, s3: s3() }, 'make')).close()
const push = (name: string) =>
  arxdb(
    [
      ...['-v', 'wal', 'push', join(data, 'pg_wal', name), '--no-batch', '--repo', `s3://${Bucket}`],
      ...['--s3-endpoint', moto.endpoint, '--s3-path-style', '--s3-region', 'us-east-1'],
    ],
    { ...moto.env, XDG_STATE_HOME: join(folder, 'state') },
  )
const keys = async () =>
  ((await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key!)
const remove = (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key }))

describe.skipIf(noMoto)(`a bucket${noMoto ? ` (${noMoto})` : ''}`, () => {
  test('that was emptied and begun anew is not believed to hold what it held', async () => {
    await begin()
    const name = ready(data, { number: 3 })
    const key = walKey(SYSTEM, name)
    const first = await push(name)
    expect(first, first.stderr).toMatchObject({ code: 0, stderr: expect.stringMatching(/: stored/) })
    // The note is what answers: the object itself is gone, and the call does not see it.
    await remove(key)
    expect(await push(name)).toMatchObject({ code: 0, stderr: expect.stringMatching(/: there/) })
    expect(await keys()).toEqual([MARKER])

    await remove(MARKER)
    expect(await push(name)).toMatchObject({ code: 1, stderr: expect.stringMatching(/is no repository of arxdb/) })
    await begin()
    expect(await push(name)).toMatchObject({ code: 0, stderr: expect.stringMatching(/: stored/) })
    await client.send(new HeadObjectCommand({ Bucket, Key: key }))
  }, 60_000)
})
