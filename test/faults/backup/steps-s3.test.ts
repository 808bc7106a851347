// `backup run` into S3, in parts, killed at every step: what was half uploaded is never listed, the next run is well, and a
// sweep ends what was left.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../../servers/databases.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { atEach, repositoryWords, sampled } from '../harness/afterwards.ts'
import { stepsOf } from '../harness/faulty.ts'
import { clearedWhenOld, type Host, hostIn, runSurvives } from './steps-host.ts'

const [plain] = tiers().filter(({ name }) => name === 'plain')
const noMoto = motoReason()

describe.skipIf(!plain || noMoto)(`backup run into S3${noMoto ? ` (${noMoto})` : ''}`, () => {
  let database: TestDatabase
  let moto: Moto
  const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-s3-'))
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    // More than one part, and little else to put.
    const noise = 'create table public.noise as select i, md5(i::text) as t from generate_series(1, 450000) i'
    await withClient(database.url, (client) => client.query(noise))
    moto = await startMoto()
    await moto.bucket('steps')
    Object.assign(process.env, moto.env)
  }, 120_000)
  afterAll(async () => {
    moto?.stop()
    await database?.drop()
    rmSync(base, { recursive: true, force: true })
  })

  let prefixes = 0
  function host(): Host {
    const s3 = { endpoint: moto.endpoint, region: 'us-east-1', pathStyle: true }
    return hostIn(base, undefined, { address: { repo: `s3://steps/p${prefixes++}`, s3 }, env: moto.env })
  }
  const words = (one: Host) => [
    ...['backup', 'run', '--kind', 'copy', '--compression', 'none', '--url', database.url, '-o', 'json'],
    ...repositoryWords(one),
  ]
  const uploads = async (): Promise<number> => {
    const client = moto.client()
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'steps' }))
    client.destroy()
    return Uploads.length
  }

  test('3: a copy in parts that is killed at any step leaves nothing half, and the next one is well', async () => {
    const first = host()
    const steps = await stepsOf(first.subject, words(first))
    expect(steps.filter((step) => step.startsWith('part sent')).length).toBeGreaterThan(1)
    const parts = steps.flatMap((step, i) => (/^(part sent|upload completed)/.test(step) ? [i] : []))
    const around = steps.slice(0, parts.at(-1)! + 2)
    const picked = [...sampled(around, 4), ...parts.slice(0, 2).map((i) => ({ at: i + 1, step: steps[i]! }))]
    let last = first
    await atEach(picked, async (at) => {
      last = host()
      await runSurvives(last, words(last), [], { at })
    })
    await clearedWhenOld(last)
    expect(await uploads()).toBe(0)
  }, 400_000)
})
