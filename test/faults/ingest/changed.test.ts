import { appendFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, bitfinexRows, lines, MINUTE } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { FIRST, FLAGS, SLOWLY } from './awkward-file.ts'
import { committed, forget, rowsOf, statesOf } from './picture.ts'
import { makeProgram, type Program } from './program.ts'

const ROWS = 60_000
const MORE = 1_000
const ALL = bitfinexRows(ROWS + MORE, FIRST)
const TEXT = lines(ALL.slice(0, ROWS))

/** The same number of bytes, another volume in the row that stands there. */
function withOther(text: string, row: number): string {
  const rows = text.split('\n')
  rows[row] = rows[row]!.replace(/\.125$/, '.875')
  return rows.join('\n')
}

describeTiers('a file that changes', (tier) => {
  let b: Bench
  let program: Program
  let file: string

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
    await b.load(b.file('clean.csv', lines(ALL)), FLAGS)
    await b.client.query(
      'create table clean as select timestamp, open, high, low, close, volume, quote_volume, trades from arxdb.candles',
    )
  })
  afterAll(async () => {
    program.remove()
    await b.close()
  })

  /** Kills a load of TEXT when some of it is in; returns how many bytes are booked from the start on. */
  async function killed(flags: object = {}): Promise<number> {
    await forget(b)
    file = b.file('changing.csv', TEXT)
    const running = program.load(b.db.url, { ...FLAGS, ...flags, files: [file], rateLimit: SLOWLY })
    await committed(b, 1, running)
    running.child.kill('SIGKILL')
    expect((await running.ended).code).toBeNull()
    const [found] = await b.rows<{ until: number }>('select max(byte_to)::int as until from arxdb.import_batches')
    expect(found!.until).toBeGreaterThan(0)
    return found!.until
  }

  /** The table holds the first so many rows of the clean load, but for the volume of the one that was changed. */
  async function expectRows(rows: number, changed = -1): Promise<void> {
    const wanted = `select timestamp, open, high, low, close, volume + case when timestamp = $2 then 0.75 else 0 end,
        quote_volume, trades from clean where timestamp < $1`
    const found = 'select timestamp, open, high, low, close, volume, quote_volume, trades from arxdb.candles'
    const differences = await b.rows(
      `((${wanted}) except all (${found})) union all ((${found}) except all (${wanted})) limit 10`,
      [new Date(FIRST + rows * MINUTE), new Date(FIRST + changed * MINUTE)],
    )
    expect(differences).toEqual([])
  }

  test('in what was booked before the kill: a new import, and no row twice', async () => {
    await killed({ onConflict: 'update' })
    const { rows: kept } = await rowsOf(b)
    writeFileSync(file, withOther(TEXT, 3))
    const [report] = await b.load(file, { ...FLAGS, onConflict: 'update' })
    // The other rows of the dead load are there with the same values, and stay its own.
    expect(report).toMatchObject({ resumed: false, rows_read: ROWS, updated: 1, unchanged: kept - 1, duplicates: 0 })
    expect(report!.notes.join()).toMatch(/import \d+ of it was interrupted, and the file has changed since/)
    await expectRows(ROWS, 3)
    expect((await statesOf(b)).map(({ state }) => state)).toEqual(['loading', 'done'])
    expect((await b.load(file, { ...FLAGS, onConflict: 'update' }))[0]).toMatchObject({ already_loaded: true })
  })

  test('behind what was booked: the load goes on, with what is there now', async () => {
    await killed()
    writeFileSync(file, withOther(TEXT, ROWS - 2))
    expect((await b.load(file, FLAGS))[0]).toMatchObject({ resumed: true, inserted: ROWS, rows_read: ROWS })
    await expectRows(ROWS, ROWS - 2)
  })

  test('cut shorter than what was booked: a new import, and no row twice', async () => {
    const until = await killed()
    const { rows: kept } = await rowsOf(b)
    const short = TEXT.slice(0, TEXT.lastIndexOf('\n', until - 100) + 1)
    writeFileSync(file, short)
    const [report] = await b.load(file, FLAGS)
    const rows = short.split('\n').length - 1
    expect(report).toMatchObject({ resumed: false, rows_read: rows, inserted: 0, unchanged: rows, skipped: 0 })
    expect((await rowsOf(b)).rows).toBe(kept)
  })

  test('grown after the kill: the load goes on to the new end', async () => {
    await killed()
    appendFileSync(file, lines(ALL.slice(ROWS)))
    const [report] = await b.load(file, FLAGS)
    expect(report).toMatchObject({ resumed: true, rows_read: ROWS + MORE, inserted: ROWS + MORE, duplicates: 0 })
    await expectRows(ROWS + MORE)
  })

  test('grown after it was loaded: the rows that are new are added, the others stay', async () => {
    await forget(b)
    file = b.file('changing.csv', TEXT)
    const [first] = await b.load(file, FLAGS)
    appendFileSync(file, lines(ALL.slice(ROWS)))
    const [report] = await b.load(file, FLAGS)
    const counts = { rows_read: ROWS + MORE, inserted: MORE, unchanged: ROWS, updated: 0, skipped: 0, duplicates: 0 }
    expect(report).toMatchObject({ resumed: false, already_loaded: false, ...counts })
    await expectRows(ROWS + MORE)
    const owners = await b.rows('select import_id, count(*)::int as n from arxdb.candles group by 1 order by 1')
    expect(owners).toEqual([
      { import_id: first!.import_id, n: ROWS },
      { import_id: report!.import_id, n: MORE },
    ])
    expect((await b.load(file, FLAGS))[0]).toMatchObject({ already_loaded: true, import_id: report!.import_id })
  })
})
