// Prices and windows where figures are most easily wrong, asked on the command line; expected by brute force.
import { describe, expect, test } from 'vitest'
import { tiers } from '../servers/databases.ts'
import { at, bar, edges, NOON, tick, UNEVEN, window } from './edges-scene.ts'
import { putBars, putTicks } from './facts.ts'
import { type Bar, HOUR, iso, MINUTE, type Micros, SECOND, twapOf } from './oracle.ts'

describe.each(tiers())('on $name', (tier) => {
  const { ask, client, rowsOf } = edges(tier)

  describe('prices', () => {
    test('only one', async () => {
      await putTicks(client(), { coin: 'single', exchange: 'alpha' }, [tick(0, '7.5')])
      const around = window(at(-2), at(10))
      expect(await rowsOf(['twap', 'single', ...around])).toMatchObject([
        { twap: '7.5', coverage: 5 / 12, n_obs: 1, carried_in: false },
      ])
      expect(await rowsOf(['twap', 'single', ...around], null)).toMatchObject([{ twap: '7.5', n_obs: 1 }])
      expect(await rowsOf(['candles', 'single', '--every', '1h', ...around])).toMatchObject([
        { timestamp: iso(NOON), open: '7.5', high: '7.5', low: '7.5', close: '7.5', average: '7.5', n_obs: 1 },
      ])
      // A tick has no volume of its own.
      expect(await ask(['vwap', 'single', ...around])).toMatchObject({ code: 1, rows: [] })
      const only: Bar = { at: NOON, open: '1', high: '4', low: '1', close: '2', volume: '0.5' }
      await putBars(client(), { coin: 'single-bar', exchange: 'alpha' }, '1m', [only])
      expect(await rowsOf(['vwap', 'single-bar', ...around])).toMatchObject([
        { vwap: '2.333333333333333333', volume: '0.5', n_obs: 1, volume_coverage: 1, coverage: 1 / 12 },
      ])
    })

    test.each(['0.1', '0.000000000000000001', '123456789.123456789123456789', '3'])(
      'all of them %s: so are the averages, to the last digit',
      async (price) => {
        const coin = `flat-${price.replaceAll('.', '-')}`
        await putTicks(
          client(),
          { coin, exchange: 'alpha' },
          UNEVEN.map((one) => ({ ...one, price })),
        )
        for (const more of [[], ['--every', '7m'], ['--max-staleness', '33s']])
          for (const row of await rowsOf(['twap', coin, ...window(at(0), at(200)), ...more]))
            expect(row.twap).toBe(price)
        const bars = UNEVEN.slice(0, 60).map((_, i) => bar(i, price, i % 3 ? `0.${i + 1}` : null))
        await putBars(client(), { coin: `${coin}-bars`, exchange: 'alpha' }, '1m', bars)
        for (const row of await rowsOf(['vwap', `${coin}-bars`, '--every', '13m', ...window(at(0), at(60))]))
          expect(row.vwap).toBe(price)
      },
    )

    test('none: a market that is empty, and a coin that is not there', async () => {
      await putTicks(client(), { coin: 'empty', exchange: 'alpha' }, [])
      await putBars(client(), { coin: 'empty', exchange: 'alpha' }, '1m', [])
      for (const question of ['twap', 'vwap', 'candles']) {
        const none = await ask([question, 'empty', ...window(at(0), at(9))])
        expect(none).toMatchObject({ code: 0, rows: [], stderr: expect.stringContaining('warning: no ') })
        expect(await ask([question, 'nothing-like-it', ...window(at(0), at(9))])).toMatchObject({ code: 1, rows: [] })
      }
    })
  })

  describe('windows', () => {
    const expected = (from: Micros, to: Micros, stands: Micros) => twapOf(UNEVEN, stands, from, to)

    test('from after to, or at it, is a usage error', async () => {
      for (const question of ['twap', 'vwap', 'candles'])
        for (const to of [at(-1), at(0)])
          expect(await ask([question, 'uneven', ...window(at(0), to)])).toMatchObject({ code: 2, rows: [] })
    })

    test('before the first and after the last row', async () => {
      const last = UNEVEN.at(-1)!
      for (const more of [[], ['--every', '1h']]) {
        expect(await rowsOf(['twap', 'uneven', ...window(at(-90), at(0)), ...more])).toEqual([])
        const gone = last.at + 5n * MINUTE
        expect(await rowsOf(['twap', 'uneven', ...window(gone, gone + HOUR), ...more])).toEqual([])
      }
      const still = last.at + 4n * MINUTE
      expect(await rowsOf(['twap', 'uneven', ...window(still, still + HOUR)])).toMatchObject([
        { twap: String(last.price).replace(/0+$/, ''), coverage: 1 / 60, n_obs: 0, carried_in: true },
      ])
      expect(await rowsOf(['candles', 'uneven', ...window(still, still + HOUR)])).toEqual([])
    })

    test('a microsecond long', async () => {
      const first = UNEVEN[3]!.at
      const stale = first + 10n * SECOND
      const asked = async (from: Micros) =>
        (await rowsOf(['twap', 'uneven', ...window(from, from + 1n), '--max-staleness', '10s']))[0]
      for (const from of [first, first + 1n, stale - 1000n])
        expect(await asked(from)).toMatchObject({ ...expected(from, from + 1n, 10n * SECOND), coverage: 1 })
      for (const from of [first - 1n, stale])
        expect((await asked(from))?.twap ?? null).toBe(expected(from, from + 1n, 10n * SECOND).twap)
      const candle = await rowsOf(['candles', 'uneven', '--every', '1h', ...window(first, first + 1n)])
      expect(candle).toMatchObject([{ open: UNEVEN[3]!.price, n_obs: 1, partial: true }])
    })

    test.each([30n, 97n, 300n, 3600n])('ends that are on no minute, prices that stand %s s', async (seconds) => {
      for (const [from, to] of [
        [at(3, 123_457n), at(17, 59_999_999n)],
        [at(0, 1n), at(240, 1n)],
        [UNEVEN[9]!.at, UNEVEN[30]!.at],
        [UNEVEN[9]!.at + 1n, UNEVEN[30]!.at + 1n],
      ] as const) {
        const answer = await rowsOf(['twap', 'uneven', ...window(from, to), '--max-staleness', `${seconds}s`])
        const { coverage, ...exact } = expected(from, to, seconds * SECOND)
        expect(answer).toMatchObject([exact])
        expect(answer[0]!.coverage).toBeCloseTo(coverage, 12)
      }
    })

    test('in the future nothing is known, half in the future it ends now', async () => {
      const now = iso(at(60))
      const half = ['twap', 'uneven', ...window(at(30), at(90))]
      expect(await rowsOf(half, 'alpha', now)).toMatchObject([
        { ...expected(at(30), at(60), 5n * MINUTE), coverage: 1 },
      ])
      const cut = await rowsOf([...half, '--every', '45m'], 'alpha', now)
      expect(cut.at(-1)).toMatchObject({ partial: true })
      expect(cut.every((row) => String(row.timestamp) < now)).toBe(true)
    })
  })

  describe('known to be wrong', () => {
    test('a price that stands less than a millisecond longer is carried in', async () => {
      const stale = UNEVEN[3]!.at + 10n * SECOND
      const argv = ['twap', 'uneven', ...window(stale - 1n, stale), '--max-staleness', '10s']
      expect(await rowsOf(argv)).toMatchObject([{ coverage: 1, n_obs: 0, carried_in: true }])
    })

    test('a window without a price in it is filled from the one before', async () => {
      await putTicks(client(), { coin: 'fill-before', exchange: 'alpha' }, [tick(0, '5')])
      const argv = ['candles', 'fill-before', '--every', '1m', ...window(at(1), at(3)), '--fill', 'prev']
      expect((await rowsOf(argv)).map((row) => row.close)).toEqual(['5', '5'])
    })

    test('a window that begins in the future has no price', async () => {
      await putTicks(client(), { coin: 'future', exchange: 'alpha' }, [tick(0, '5')])
      const rows = await rowsOf(['twap', 'future', ...window(at(2), at(4))], 'alpha', iso(at(1)))
      expect(rows.map((row) => row.twap).filter((figure) => figure !== null)).toEqual([])
    })

    test('a bucket in the future is filled with nothing', async () => {
      await putTicks(client(), { coin: 'future-fill', exchange: 'alpha' }, [tick(0, '5')])
      const argv = ['candles', 'future-fill', '--every', '1m', ...window(at(0), at(5)), '--fill', 'prev']
      const rows = await rowsOf(argv, 'alpha', iso(at(2)))
      expect(rows.filter((row) => String(row.timestamp) >= iso(at(2)) && row.close !== null)).toEqual([])
    })

    test('the end of a window that the present cuts is written as any other time', async () => {
      const [row] = await rowsOf(['twap', 'uneven', ...window(at(30), at(90))], 'alpha', iso(at(60)))
      expect(row!.to).toBe(iso(at(60)))
    })

    test('the average of a bar has 18 decimals', async () => {
      await putTicks(client(), { coin: 'average', exchange: 'alpha' }, [
        tick(0, '1000'),
        tick(1, '1000'),
        tick(2, '1001'),
      ])
      const [row] = await rowsOf(['candles', 'average', '--every', '5m', ...window(at(0), at(5))])
      expect(row!.average).toBe('1000.333333333333333333')
    })
  })
})
