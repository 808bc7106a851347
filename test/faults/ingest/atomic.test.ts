import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, bench, bitfinexRows, lines } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { awkward, FIRST, FLAGS, SLOWLY } from './awkward-file.ts'
import { committed, forget, type Picture, pictureOf, rowsOf, statesOf } from './picture.ts'
import { makeProgram, type Program } from './program.ts'

const FILE = awkward(60_000)
/** The bad rows of the file are not what is asked about. */
const ATOMIC = { ...FLAGS, atomic: true, maxErrors: '2%' }
const BAD_LINE = 95_000

describeTiers('an atomic load', (tier) => {
  let b: Bench
  let program: Program
  let file: string
  let late: string
  let clean: Picture

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
    file = b.file('all.csv', FILE.text)
    const rows = bitfinexRows(100_000, FIRST)
    rows[BAD_LINE - 1] = rows[BAD_LINE - 1]!.replace(',101,', ',abc,')
    late = b.file('late.csv', lines(rows))
    await b.load(file, ATOMIC)
    clean = await pictureOf(b, file)
  })
  afterAll(async () => {
    program.remove()
    await b.close()
  })

  test.each([true, false])(
    'SIGKILL in the middle: the next run (atomic: %s) takes its rows out and loads all',
    async (atomic) => {
      await forget(b, file)
      const running = program.load(b.db.url, { ...ATOMIC, files: [file], rateLimit: SLOWLY })
      await committed(b, 1, running)
      running.child.kill('SIGKILL')
      expect((await running.ended).code).toBeNull()
      const [dead] = await statesOf(b)
      expect(dead).toMatchObject({ state: 'loading' })
      expect(dead!.batches).toBeGreaterThan(0)

      const [report] = await b.load(file, { ...ATOMIC, atomic })
      expect(report).toMatchObject({ resumed: false, inserted: clean.rows })
      expect(report!.notes.join()).toMatch(/removed [\d,]+ rows that an interrupted load/)
      expect((await statesOf(b)).map(({ state }) => state)).toEqual(['failed', 'done'])
      expect(await pictureOf(b, file)).toEqual(clean)
    },
  )

  test('a bad row near its end: nothing of it is in, and the row is named', async () => {
    await forget(b, file, late)
    const error = await b.refused(late, { ...FLAGS, atomic: true, jobs: 3 })
    expect(error).toMatchObject({ code: 'bad-row', exit: 1 })
    expect(error.message).toMatch(new RegExp(`late\\.csv line ${BAD_LINE}: column close`))
    // Rows had been committed, so that there was something to take out.
    expect(error.detail).toMatch(/nothing of it is left; [\d,]+ rows visible meanwhile/)
    expect(await rowsOf(b)).toEqual({ rows: 0, md5: null })
    expect(await statesOf(b)).toMatchObject([{ state: 'failed' }])
  })

  test('SIGINT in the middle: exit 130, nothing left', async () => {
    await forget(b, file)
    const running = program.load(b.db.url, { ...ATOMIC, files: [file], rateLimit: SLOWLY })
    await committed(b, 1, running)
    running.child.kill('SIGINT')
    const { code, error } = await running.ended
    expect(code).toBe(130)
    expect(error!.detail).toMatch(/nothing of it is left; [\d,]+ rows visible meanwhile/)
    expect(await rowsOf(b)).toEqual({ rows: 0, md5: null })
    expect(await statesOf(b)).toMatchObject([{ state: 'failed' }])
  })
})
