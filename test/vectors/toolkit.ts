// TWAP and bars from ticks beside the TimescaleDB Toolkit's documented and tested values.
import { apart, compared, type Line } from './line.ts'
import type { Shell } from './shell.ts'
import type { Vectors } from './sources.ts'

type Points = readonly (readonly [string, number])[]

interface Case {
  readonly name: string
  readonly points?: Points
  readonly unbounded?: boolean
  readonly bucket?: '1 day' | '1 hour'
  readonly start?: string
  readonly end?: string
  readonly expect?: number | readonly number[]
  readonly expect_locf?: number
  readonly coverage?: readonly number[]
}

interface Candlestick {
  readonly rows: readonly (readonly [string, string, number, number | null])[]
  readonly expect_1m: Readonly<Record<'open' | 'high' | 'low' | 'close', number>>
}

const SOURCE = 'TimescaleDB Toolkit'
const STEP = { '1 day': 86_400_000, '1 hour': 3_600_000 } as const

/** Issue 544 gives its hour in words: 100 carried in for 2 minutes, 10 for 53, 100 for 5. */
const ISSUE_544: Points = [
  ['2019-12-31T23:30:00Z', 100],
  ['2020-01-01T00:02:00Z', 10],
  ['2020-01-01T00:55:00Z', 100],
]

export async function toolkit(shell: Shell, vectors: Vectors): Promise<readonly Line[]> {
  const { cases } = vectors.json('timescale-toolkit/time_weight.json') as { cases: readonly Case[] }
  const lines: Line[] = []
  for (const [i, one] of cases.entries()) lines.push(...(await timeWeighted(shell, one, `case-${i}`)))
  return [...lines, await candlestick(shell, vectors.json('timescale-toolkit/candlestick.json') as Candlestick)]
}

async function ticks({ client }: Shell, exchange: string, points: Points) {
  for (const [time, price] of points) {
    await client.query(
      `insert into crypto_prices (coin_id, exchange_id, last_updated, usd_price, source, attribution)
         values ('bitcoin', $1, $2, $3, 'test', '')`,
      [exchange, time, price],
    )
  }
}

const minus = (values: readonly (number | null)[], shift: number) =>
  values.map((value) => (value === null ? null : value - shift))

async function timeWeighted(shell: Shell, one: Case, exchange: string): Promise<readonly Line[]> {
  const points = one.points ?? ISSUE_544
  const expected = [one.expect ?? one.expect_locf!].flat()
  const figure = `arxdb twap: ${one.name.replace(/ \(.*|, .*/, '')}`
  // A price of 0 cannot be stored. An average moves with what it is of, so all are one more and the answer one less.
  const shift = points.some(([, price]) => price === 0) ? 1 : 0
  await ticks(
    shell,
    exchange,
    points.map(([time, price]) => [time, price + shift]),
  )
  const windows = windowsOf(one, points)
  const rows: (Record<string, unknown> | undefined)[] = []
  for (const [from, to] of windows) {
    const argv = ['twap', `BTC@${exchange}`, '--from', from, '--to', to, '--max-staleness', '30d', '--basis', 'ticks']
    rows.push((await shell.ask(...argv)).find((row) => row.exchange_id === exchange))
  }
  const values = (name: string) =>
    rows.map((row) => (row?.[name] === null || row === undefined ? null : Number(row[name])))
  const lines = [compared(figure, SOURCE, minus(values('twap'), shift), expected)]
  if (one.coverage) lines.push(compared(`${figure}, coverage`, SOURCE, values('coverage'), one.coverage))
  if (one.expect_locf !== undefined) {
    lines.push(apart(`${figure}, linear`, SOURCE, 'arxdb holds a price and never draws a line to the next'))
  }
  return lines
}

/**
 * The buckets; for an unbounded average, which divides by the time from the first point to the last, just that window: the
 * last point has no weight in either.
 */
function windowsOf({ unbounded, bucket, start, end }: Case, points: Points) {
  if (unbounded) return [[points[0]![0], points.at(-1)![0]]] as const
  const [first, last] = [Date.parse(start ?? '2020-01-01T00:00:00Z'), Date.parse(end ?? '2020-01-01T01:00:00Z')]
  const step = STEP[bucket ?? '1 hour']
  const at = (time: number) => new Date(time).toISOString()
  return Array.from(
    { length: (last - first) / step },
    (_, i) => [at(first + i * step), at(first + (i + 1) * step)] as const,
  )
}

async function candlestick(shell: Shell, { rows, expect_1m: bar }: Candlestick): Promise<Line> {
  await ticks(
    shell,
    'candlestick',
    rows.map(([time, , price]) => [time, price]),
  )
  const window = ['--from', '2023-01-11T11:01Z', '--to', '2023-01-11T11:02Z', '--basis', 'ticks']
  const [ours] = await shell.ask('candles', 'BTC@candlestick', '--every', '1m', ...window)
  const names = ['open', 'high', 'low', 'close'] as const
  const values = names.map((name) => (ours === undefined ? null : Number(ours[name])))
  return compared(
    'arxdb candles from ticks',
    SOURCE,
    values,
    names.map((name) => bar[name]),
  )
}
