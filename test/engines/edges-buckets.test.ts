// Staleness, buckets, venues and quotes where they are most easily wrong, asked on the command line.
import { beforeAll, describe, expect, test } from 'vitest'
import { tiers } from '../servers/databases.ts'
import { at, bar, edges, NOON, tick, UNEVEN, window } from './edges-scene.ts'
import { putBars, putTicks } from './facts.ts'
import { candleOf, every, HOUR, iso, MINUTE, meanOf, micros, partsOf, type Tick, twapOf } from './oracle.ts'

describe.each(tiers())('on $name', (tier) => {
  const { ask, client, rowsOf } = edges(tier)

  describe('staleness', () => {
    test('exactly as long as the gap: no time is lost, and a microsecond less loses that', async () => {
      await putTicks(client(), { coin: 'gap', exchange: 'alpha' }, [tick(0, '1'), tick(10, '2'), tick(20, '3')])
      const asked = async (stands: string, from = at(0), to = at(20)) =>
        (await rowsOf(['twap', 'gap', ...window(from, to), '--max-staleness', stands]))[0]
      expect(await asked('10m')).toMatchObject({ twap: '1.5', coverage: 1 })
      expect(await asked('599999ms')).toMatchObject({ twap: '1.5', coverage: 1199.998 / 1200 })
      // As old as it may be is too old: (t - s, t].
      expect(await asked('10m', at(30), at(31))).toBeUndefined()
      expect(await asked('10m', at(30, -1n), at(30))).toMatchObject({ twap: '3', coverage: 1, carried_in: true })
    })

    test('--fill prev is capped by it', async () => {
      await putTicks(client(), { coin: 'fill', exchange: 'alpha' }, [tick(0, '5'), tick(6, '6')])
      const filled = async (...more: string[]) =>
        (await rowsOf(['candles', 'fill', '--every', '1m', ...window(at(-2), at(8)), ...more])).map((row) => [
          (micros(String(row.timestamp)) - NOON) / MINUTE,
          row.close,
          row.filled,
          row.n_obs,
        ])
      expect(await filled()).toEqual([
        [0n, '5', false, 1],
        [6n, '6', false, 1],
      ])
      expect(await filled('--fill', 'null')).toEqual(
        [-2n, -1n, 0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((minute) => [
          minute,
          { 0: '5', 6: '6' }[Number(minute)] ?? null,
          minute !== 0n && minute !== 6n,
          minute === 0n || minute === 6n ? 1 : 0,
        ]),
      )
      expect(
        (await filled('--fill', 'prev', '--max-staleness', '3m')).map(([minute, close]) => [minute, close]),
      ).toEqual(
        [-2n, -1n, 0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((minute) => [
          minute,
          [null, null, '5', '5', '5', null, null, null, '6', '6'][Number(minute) + 2],
        ]),
      )
    })

    test('a bar is known at its end, and fills from there', async () => {
      await putBars(client(), { coin: 'fill-bars', exchange: 'alpha' }, '1m', [bar(0, '5', '2'), bar(6, '6', null)])
      const argv = ['candles', 'fill-bars', '--every', '1m', ...window(at(0), at(7)), '--fill', 'prev']
      expect((await rowsOf([...argv, '--max-staleness', '3m'])).map((row) => [row.close, row.volume])).toEqual([
        ['5', '2'],
        // Known at 12:01: allowed up to, and not at, 12:04.
        ['5', '0'],
        ['5', '0'],
        ['5', '0'],
        [null, null],
        [null, null],
        ['6', null],
      ])
    })
  })

  describe('buckets', () => {
    test('by length, cut by the window at both ends, and what lies exactly between two', async () => {
      const edges = [
        tick(0, '1'),
        tick(59, '2', 59_999_999n),
        tick(60, '3'),
        tick(120, '4', -1n),
        tick(120, '5'),
        tick(120, '6', 1n),
      ]
      await putTicks(client(), { coin: 'edges', exchange: 'alpha' }, edges)
      for (const [coin, rows] of [
        ['edges', edges],
        ['uneven', UNEVEN],
      ] as const)
        for (const [width, text] of [
          [HOUR, '1h'],
          [20n * MINUTE, '20m'],
          [7n * MINUTE, '7m'],
        ] as const) {
          const [from, to] = [at(5, 1n), at(170, 59_000_000n)]
          const monday = micros('2000-01-03T00:00:00Z')
          const first = monday + ((from - monday) / width) * width
          const parts = partsOf(every(first, width, 30), from, to)
          const argv = [coin, '--every', text, ...window(from, to)]
          const stands = ['--max-staleness', '9m']
          expect(await rowsOf(['twap', ...argv, ...stands])).toMatchObject(
            parts.map(({ bucket, partial, ...part }) => {
              const { twap, n_obs, carried_in } = twapOf(rows, 9n * MINUTE, part.from, part.to)
              return { timestamp: iso(bucket), twap, n_obs, carried_in, partial }
            }),
          )
          expect(await rowsOf(['candles', ...argv])).toMatchObject(
            parts.flatMap(({ bucket, partial, ...part }) => {
              const candle = candleOf(rows, part.from, part.to)
              return candle ? [{ timestamp: iso(bucket), ...candle, partial }] : []
            }),
          )
        }
    })
  })

  describe('venues and quotes', () => {
    const OTHER: readonly Tick[] = [tick(0, '50'), tick(20, '60')]
    beforeAll(async () => {
      await putTicks(client(), { coin: 'pair', exchange: 'alpha' }, [tick(0, '10'), tick(10, '20'), tick(40, '30')])
      await putTicks(client(), { coin: 'pair', exchange: 'beta' }, OTHER)
      await putTicks(client(), { coin: 'pair', exchange: 'alpha', quote: 'USDT' }, [tick(0, '1000')])
      await putTicks(client(), { coin: 'pair', exchange: 'alpha', quote: 'USDC' }, [tick(0, '2000')])
      const traded = (price: string, volume: string | null) => [0, 1, 2].map((i) => bar(i, price, volume))
      await putBars(client(), { coin: 'pair-bars', exchange: 'alpha' }, '1m', traded('10', '3'))
      await putBars(client(), { coin: 'pair-bars', exchange: 'beta' }, '1m', traded('20', '1'))
      await putBars(client(), { coin: 'pair-bars', exchange: 'gamma' }, '1m', traded('900', null))
      await putBars(client(), { coin: 'pair-bars', exchange: 'beta', quote: 'USDT' }, '1m', traded('5000', '7'))
    })

    test('the combined figure is the mean of the venues that have a price', async () => {
      const argv = ['twap', 'pair', '--every', '10m', ...window(at(0), at(60)), '--max-staleness', '10m']
      const [alpha, beta] = [await rowsOf(argv), await rowsOf(argv, 'beta')]
      expect(alpha.map((row) => row.twap)).toEqual(['10', '20', null, null, '30', null])
      expect(beta.map((row) => row.twap)).toEqual(['50', null, '60', null, null, null])
      expect((await rowsOf(argv, null)).map((row) => [row.timestamp, row.twap])).toEqual([
        [iso(at(0)), '30'],
        [iso(at(10)), '20'],
        [iso(at(20)), '60'],
        [iso(at(40)), '30'],
      ])
      // Neither has one: no combined row says 0.
      expect(await rowsOf(['twap', 'pair', ...window(at(51), at(59)), '--max-staleness', '5m'], null)).toEqual([])
    })

    test('each quote has figures of its own', async () => {
      const all = ['--quote', 'any', ...window(at(0), at(3))]
      const twaps = (await ask(['twap', 'pair', ...all])).rows
      expect(twaps.map((row) => [row.exchange_id, row.quote, row.twap])).toEqual([
        ['alpha', 'USD', '10'],
        ['beta', 'USD', '50'],
        [null, 'USD', meanOf(['10', '50'])],
        ['alpha', 'USDC', '2000'],
        [null, 'USDC', '2000'],
        ['alpha', 'USDT', '1000'],
        [null, 'USDT', '1000'],
      ])
      const vwaps = (await ask(['vwap', 'pair-bars', ...all])).rows
      expect(vwaps.map((row) => [row.exchange_id, row.quote, row.vwap, row.volume])).toEqual([
        ['alpha', 'USD', '10', '9'],
        ['beta', 'USD', '20', '3'],
        ['gamma', 'USD', null, null],
        [null, 'USD', '12.5', '12'],
        ['beta', 'USDT', '5000', '21'],
        [null, 'USDT', '5000', '21'],
      ])
      const bars = (await ask(['candles', 'pair-bars', '--every', '5m', ...all])).rows
      expect(bars.map((row) => [row.exchange_id, row.quote, row.close])).toEqual([
        ['alpha', 'USD', '10'],
        ['beta', 'USD', '20'],
        ['beta', 'USDT', '5000'],
        ['gamma', 'USD', '900'],
      ])
    })
  })
})
