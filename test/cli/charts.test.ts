// --chart and --chart-file on a loaded database: what is drawn, what is said beside it, and what is refused.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAnswers } from '../../src/cli/answers.ts'
import { displayWidth } from '../../src/render/text.ts'
import { BANDS, wave } from '../unit/draw-sample.ts'
import { type Loaded, loaded } from './loaded.ts'

let db: Loaded

beforeAll(async () => {
  db = await loaded()
})
afterAll(() => db?.close())

const MORNING = ['--from', '2025-03-10..2025-03-10T02:00Z']
const CANDLES = ['candles', 'BTC@alpha', '--every', '15m', ...MORNING]
const EMPTY = ['candles', 'BTC@alpha', '--every', '15m', '--from', '2020-01-01..2020-01-02']

describe('--chart', () => {
  test.each([
    ['candles', CANDLES, '┃ up  █ down'],
    ['bollinger', ['bollinger', 'BTC@alpha', '--every', '1m', '--period', '5', ...MORNING], '• upper  ◦ mid  × lower'],
    ['macd', ['macd', 'BTC@alpha', '--every', '1m', ...MORNING], '⠒ macd  • signal'],
    ['rsi', ['rsi', 'BTC@alpha', '--every', '1m', ...MORNING], '┤ 70'],
    ['twap over time', ['twap', 'BTC@alpha', '--every', '15m', ...MORNING], '⠒ twap'],
    ['twap of a window', ['twap', 'BTC', ...MORNING], '█'],
    ['volatility', ['volatility', 'BTC@alpha', '--every', '1m', '--estimator', 'all', ...MORNING], 'parkinson'],
    ['trend', ['trend', 'BTC@alpha', '--every', '1m', ...MORNING], '⠒ close  • sma_fast  ◦ sma_slow'],
  ])('draws %s', async (_, argv, said) => {
    for (const [where, width] of [[{}, 100] as const, [{ terminal: 60 }, 60] as const]) {
      const { code, stdout } = await db.ask([...argv, '--chart'], where)
      expect(code).toBe(0)
      expect(stdout).toContain(said)
      for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width)
    }
  })

  test('is ASCII where the locale is', async () => {
    const { stdout } = await db.ask([...CANDLES, '--chart'], { env: { LANG: 'C' } })
    expect(stdout).toMatch(/^[\x20-\x7e\n]+$/)
  })

  test('draws the first of several series, and says so on stderr', async () => {
    const all = await db.ask(['candles', 'BTC', '--quote', 'any', '--every', '15m', ...MORNING, '--chart'])
    expect(all.stderr).toMatch(/^drawing \w+ USD\w? only, not .*; name one with BTC\/USD@kraken$/m)
    expect(all.stdout).not.toContain('only')
  })

  test('of an answer that has no drawing is refused', async () => {
    const stream = { stream: new PassThrough(), isTTY: false, width: 80, color: false }
    const io = { stdin: new PassThrough(), out: stream, err: stream }
    const { signal } = new AbortController()
    const speaker = {
      io,
      globals: {},
      env: {},
      signal,
      config: () => Promise.reject(new Error('not asked')),
      note() {},
    }
    const answers = createAnswers(() => speaker)
    const plain = { columns: [], rows: [{ a: 1 }], notes: [] }
    const refused = { message: 'this answer has no drawing', hint: 'leave out --chart', exit: 2 }
    await expect(answers.chart(plain)).rejects.toMatchObject(refused)
    await expect(answers.chartFile(plain, 'a.svg')).rejects.toMatchObject({
      ...refused,
      hint: 'leave out --chart-file',
    })
  })

  test('is no higher than the terminal leaves room for', async () => {
    const heights = [10, 24, 60, undefined].map(async (rows) => {
      const written: string[] = []
      const stream = Object.assign(new PassThrough(), { rows })
      stream.on('data', (chunk) => written.push(String(chunk)))
      const out = { stream, isTTY: true, width: 80, color: false }
      const io = { stdin: new PassThrough(), out, err: out }
      const { signal } = new AbortController()
      const speaker = {
        io,
        globals: {},
        env: {},
        signal,
        config: () => Promise.reject(new Error('not asked')),
        note() {},
      }
      await createAnswers(() => speaker).chart(wave(30, BANDS))
      return written.join('').split('\n').length - 1
    })
    expect(await Promise.all(heights)).toEqual([8, 20, 20, 20])
  })

  test('of no rows draws nothing and says what is known', async () => {
    const { code, stdout, stderr } = await db.ask([...EMPTY, '--chart'])
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toContain('warning: ')
  })

  test('goes to --out, in the width of a file and without colour', async () => {
    const file = join(db.folder, 'drawn.txt')
    const { stdout } = await db.ask([...CANDLES, '--chart', '--out', file], { terminal: 60 })
    expect(stdout).toBe('')
    expect(readFileSync(file, 'utf8')).toBe((await db.ask([...CANDLES, '--chart'])).stdout)
  })
})

describe('--chart-file', () => {
  test('writes a picture beside the answer', async () => {
    const file = join(db.folder, 'candles.svg')
    const { code, stdout, stderr } = await db.ask([...CANDLES, '--chart-file', file])
    expect(code).toBe(0)
    expect(stderr).toContain(`wrote ${file}\n`)
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
    expect(stdout).toBe((await db.ask(CANDLES)).stdout)
    // Said once, by whoever prints the answer.
    expect(stderr.match(/^from 2025/gm)!.length).toBe(1)
  })

  test('takes no other name than one in .svg, and leaves what is there', async () => {
    const file = join(db.folder, 'candles.png')
    writeFileSync(file, 'mine')
    const { code, stderr } = await db.ask([...CANDLES, '--chart-file', file])
    expect(code).toBe(2)
    expect(stderr).toContain(`try: --chart-file ${join(db.folder, 'candles.svg')}`)
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('writes no file of no rows, and says so', async () => {
    const file = join(db.folder, 'empty.svg')
    const { code, stderr } = await db.ask([...EMPTY, '--chart-file', file])
    expect(code).toBe(0)
    expect(stderr).toContain(`no rows: ${file} is not written\n`)
    expect(existsSync(file)).toBe(false)
  })

  test('names the file that cannot be written', async () => {
    const file = join(db.folder, 'nowhere', 'candles.svg')
    const { code, stderr } = await db.ask([...CANDLES, '--chart-file', file])
    expect(code).toBe(1)
    expect(stderr).toContain(`cannot write ${file}`)
  })
})
