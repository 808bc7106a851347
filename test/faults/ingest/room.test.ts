// Heavy loads put off the jobs of their table, and give them back however they end.
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, bitfinexRows, lines } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { FIRST, FLAGS } from './awkward-file.ts'
import { makeProgram, type Program, type Running } from './program.ts'

/** 33 MB: what is called heavy, and a little. */
const HEAVY = lines(bitfinexRows(800_000, FIRST))
const WITHIN = 8_000_000

describeTiers('jobs of the table that is loaded', (tier) => {
  if (tier.name !== 'community') {
    test('there are none', () => {})
    return
  }
  let b: Bench
  let program: Program
  let job: number
  const heavy = join(tmpdir(), `arxdb-heavy-${process.pid}.csv`)

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
    expect(HEAVY.length).toBeGreaterThan(32 * 1024 * 1024)
    writeFileSync(heavy, HEAVY)
    await b.client.query(
      `alter table arxdb.candles set (timescaledb.compress, timescaledb.compress_segmentby = 'market_id',
         timescaledb.compress_orderby = 'timestamp')`,
    )
    const [made] = await b.rows<{ job: number }>(
      "select add_compression_policy('arxdb.candles', interval '3 days') as job",
    )
    job = made!.job
  }, 60_000)
  afterAll(async () => {
    rmSync(heavy, { force: true })
    program?.remove()
    await b?.close()
  })
  beforeEach(async () => {
    await b.client.query('truncate arxdb.candles, arxdb.job_leases; delete from arxdb.imports')
    await b.client.query("select alter_job($1, next_start => now() + interval '2 minutes')", [job])
  })

  const due = async (): Promise<number> =>
    (
      await b.rows<{ due: number }>(
        `select extract(epoch from next_start - clock_timestamp())::int as due from timescaledb_information.jobs
           where job_id = $1 and scheduled`,
        [job],
      )
    )[0]!.due
  const holders = async () =>
    (await b.rows<{ holder: string }>('select holder from arxdb.job_leases')).map(({ holder }) => holder)
  async function held(running?: Running): Promise<void> {
    while ((await holders()).length === 0) {
      if (running && running.child.exitCode !== null) throw new Error(JSON.stringify(await running.ended))
      await sleep(20)
    }
    // The default lease of five minutes.
    expect(await due()).toBeGreaterThan(280)
    expect(await due()).toBeLessThanOrEqual(300)
  }

  test('wait for a heavy load, and are due again when they were', async () => {
    const loading = b.load(heavy, { ...FLAGS, rateLimit: WITHIN })
    await held()
    expect((await holders())[0]).toMatch(new RegExp(`^ingest ${process.pid}@\\S+ \\w{6} candles$`))
    const [report] = await loading
    expect(report).toMatchObject({ inserted: 800_000 })
    expect(report!.notes.join()).not.toContain('jobs')
    expect(await holders()).toEqual([])
    expect(await due()).toBeLessThanOrEqual(120)
    expect(await due()).toBeGreaterThan(60)
  }, 60_000)

  test('wait for none that is small, or is followed', async () => {
    await b.client.query('alter table arxdb.job_leases rename to out_of_the_way')
    const [report] = await b.load(b.file('small.csv', lines(bitfinexRows(50_000, FIRST))), FLAGS)
    const stop = new AbortController()
    const following = b.load(heavy, {
      ...{ ...FLAGS, exchange: 'followed', follow: true, signal: stop.signal },
      onProgress: ({ rows }) => void (rows > 790_000 && stop.abort()),
    })
    await expect(following).rejects.toMatchObject({ code: 'interrupted' })
    const [last] = await b.load(heavy, { ...FLAGS, exchange: 'heavy' })
    await b.client.query('alter table arxdb.out_of_the_way rename to job_leases')
    expect(report!.notes.join()).not.toContain('jobs')
    // One that is neither says that it could not have its way, and is loaded.
    expect(last).toMatchObject({ inserted: 800_000 })
    expect(last!.notes.join()).toContain('background jobs of arxdb.candles did not make room')
    expect(await due()).toBeLessThanOrEqual(120)
  }, 60_000)

  test('come back after SIGINT, after a failure, and after SIGKILL by themselves', async () => {
    const interrupted = program.load(b.db.url, { ...FLAGS, files: [heavy], rateLimit: WITHIN })
    await held(interrupted)
    interrupted.child.kill('SIGINT')
    expect((await interrupted.ended).code).toBe(130)
    expect(await holders()).toEqual([])
    expect(await due()).toBeLessThanOrEqual(120)

    const bad = b.file('bad.csv', `${HEAVY}${lines(Array.from({ length: 20 }, () => 'x,y,z,1,2,3'))}`)
    await b.refused(bad, { ...FLAGS, exchange: 'bad', maxErrors: '0' })
    expect(await holders()).toEqual([])
    expect(await due()).toBeLessThanOrEqual(120)

    const killed = program.load(b.db.url, { ...FLAGS, files: [heavy], exchange: 'killed', rateLimit: WITHIN })
    await held(killed)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(await holders()).toHaveLength(1)
    // Nothing is switched off: the lease runs out.
    expect(await due()).toBeLessThanOrEqual(300)
  }, 90_000)
})
