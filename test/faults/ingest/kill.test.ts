import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { random } from '../../../src/demo/random.ts'
import { type Bench, bench } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { awkward, FIRST, FLAGS, SLOWLY } from './awkward-file.ts'
import { committed, forget, type Picture, pictureOf, rejectsFile, rowsOf, statesOf } from './picture.ts'
import { makeProgram, type Program, type Running, share } from './program.ts'

const ROWS = 160_000
const FILE = awkward(ROWS)
const SMALL = awkward(60_000)

/** Ten kills in all. The seed says when, and on how many connections each run works. */
const ROUNDS = [
  { seed: 20_240_101, kills: 4, name: 'big.csv' },
  { seed: 20_240_102, kills: 3, name: 'big.csv.gz' },
  { seed: 20_240_103, kills: 3, name: 'big.csv' },
] as const

describeTiers('a load that is killed', (tier) => {
  let b: Bench
  let program: Program
  let clean: Picture
  let small: string
  let cleanSmall: Picture
  const paths = { 'big.csv': '', 'big.csv.gz': '' }

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
    paths['big.csv'] = b.file('big.csv', FILE.text)
    paths['big.csv.gz'] = b.file('big.csv.gz', gzipSync(FILE.text, { level: 1 }))
    small = b.file('small.csv', SMALL.text)
    await b.load(small, FLAGS)
    cleanSmall = await pictureOf(b, small)
    await forget(b, small)
    await b.load(paths['big.csv'], FLAGS)
    clean = await pictureOf(b, paths['big.csv'])
  })
  afterAll(async () => {
    program.remove()
    await b.close()
  })

  const start = (file: string, jobs: number): Running => program.load(b.db.url, { ...FLAGS, files: [file], jobs })

  /** False when the load was faster than the kill. */
  async function strike(running: Running, when: () => Promise<void>): Promise<boolean> {
    await when()
    running.child.kill('SIGKILL')
    return (await running.ended).code === null
  }

  test('the load that the others are compared with is what the file says', () => {
    const { rows, bad, duplicates } = FILE
    const inserted = rows - bad - duplicates
    expect(clean.rows).toBe(inserted)
    expect(clean.counters).toMatchObject({
      rows_read: rows,
      inserted,
      duplicates,
      rejected: bad,
      updated: 0,
      skipped: 0,
    })
    expect(clean.booked).toMatchObject({ rows_read: rows, inserted, duplicates, rejected: bad, whole: true })
    expect(clean.booked.until).toBe(Buffer.byteLength(FILE.text))
    expect(clean.rejects!.lines).toBeGreaterThan(bad)
  })

  test.each(ROUNDS)(
    '$name, $kills times by seed $seed: the run after goes on, and ends with exactly the file',
    async ({ seed, kills, name }) => {
      const next = random(seed)
      const file = paths[name]
      await forget(b, paths['big.csv'], paths['big.csv.gz'])
      const jobs = () => 1 + Math.floor(next() * 3)
      for (let kill = 1; kill <= kills; ) {
        const running = start(file, jobs())
        const early = next() < 0.35
        const moment = next()
        const done = await strike(running, async () => {
          // The last one comes when some batches are in for sure, so that there is something to go on with; the others
          // may hit the start, a commit, or the first step of a run that goes on.
          if (kill === kills) {
            await committed(b, 1, running)
            await running.until((step) => share(step) >= 0.3 + moment / 2)
          } else if (early) await sleep(moment * 250)
          else {
            await running.until((step) => share(step) >= moment * 0.8)
            await sleep(next() * 30)
          }
        })
        if (done) kill++
        else await forget(b, file)
      }
      const before = (await statesOf(b)).at(-1)!
      expect(before).toMatchObject({ state: 'loading' })
      expect(before.batches).toBeGreaterThan(0)
      expect((await rowsOf(b)).rows).toBeLessThan(clean.rows)

      const imports = (await statesOf(b)).length
      const [report] = await b.load(file, { ...FLAGS, jobs: jobs() })
      expect(await pictureOf(b, file)).toEqual(clean)
      expect(report).toMatchObject({ resumed: true, import_id: before.import_id, rejects_file: rejectsFile(file) })
      expect(report).toMatchObject({ rows_read: ROWS, inserted: clean.rows, rejected: FILE.bad })
      expect(report!.notes.join()).toMatch(/went on with import \d+, of which [\d,]+ rows had been read/)
      expect((await b.load(file, FLAGS))[0]).toMatchObject({ already_loaded: true, inserted: 0 })
      expect(await statesOf(b)).toHaveLength(imports)
    },
  )

  test('killed with a hole: a batch is in, the one before it is not', async () => {
    await forget(b, small)
    // Deleted, not truncated: where partitions have to be made, the load would wait before its first batch.
    await b.load(small, FLAGS)
    await b.client.query('delete from arxdb.candles; delete from arxdb.imports')
    // Somebody else's row, not yet committed, under the first line's key: the first batch waits, the next ones do not.
    await b.client.query(`begin; insert into arxdb.candles (market_id, timestamp, open, high, low, close)
      select market_id, to_timestamp(${FIRST / 1000}), 1, 1, 1, 1 from arxdb.markets where exchange_id = '${FLAGS.exchange}'`)
    const running = program.load(b.db.url, { ...FLAGS, files: [small], jobs: 2 })
    try {
      expect(await strike(running, () => committed(b, 1, running))).toBe(true)
    } finally {
      await b.client.query('rollback')
    }
    const [hole] = await b.rows<{ bytes: number }>('select min(byte_from)::int as bytes from arxdb.import_batches')
    expect(hole!.bytes).toBeGreaterThan(0)
    expect((await b.load(small, FLAGS))[0]).toMatchObject({ resumed: true, rows_read: SMALL.rows })
    expect(await pictureOf(b, small)).toEqual(cleanSmall)
  })

  test('killed as a file, gone on with as its gzip: the same bytes are the same import', async () => {
    const packed = b.file('small.csv.gz', gzipSync(SMALL.text))
    await forget(b, small, packed)
    const running = program.load(b.db.url, { ...FLAGS, files: [small], rateLimit: SLOWLY })
    expect(await strike(running, () => committed(b, 1, running))).toBe(true)
    expect((await b.load(packed, FLAGS))[0]).toMatchObject({
      resumed: true,
      rows_read: SMALL.rows,
      rejected: SMALL.bad,
    })
    // The rejects stand beside the file in which each was met.
    expect({ ...(await pictureOf(b, packed)), rejects: cleanSmall.rejects }).toEqual(cleanSmall)
  })

  test('a live load is not taken for a dead one', async () => {
    await forget(b, small)
    const running = program.load(b.db.url, { ...FLAGS, files: [small], rateLimit: SLOWLY })
    await committed(b, 1, running)
    const [report] = await b.load(small, FLAGS)
    expect(await running.ended).toMatchObject({ code: 0, error: undefined })
    expect(report).toMatchObject({ already_loaded: true, inserted: 0 })
    expect(await pictureOf(b, small)).toEqual(cleanSmall)
  })
})
