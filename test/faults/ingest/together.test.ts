import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, lines, MINUTE } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { awkward, FIRST, FLAGS, SLOWLY } from './awkward-file.ts'
import { committed, forget, type Picture, pictureOf, rowsOf } from './picture.ts'
import { makeProgram, type Program } from './program.ts'

const FILE = awkward(60_000)

/** Rows of some minutes; the volume says which file they are from. */
const minutes = (from: number, to: number, volume: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${FIRST + (from + i) * MINUTE},100,101,102.5,99.25,${volume}`)

describeTiers('two loads at once', (tier) => {
  let b: Bench
  let program: Program

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
  })
  afterAll(async () => {
    program.remove()
    await b.close()
  })

  test('of the same file: one loads it, the other waits and finds it loaded', async () => {
    const file = b.file('same.csv', FILE.text)
    await forget(b, file)
    await b.load(file, FLAGS)
    const clean: Picture = await pictureOf(b, file)
    await forget(b, file)
    const endings = await Promise.all(
      [1, 2].map((jobs) => program.load(b.db.url, { ...FLAGS, files: [file], jobs }).ended),
    )
    expect(endings.map(({ code, error }) => ({ code, error }))).toEqual(Array(2).fill({ code: 0, error: undefined }))
    expect(endings.map(({ reports }) => reports[0]!.already_loaded).sort()).toEqual([false, true])
    expect(await pictureOf(b, file)).toEqual(clean)
  })

  test('of a file and its gzip: both end, each row is in once', async () => {
    const files = [b.file('same.csv', FILE.text), b.file('same.csv.gz', gzipSync(FILE.text))]
    await forget(b, ...files)
    await b.load(files[0]!, FLAGS)
    const clean = await rowsOf(b)
    await forget(b, ...files)
    const endings = await Promise.all(files.map((file) => program.load(b.db.url, { ...FLAGS, files: [file] }).ended))
    expect(endings.map(({ code, error }) => ({ code, error }))).toEqual(Array(2).fill({ code: 0, error: undefined }))
    const added = endings.map(({ reports: [report] }) => report!.inserted)
    expect(added[0]! + added[1]!).toBe(clean.rows)
    // Which of two lines with one key won may differ from file to file, but never from line to line of both.
    expect(await rowsOf(b)).toEqual(clean)
  })

  test.each([1, 2, 3])(
    'of two files with keys in opposite order, time %i: no deadlock gets out, every key once',
    async () => {
      // The first goes up through keys that the second comes down through: both have 20,000 to 40,000.
      const up = b.file('up.csv', lines(minutes(0, 40_000, 1)))
      const down = b.file('down.csv', lines(minutes(20_000, 60_000, 2).reverse()))
      await forget(b)
      const endings = await Promise.all(
        [up, down].map((file) => program.load(b.db.url, { ...FLAGS, files: [file], jobs: 3 }).ended),
      )
      expect(endings.map(({ code, error }) => ({ code, error }))).toEqual(Array(2).fill({ code: 0, error: undefined }))
      const reports = endings.map(({ reports: [report] }) => report!)
      for (const report of reports) {
        expect(report.rows_read).toBe(40_000)
        expect(report.inserted + report.skipped).toBe(40_000)
      }
      const stored = await b.rows<{ volume: string; n: number; least: number; most: number }>(
        `select volume, count(*)::int as n, min(extract(epoch from timestamp) * 1000 - $1)::float8 / $2 as least,
              max(extract(epoch from timestamp) * 1000 - $1)::float8 / $2 as most
         from arxdb.candles group by volume order by volume`,
        [FIRST, MINUTE],
      )
      // Each is there alone where the other has no keys, and has brought what it says it has.
      expect(stored.map(({ n }) => n)).toEqual(reports.map(({ inserted }) => inserted))
      expect(stored[0]!.n + stored[1]!.n).toBe(60_000)
      expect([stored[0]!.least, stored[1]!.most]).toEqual([0, 59_999])
    },
  )

  test('a key that somebody else commits while a batch is merged: looked at again, and left', async () => {
    await forget(b)
    await b.load(b.file('first.csv', lines(minutes(0, 1, 1))), FLAGS)
    const file = b.file('raced.csv', lines(minutes(0, 10, 2)))
    // The first line's key is there, so the batch is merged; the last line's is on its way.
    await b.client.query(
      `begin; insert into arxdb.candles (market_id, timestamp, open, high, low, close, volume)
        select market_id, timestamp + interval '9 minutes', open, high, low, close, 3 from arxdb.candles`,
    )
    const loading = program.load(b.db.url, { ...FLAGS, files: [file] })
    while (!(await waits()) && loading.child.exitCode === null) await sleep(10)
    await b.client.query('commit')
    const { code, error, reports } = await loading.ended
    expect({ code, error }).toEqual({ code: 0, error: undefined })
    expect(reports[0]).toMatchObject({ rows_read: 10, inserted: 8, skipped: 2 })
    expect(await b.rows('select volume, count(*)::int as n from arxdb.candles group by 1 order by 1')).toEqual([
      { volume: '1', n: 1 },
      { volume: '2', n: 8 },
      { volume: '3', n: 1 },
    ])
  })

  /** Of pg_locks, because pg_stat_activity stands still within a transaction. */
  const waits = async (): Promise<boolean> =>
    (await b.rows("select from pg_locks where locktype = 'transactionid' and not granted")).length > 0

  test('an atomic load that is killed takes no key of another with it', async () => {
    const doomed = b.file('doomed.csv', lines(minutes(0, 40_000, 1)))
    const other = b.file('other.csv', lines(minutes(0, 4_000, 2)))
    await forget(b)
    const atomic = program.load(b.db.url, { ...FLAGS, files: [doomed], atomic: true, rateLimit: SLOWLY })
    await committed(b, 1, atomic)
    // It neither goes on nor lets go of anything.
    atomic.child.kill('SIGSTOP')
    const leaning = program.load(b.db.url, { ...FLAGS, files: [other] })
    // The other one has all its rows in or left out, and waits for what becomes of the first.
    while (
      (await b.rows("select from arxdb.imports where state = 'loading' and finished_at is not null")).length === 0
    ) {
      if (leaning.child.exitCode !== null) break
      await sleep(20)
    }
    atomic.child.kill('SIGKILL')
    expect((await atomic.ended).code).toBeNull()
    const { code, error, reports } = await leaning.ended
    expect({ code, error }).toEqual({ code: 0, error: undefined })
    expect(reports[0]).toMatchObject({ inserted: 4_000 })
    expect(
      await b.rows(
        'select volume, count(*)::int as n, count(distinct import_id)::int as imports from arxdb.candles group by 1',
      ),
    ).toMatchObject([{ volume: '2', n: 4_000 }])
  })
})
