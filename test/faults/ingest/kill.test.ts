import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, bitfinexRows, lines } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'

const ROWS = 250_000
const FLAGS = { format: 'bitfinex', exchange: 'fault', symbol: 'BTC/USD', timeframe: '1m' }

describeTiers('a load that dies', (tier) => {
  let b: Bench
  let folder: string
  let file: string
  let program: string

  beforeAll(async () => {
    b = await bench(tier)
    // Below the package, so that packageRoot() finds sql/.
    mkdirSync('.arxdb', { recursive: true })
    folder = mkdtempSync(join(process.cwd(), '.arxdb', 'fault-'))
    program = join(folder, 'loader.js')
    const entryPoints = [join(import.meta.dirname, 'loader.ts')]
    await build({ entryPoints, outfile: program, bundle: true, packages: 'external', format: 'esm', platform: 'node' })
    file = b.file('big.csv', lines(bitfinexRows(ROWS, Date.UTC(2023, 0, 1))))
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await b.close()
  })

  const state = async () =>
    (
      await b.rows<{ n: number; distinct: number; sum: string | null }>(
        `select count(*)::int n, count(distinct timestamp)::int as distinct, sum(open)::text sum
           from arxdb.candles join arxdb.markets using (market_id) where exchange_id = 'fault'`,
      )
    )[0]!
  const forget = () => b.client.query('truncate arxdb.candles; delete from arxdb.imports')
  const imports = () => b.rows<{ state: string }>('select state from arxdb.imports order by import_id')
  const start = (): ChildProcess =>
    spawn(process.execPath, [program, b.db.url, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => child.once('close', (code) => resolve(code)))
  /** Resolves once rows are committed and the load still runs. */
  const underWay = async (): Promise<void> => {
    for (let i = 0; (await state()).n === 0; i++) {
      if (i > 3000) throw new Error('the load committed nothing')
      await sleep(5)
    }
  }

  test('SIGKILL in the middle: the next run takes the half out and ends with exactly the file', async () => {
    await b.load(file, FLAGS)
    const clean = await state()
    expect(clean).toMatchObject({ n: ROWS, distinct: ROWS })
    for (let round = 0; round < 3; round++) {
      await forget()
      const child = start()
      const over = ended(child)
      await underWay()
      child.kill('SIGKILL')
      await over
      expect((await state()).n).toBeLessThan(ROWS)
      expect(await imports()).toEqual([{ state: 'loading' }])
      const [report] = await b.load(file, FLAGS)
      expect(report!.notes.join()).toMatch(/removed \d+ rows that an interrupted load/)
      expect(report).toMatchObject({ inserted: ROWS, duplicates: 0 })
      expect(await state()).toEqual(clean)
      expect(await imports()).toEqual([{ state: 'failed' }, { state: 'done' }])
      expect((await b.load(file, FLAGS))[0]).toMatchObject({ already_loaded: true, inserted: 0 })
    }
  })

  test('a live load is not taken for a dead one', async () => {
    await forget()
    const child = start()
    const over = ended(child)
    await underWay()
    const [report] = await b.load(file, FLAGS)
    expect(await over).toBe(0)
    expect(report).toMatchObject({ already_loaded: true, inserted: 0 })
    expect(await state()).toMatchObject({ n: ROWS, distinct: ROWS })
  })

  test('SIGINT in the middle: exit 130, nothing left', async () => {
    await forget()
    const child = start()
    const over = ended(child)
    await underWay()
    child.kill('SIGINT')
    expect(await over).toBe(130)
    expect(await state()).toMatchObject({ n: 0 })
    expect(await imports()).toEqual([{ state: 'failed' }])
  })

  test('the server cuts a connection: an error, nothing left behind once it is run again', async () => {
    await forget()
    const child = start()
    const over = ended(child)
    await underWay()
    await b.client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'arxdb/ingest' and query ilike 'copy%'`)
    const code = await over
    if (code !== 0) expect(await state()).toMatchObject({ n: 0 })
    await b.load(file, FLAGS)
    expect(await state()).toMatchObject({ n: ROWS, distinct: ROWS })
  })
})
