// Passwords, keys and tokens: in no argument of any process while a backup is made, in nothing that is printed, and in
// nothing that is put into the repository.

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../../servers/databases.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { behind, type Fault, type WayToS3 } from '../harness/s3-proxy.ts'
import { configured, type Desk, deskOf } from './desk.ts'

const plain = tiers().find(({ name }) => name === 'plain')
const noMoto = motoReason()
const why = noMoto ?? (process.platform === 'linux' ? undefined : 'no /proc here')
const SECRETS = {
  urlPassword: 'url-pass-8d1f',
  pgPassword: 'pg-pass-77ab',
  s3Secret: 's3-secret-41ce',
  token: 'beat-token-90fe',
}

/** The arguments of every process there is, until it is ended; of a process that came and went none may be missed for long. */
function watchArguments(): { end(): ReadonlySet<string> } {
  const seen = new Set<string>()
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
      } catch {}
    }
  }
  const timer = setInterval(look, 10)
  return {
    end() {
      clearInterval(timer)
      return seen
    },
  }
}

describe.skipIf(!plain || why)(`15: secrets${why ? ` (${why})` : ''}`, () => {
  let database: TestDatabase
  let moto: Moto
  let proxy: WayToS3
  let desk: Desk
  let beats: ReturnType<typeof createServer>
  let heartbeat: string
  const heard: string[] = []
  let wish: (path: string, method: string) => Fault = () => 'pass'
  let key: string
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    await withClient(database.url, (client) =>
      client.query('create table public.noise as select i, md5(i::text) as t from generate_series(1, 50000) i'),
    )
    moto = await startMoto()
    await moto.bucket('secrets')
    proxy = await behind(moto.endpoint, (path, method) => wish(path, method))
    beats = createServer((request, response) => {
      heard.push(request.url!)
      response.end()
    })
    beats.listen(0, '127.0.0.1')
    await once(beats, 'listening')
    heartbeat = `http://127.0.0.1:${(beats.address() as AddressInfo).port}/${SECRETS.token}`
    const s3 = { endpoint: proxy.endpoint, pathStyle: true, region: 'us-east-1' }
    const env = { ...moto.env, AWS_SECRET_ACCESS_KEY: SECRETS.s3Secret }
    desk = deskOf(database, { repo: 's3://secrets/market', s3, env, kind: 'dump' })
  })
  afterAll(async () => {
    desk?.end()
    beats?.close()
    proxy?.close()
    moto?.stop()
    await database?.drop()
  })

  const all = (): readonly string[] => [...Object.values(SECRETS), ...(key ? [key] : [])]

  /** Fails where a secret stands in it. */
  function clean(text: string, where: string): void {
    for (const secret of all())
      expect(text.includes(secret), `${secret} in ${where}: ${text.slice(0, 2_000)}`).toBe(false)
  }

  /** Runs it, watched; what programs were seen. */
  async function watched(run: () => Promise<Outcome>): Promise<{ readonly ended: Outcome; readonly programs: string }> {
    const watch = watchArguments()
    const ended = await run()
    const seen = watch.end()
    for (const line of seen) clean(line, 'arguments')
    clean(ended.stdout, 'stdout')
    clean(ended.stderr, 'stderr')
    return { ended, programs: [...seen].join('\n') }
  }

  /** With the password in the URL of the environment, or in PGPASSWORD beside it. */
  const connection = (how: 'url' | 'PGPASSWORD'): Record<string, string> => {
    const url = new URL(database.url)
    if (how === 'url') url.password = SECRETS.urlPassword
    return { ARXDB_URL: url.href, PGPASSWORD: SECRETS.pgPassword }
  }

  const run = (words: readonly string[], env: Record<string, string>): Promise<Outcome> =>
    runBeside('plain', words, desk.home, { env: { ...desk.env, ...env } })

  const withoutUrl = (...more: string[]): readonly string[] => {
    const words = desk.words('-v', ...more)
    const at = words.indexOf('--url')
    return [...words.slice(0, at), ...words.slice(at + 2)]
  }

  test.each([
    ['dump', 'url', 'json'],
    ['copy', 'PGPASSWORD', 'json'],
    ['base', 'url', 'table'],
  ] as const)(
    '15: a %s with a password by %s: in no argument, and in no output (%s)',
    async (kind, how, format) => {
      const config = configured(desk, 'beat.json', { heartbeat, hooks: { after: 'echo "hook: $ARXDB_LABEL"' } })
      const words = withoutUrl('--kind', kind, '--encrypt', '-o', format, ...config)
      const { ended, programs } = await watched(() => run(words, connection(how)))
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      // The sampler saw what it was to see.
      expect(programs).toContain('arxdb.js')
      if (kind === 'dump') expect(programs).toMatch(/pg_dump .*--snapshot/)
      if (kind === 'base') expect(programs).toMatch(/pg_basebackup .*--pgdata/)
      expect(heard.at(-1)).toBe(`/${SECRETS.token}`)
      key = /AGE-SECRET-KEY-\w+/.exec(readFileSync(join(desk.home, 'key'), 'utf8'))![0]
      clean(ended.stdout + ended.stderr, 'what was printed')
    },
    120_000,
  )

  test('15: runs that fail tell no secret: refused by S3, by the server, by a hook, without a heartbeat', async () => {
    const deaf = configured(desk, 'deaf.json', {
      heartbeat: `http://127.0.0.1:9/${SECRETS.token}`,
      hooks: { failed: 'echo "hook: $ARXDB_MESSAGE" >&2' },
    })
    const hooked = configured(desk, 'hooked.json', { heartbeat, hooks: { before: 'exit 7' } })
    wish = (path, method) => (path.includes('pgdump') && method === 'PUT' ? 403 : 'pass')
    const refused = await watched(() => run(withoutUrl('-o', 'json', ...deaf), connection('url')))
    expect(refused.ended, refused.ended.stderr).toMatchObject({ code: 4 })
    wish = () => 'pass'
    const broken = await watched(() => run(withoutUrl('-o', 'json', ...hooked), connection('url')))
    expect(broken.ended, broken.ended.stderr).toMatchObject({ code: 1 })
    const nobody = `postgres://postgres:${SECRETS.urlPassword}@127.0.0.1:9/none`
    const away = await watched(() => run(withoutUrl('-o', 'json'), { ARXDB_URL: nobody }))
    expect(away.ended, away.ended.stderr).toMatchObject({ code: 4 })
    const nowhere = ['--s3-endpoint', 'http://127.0.0.1:9']
    const silent = await watched(() => run(withoutUrl('-o', 'json', ...nowhere), connection('url')))
    expect(silent.ended, silent.ended.stderr).toMatchObject({ code: 4 })
  }, 120_000)

  test('15: list, show, verify, doctor and the printed schedule tell no secret', async () => {
    const at = desk.words().slice(4 + 2)
    const config = configured(desk, 'beat.json', { heartbeat })
    for (const words of [
      ['backup', 'list', '-o', 'json'],
      ['backup', 'show', 'latest', '-o', 'json'],
      ['backup', 'verify', '-o', 'json'],
      ['backup', 'doctor', '-o', 'json'],
      ['schedule', 'print'],
      ['config', 'show', '--origin'],
    ]) {
      const own = words[0] === 'config' ? [] : at
      const { ended } = await watched(() => run([...words, '-v', ...own, ...config], connection('url')))
      expect([0, 3], `${words.join(' ')}: ${ended.stderr}`).toContain(ended.code)
    }
  }, 120_000)

  test('15: nothing in the repository holds a secret: manifests, records, proofs', async () => {
    const client = moto.client()
    try {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'secrets' }))
      const kinds = new Set(Contents.map(({ Key }) => Key!.split('/')[1]))
      expect([...kinds]).toEqual(expect.arrayContaining(['backups', 'runs', 'proofs']))
      for (const { Key } of Contents) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: 'secrets', Key: Key! }))
        clean(Buffer.from(await Body!.transformToByteArray()).toString('latin1'), Key!)
      }
    } finally {
      client.destroy()
    }
  }, 120_000)
})
