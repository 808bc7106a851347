// How closely returns go together: each pair of coins on each exchange, or one coin on two exchanges.
import type { Ask, Engine, Statements } from '../engines/engine.ts'
import { ArxError, usageError } from '../errors.ts'
import { basisName, settleBasis } from './basis.ts'
import { groupBy, type Market, marketsOf, parseMarketRef, resolveCoin, type Window } from './market.ts'
import { type Column, echoes, type Note, type Result, WINDOW_COLUMNS, warn } from './result.ts'
import { correlationInterval, correlationP } from './student.ts'
import { type WholeBars, type WholeBarsQuery, wholeBars, widthOf } from './whole-bars.ts'

export interface CorrelationQuery extends WholeBarsQuery {
  /** At least two; all pairs of them. */
  readonly coins: readonly string[]
  readonly exchange?: string | undefined
  /** A currency, or `any` for every one that both have. */
  readonly quote?: string | undefined
  /** Share of samples whose interval holds the true value, default 0.95. */
  readonly confidence?: number | undefined
  /** Fewer returns in common give no figure, default 30. */
  readonly minPairs?: number | undefined
}

export interface CorrelationRow {
  /** The coin; with its exchange or quote where the two differ in it. */
  readonly x: string
  readonly y: string
  /** Null where they differ. */
  readonly exchange_id: string | null
  readonly quote: string | null
  /** Null below `minPairs`, and where the returns of one are all the same. */
  readonly correlation: number | null
  readonly ci_low: number | null
  readonly ci_high: number | null
  /** Chance of a correlation as large where there is none, two-sided. */
  readonly p_value: number | null
  /** Return of y that goes with a return of x. */
  readonly beta: number | null
  /** Returns that both have. */
  readonly n: number
  /** Bars that only one of them has. */
  readonly missing: number
  readonly every: string
  readonly basis: string
  readonly from: string
  readonly to: string
  readonly definition: string
}

const DEFINITION = 'correlation-log-returns/1'

const COLUMNS: readonly Column[] = [
  ...echoes(['p_value', 'missing', 'every', 'basis'], {
    x: 'text',
    y: 'text',
    exchange_id: 'text',
    quote: 'text',
    correlation: 'float',
    ci_low: 'float',
    ci_high: 'float',
    p_value: 'float',
    beta: 'float',
    n: 'int',
    missing: 'int',
    every: 'text',
    basis: 'text',
  }),
  ...WINDOW_COLUMNS,
  ...echoes(['definition'], { definition: 'text' }),
]

/** A market under the name it was asked by. */
interface Series {
  readonly coin: string
  readonly market: Market
  readonly namesExchange: boolean
  readonly namesQuote: boolean
}

interface Pair {
  readonly x: Series
  readonly y: Series
}

type Answer = Statements['correlation/pairs']['row']

/**
 * Pearson's correlation of log returns from the bars that both have, with beta of y on x, a p-value by Student's t and an
 * interval by Fisher's z. Never of prices, and nothing is filled forward. A pair is compared on each exchange that has
 * both in one quote: USD, or where there is none the others they share. Only coins that all name their exchange are
 * compared across exchanges, and only those that name their quote across quotes.
 */
export async function correlation(engine: Engine, query: CorrelationQuery): Promise<Result<CorrelationRow>> {
  check(query)
  return engine.question(async (ask) => {
    const bars = await wholeBars(ask, query, 1)
    const series: (readonly Series[])[] = []
    for (const coin of query.coins) series.push(await seriesOf(ask, coin, query, bars))
    const pairs = series.flatMap((own, i) => series.slice(i + 1).flatMap((others) => pairsOf(own, others, query)))
    if (pairs.length === 0 && series.every((own) => own.length > 0)) throw noCommonMarket(query, series)
    const answers = pairs.length ? await measure(ask, pairs, bars) : new Map<string, Answer>()
    const rows = pairs.flatMap((pair) => {
      const answer = answers.get(keyOf(pair))
      return answer ? [rowOf(pair, answer, bars.window, query)] : []
    })
    return {
      columns: COLUMNS,
      rows,
      notes: remarks(rows, series, query, bars.window),
      chart: { kind: 'bars', label: ['x', 'y', 'exchange_id', 'quote'], value: 'correlation' },
    }
  })
}

function check({ coins, confidence = 0.95, minPairs = 30 }: CorrelationQuery): void {
  if (coins.length < 2) throw usageError('a correlation is of two coins at least', 'arxdb correlation BTC ETH')
  if (coins.length > 200) throw usageError(`${coins.length} coins are too many at once`, 'at most 200')
  if (!(confidence > 0 && confidence <= 0.999999))
    throw usageError(`a confidence of ${confidence}`, '--confidence 0.95')
  if (!(Number.isInteger(minPairs) && minPairs >= 4)) throw usageError(`${minPairs} pairs are too few`, 'at least 4')
}

