import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { random } from '../../../src/demo/random.ts'
import { appended } from '../../../src/ingest/sources/follow.ts'
import { type Bench, bench, bitfinexRows, lines } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { FIRST, FLAGS } from './awkward-file.ts'
import { forget, rowsOf, statesOf } from './picture.ts'
import { makeProgram, type Program, type Running } from './program.ts'

const ALL = bitfinexRows(3000, FIRST)
const FOLLOW = { ...FLAGS, follow: true } as const

describeTiers('a file that is followed', (tier) => {
  let b: Bench
  let program: Program
  let running: Running | undefined

  beforeAll(async () => {
    ;[b, program] = await Promise.all([bench(tier), makeProgram()])
  })
  afterEach(async () => {
    running?.child.kill('SIGKILL')
    await running?.ended
  })
  afterAll(async () => {
    program.remove()
    await b.close()
  })

  const follow = (file: string): Running => {
    running = program.load(b.db.url, { ...FOLLOW, files: [file] })
    return running
  }
  const rows = async (): Promise<number> => (await rowsOf(b)).rows
  /** Waits until so many rows are in, no less and no more, or the load has ended. */
  async function settled(wanted: number): Promise<void> {
    for (const deadline = Date.now() + 20_000; (await rows()) < wanted && Date.now() < deadline; ) {
      if (running!.child.exitCode !== null) expect(await running!.ended, 'it ended too early').toBeUndefined()
      await sleep(20)
    }
    expect(await rows()).toBe(wanted)
  }
  async function interrupted({ child, ended }: Running): Promise<void> {
    child.kill('SIGINT')
    const { code, error } = await ended
    expect({ code, error }).toMatchObject({ code: 130, error: { code: 'interrupted' } })
  }
  /** What the table holds after an ordinary load of these rows. */
  async function cleanOf(of: readonly string[]) {
    await forget(b)
    await b.load(b.file('clean.csv', lines(of)), FLAGS)
    const found = await rowsOf(b)
    await forget(b)
    return found
  }
  const totals = () =>
    b.rows(
      'select state, rows_read::int, inserted::int, rejected::int, duplicates::int from arxdb.imports order by import_id',
    )

  test('grows in pieces that end anywhere; stopped, and followed again from where it was', async () => {
    const clean = await cleanOf(ALL)
    const text = lines(ALL)
    const file = b.file('grows.csv', lines(ALL.slice(0, 500)))
    let at = lines(ALL.slice(0, 500)).length
    const next = random(7)
    /** Appends in pieces up to `to`, seldom at the end of a line. */
    const grow = async (to: number): Promise<void> => {
      while (at < to) {
        const until = Math.min(to, at + 1 + Math.floor(next() * 8000))
        appendFileSync(file, text.slice(at, until))
        at = until
        await sleep(next() * 20)
      }
    }
    const first = follow(file)
    await settled(500)
    // Ends in the middle of row 1500.
    await grow(lines(ALL.slice(0, 1500)).length + 20)
    await settled(1500)
    await interrupted(first)
    expect(await totals()).toEqual([{ state: 'loading', rows_read: 1500, inserted: 1500, rejected: 0, duplicates: 0 }])

    await grow(lines(ALL.slice(0, 2500)).length + 7)
    let began: number | undefined
    const second = follow(file)
    await second.until(({ done }) => {
      began ??= done
      return true
    })
    await grow(text.length)
    await settled(3000)
    await interrupted(second)
    // Its first step ends behind what had been read before.
    expect(began).toBeGreaterThan(lines(ALL.slice(0, 1500)).length)
    expect(await totals()).toEqual([{ state: 'loading', rows_read: 3000, inserted: 3000, rejected: 0, duplicates: 0 }])
    expect(await rowsOf(b)).toEqual(clean)

    // No longer followed it is a file like others: its import is closed.
    expect((await b.load(file, FLAGS))[0]).toMatchObject({ resumed: true, inserted: 3000, rows_read: 3000 })
    expect(await statesOf(b)).toMatchObject([{ state: 'done' }])
    expect((await b.load(file, FLAGS))[0]).toMatchObject({ already_loaded: true })
  })

  test.each(['with rows in it', 'empty at first'])(
    'rotated, the new file %s: the old one is done, the new one another import',
    async (how) => {
      const clean = await cleanOf(ALL.slice(0, 900))
      const file = b.file('rotates.csv', lines(ALL.slice(0, 400)))
      const following = follow(file)
      await settled(400)
      // The last rows of the old file come with the rotation.
      appendFileSync(file, lines(ALL.slice(400, 500)))
      renameSync(file, `${file}.1`)
      writeFileSync(file, how === 'empty at first' ? '' : lines(ALL.slice(500, 700)))
      if (how === 'empty at first') {
        await sleep(1200)
        appendFileSync(file, lines(ALL.slice(500, 700)))
      }
      await settled(700)
      appendFileSync(file, lines(ALL.slice(700, 900)))
      await settled(900)
      await interrupted(following)
      expect(await totals()).toEqual([
        { state: 'done', rows_read: 500, inserted: 500, rejected: 0, duplicates: 0 },
        { state: 'loading', rows_read: 400, inserted: 400, rejected: 0, duplicates: 0 },
      ])
      expect(await rowsOf(b)).toEqual(clean)
      expect((await b.load(`${file}.1`, FLAGS))[0]).toMatchObject({ already_loaded: true, inserted: 0 })
    },
  )

  test('followed again while something writes to it all the time', async () => {
    await forget(b)
    const file = b.file('busy.csv', lines(ALL.slice(0, 200)))
    const first = follow(file)
    await settled(200)
    await interrupted(first)
    let written = 200
    const writing = setInterval(() => {
      if (written < ALL.length) appendFileSync(file, lines(ALL.slice(written, ++written)))
    }, 1)
    try {
      const second = follow(file)
      while (written < 1500) await sleep(20)
      clearInterval(writing)
      await settled(written)
      await interrupted(second)
      expect(await totals()).toEqual([
        { state: 'loading', rows_read: written, inserted: written, rejected: 0, duplicates: 0 },
      ])
    } finally {
      clearInterval(writing)
    }
  })
})

test('what is written to a followed file between the last look and its rotation is still read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-follow-'))
  const path = join(folder, 'log.csv')
  writeFileSync(path, 'one\n')
  const signal = AbortSignal.timeout(20_000)
  let text = ''
  let rotated = false
  for await (const chunk of appended({ path, from: 0, signal, onRead: () => {} })) {
    text += chunk.toString()
    // An empty chunk says that all has been read; whoever takes it may need a while, for the database is asked.
    if (chunk.length > 0 || rotated) continue
    rotated = true
    appendFileSync(path, 'two\n')
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'three\n')
  }
  expect(signal.aborted).toBe(false)
  expect(text).toBe('one\ntwo\n')
  rmSync(folder, { recursive: true })
})
