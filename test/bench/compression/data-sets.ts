// The rows that are compressed: vendors' files where they are there, and invented ones.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { market } from '../../../src/demo/market.ts'
import { canonicalOhlcv } from '../../../src/demo/shapes.ts'
import type { PlanFlags } from '../../../src/ingest/plan/plan.ts'
import type { Facts } from '../../../src/policy/names.ts'
import { coingecko, quotes } from '../../generate/quotes.ts'
import type { DataSetName } from './options.ts'

export interface DataSet {
  readonly name: DataSetName
  readonly about: string
  readonly facts: Extract<Facts, 'candles' | 'prices'>
  /** What the files do not say of themselves. */
  readonly flags: PlanFlags
  readonly whole: readonly string[]
  /** The same without every tenth row, and those rows alone. */
  readonly most: readonly string[]
  readonly late: readonly string[]
}

interface Files extends Pick<DataSet, 'about' | 'facts' | 'flags'> {
  readonly texts: ReadonlyMap<string, string>
}

const FROM = Date.UTC(2025, 0, 1)
const COINS = 40
const TICK_DAYS = 45
const MARKETS = 6
const CANDLE_DAYS = 60

const MAKERS: Readonly<Record<DataSetName, (data: string | undefined) => Files | string>> = {
  bitfinex: (data) =>
    vendors(data, 'bitfinex-1m-big', /^BTCUSD.*\.csv\.gz$/, {
      about: 'BTC/USD of four years',
      flags: { format: 'bitfinex', symbol: 'BTC/USD', timeframe: '1m' },
    }),
  'binance-futures': (data) =>
    vendors(data, 'binance-futures-1m-big', /\.csv\.gz$/, {
      about: 'two coins, two months each',
      flags: { exchange: 'binance-futures' },
    }),
  ticks: () => ({
    ...{ about: `${COINS} coins, ${TICK_DAYS} days, invented`, facts: 'prices', flags: {} },
    texts: new Map(
      Array.from({ length: COINS }, (_, n) => [
        `${symbolOf(n)}-usd-max.csv`,
        coingecko(quotes({ seed: n + 1, from: FROM, days: TICK_DAYS })),
      ]),
    ),
  }),
  candles: () => ({
    ...{ about: `${MARKETS} markets, ${CANDLE_DAYS} days, invented`, facts: 'candles', flags: {} },
    texts: new Map([
      [
        'ohlcv.csv',
        canonicalOhlcv(
          Array.from({ length: MARKETS }, (_, n) => ({
            name: { coin: `bench-${n}`, symbol: `BENCH${n}`, exchange: 'bench', quote: 'USD' },
            bars: market({ seed: n, from: FROM, minutes: CANDLE_DAYS * 1440, start: 9_300 * 4 ** n, quiet: n * 0.05 }),
          })),
        ),
      ],
    ]),
  }),
}

/** Three letters that are no coin's. */
const symbolOf = (n: number): string =>
  `q${String.fromCharCode(97 + Math.floor(n / 26))}${String.fromCharCode(97 + (n % 26))}`

function vendors(
  data: string | undefined,
  folder: string,
  wanted: RegExp,
  rest: Pick<Files, 'about' | 'flags'>,
): Files | string {
  if (data === undefined) return 'no --data'
  const path = join(data, folder)
  if (!existsSync(path)) return `${path} is not there`
  const texts = readdirSync(path)
    .filter((name) => wanted.test(name))
    .map((name) => [name.replace(/\.gz$/, ''), gunzipSync(readFileSync(join(path, name))).toString('utf8')] as const)
  return { ...rest, facts: 'candles', texts: new Map(texts) }
}

/** Writes the files below `folder`, or says why there are none. */
export function makeDataSet(name: DataSetName, data: string | undefined, folder: string): DataSet | string {
  const made = MAKERS[name](data)
  if (typeof made === 'string') return made
  const { texts, ...rest } = made
  const write = (part: string, cut: (text: string) => string): string[] => {
    mkdirSync(join(folder, name, part), { recursive: true })
    return [...texts].map(([file, text]) => {
      const path = join(folder, name, part, basename(file))
      writeFileSync(path, cut(text))
      return path
    })
  }
  return {
    ...{ name, ...rest },
    whole: write('whole', (text) => text),
    most: write('most', (text) => rows(text, (n) => n % 10 !== 9)),
    late: write('late', (text) => rows(text, (n) => n % 10 === 9)),
  }
}

/** The header, where there is one, and of the rows those that are wanted by number. */
function rows(text: string, wanted: (n: number) => boolean): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const header = /^\d/.test(lines[0]!) ? 0 : 1
  return `${lines.filter((_, i) => i < header || wanted(i - header)).join('\n')}\n`
}