async function seriesOf(ask: Ask, name: string, query: CorrelationQuery, bars: WholeBars): Promise<readonly Series[]> {
  const ref = parseMarketRef(name)
  const found = await marketsOf(ask, { coin: name, exchange: query.exchange, quote: query.quote })
  const coin = await resolveCoin(ask, ref.coin)
  const markets = await settleBasis(ask, found, bars.wish, bars.inside)
  const named = { namesExchange: ref.exchange !== undefined, namesQuote: ref.quote !== undefined }
  return markets.map((market) => ({ coin, market, ...named }))
}

function pairsOf(own: readonly Series[], others: readonly Series[], query: CorrelationQuery): readonly Pair[] {
  const pairs = own
    .flatMap((x) => others.map((y): Pair => ({ x, y })))
    .filter(({ x, y }) => sameExchange({ x, y }) || (x.namesExchange && y.namesExchange))
    .filter(({ x, y }) => sameQuote({ x, y }) || (x.namesQuote && y.namesQuote))
  if (query.quote !== undefined) return pairs
  return [...groupBy(pairs, ({ x, y }) => `${x.market.exchange_id} ${y.market.exchange_id}`).values()].flatMap(
    (there) => {
      const dollars = there.filter((pair) => sameQuote(pair) && pair.x.market.quote === 'USD')
      return dollars.length > 0 ? dollars : there
    },
  )
}

const sameExchange = ({ x, y }: Pair): boolean => x.market.exchange_id === y.market.exchange_id
const sameQuote = ({ x, y }: Pair): boolean => x.market.quote === y.market.quote
const keyOf = ({ x, y }: Pair): string => `${x.market.market_id} ${y.market.market_id}`

/** One statement for all pairs. */
async function measure(ask: Ask, pairs: readonly Pair[], bars: WholeBars): Promise<ReadonlyMap<string, Answer>> {
  const used = pairs.flatMap(({ x, y }) => [x.market, y.market])
  const markets = [...new Map(used.map((market) => [market.market_id, market])).values()]
  const answers = await ask('correlation/pairs', {
    ...(await bars.spans(markets)),
    ...{ ...bars.params, read_from: bars.read_from },
    pairs_x: pairs.map(({ x }) => x.market.market_id),
    pairs_y: pairs.map(({ y }) => y.market.market_id),
  })
  return new Map(answers.map((answer) => [`${answer.x} ${answer.y}`, answer]))
}

function rowOf(pair: Pair, answer: Answer, window: Window, query: CorrelationQuery): CorrelationRow {
  const { n, missing } = answer
  const defined = n >= (query.minPairs ?? 30) && answer.correlation !== null
  // Rounding may take two equal series a digit past 1.
  const r = defined ? Math.max(-1, Math.min(1, answer.correlation!)) : null
  const interval = r === null ? null : correlationInterval(r, n, query.confidence ?? 0.95)
  const { x, y } = pair
  const label = ({ coin, market }: Series): string =>
    coin + (sameQuote(pair) ? '' : `/${market.quote}`) + (sameExchange(pair) ? '' : `@${market.exchange_id}`)
  const names = [...new Set([x, y].map(({ market }) => basisName(market)))]
  return {
    x: label(x),
    y: label(y),
    exchange_id: sameExchange(pair) ? x.market.exchange_id : null,
    quote: sameQuote(pair) ? x.market.quote : null,
    correlation: r,
    ci_low: interval?.[0] ?? null,
    ci_high: interval?.[1] ?? null,
    p_value: r === null ? null : correlationP(r, n),
    beta: defined ? answer.beta : null,
    ...{ n, missing },
    every: widthOf(query).text,
    basis: names.length === 1 ? names[0]! : 'mixed',
    ...window,
    definition: DEFINITION,
  }
}

const noCommonMarket = ({ coins }: CorrelationQuery, series: readonly (readonly Series[])[]): ArxError =>
  new ArxError({
    code: 'no-common-market',
    message: `no exchange has ${coins.join(' and ')} in one quote`,
    detail: series
      .flat()
      .map(({ coin, market }) => `${coin}/${market.quote}@${market.exchange_id}`)
      .join(', '),
    hint: 'name both, to compare them all the same: BTC/USD@kraken BTC/USDT@binance',
  })

function remarks(
  rows: readonly CorrelationRow[],
  series: readonly (readonly Series[])[],
  { coins, minPairs = 30 }: CorrelationQuery,
  { from, to }: Window,
): readonly Note[] {
  const silent = coins.filter((_, i) => series[i]!.length === 0)
  const empty = silent.map((coin) => warn(`no bars of ${coin} between ${from} and ${to}; try: arxdb coverage ${coin}`))
  const named = (row: CorrelationRow): string =>
    [`${row.x} and ${row.y}`, row.exchange_id && `on ${row.exchange_id}`, row.quote && `in ${row.quote}`]
      .filter((word) => word)
      .join(' ')
  const undefinedRows = rows.filter((row) => row.correlation === null)
  const thin = undefinedRows.map((row) =>
    row.n < minPairs
      ? warn(`${named(row)}: only ${row.n} returns in common, fewer than --min-pairs ${minPairs}`)
      : warn(`${named(row)}: the returns of one of them are all the same`),
  )
  const [shown, rest] = [thin.slice(0, 10), thin.length - 10]
  return [...empty, ...shown, ...(rest > 0 ? [warn(`and ${rest} pairs more without a figure`)] : [])]
}
