// Volatility of a market's bars, annualised, by six estimators.
import type { Engine } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { basisName } from './basis.ts'
import type { Every } from './interval.ts'
import { groupBy, type MarketFilter, marketsOf } from './market.ts'
import { type Column, type ColumnKind, echoes, info, type Note, type Result, WINDOW_COLUMNS, warn } from './result.ts'
import { fewSteps, marketsWithin, noBars, type WholeBarsQuery, wholeBars, widthOf } from './whole-bars.ts'

export const ESTIMATORS = ['close', 'parkinson', 'garman-klass', 'rogers-satchell', 'gk-yz', 'yang-zhang'] as const
export type Estimator = (typeof ESTIMATORS)[number]

export interface VolatilityQuery extends MarketFilter, WholeBarsQuery {
  /** Default `close`. */
  readonly estimator?: Estimator | 'all' | undefined
  /** Close: the mean return counts as zero, so the sum of squares is divided by n. */
  readonly mean0?: boolean | undefined
  /** One row a bar, each from so many bars up to it; without it, one row of the whole window. At least 2. */
  readonly rolling?: number | undefined
  /** Days of a year: 365, since these markets never close. */
  readonly annualDays?: number | undefined
}

export interface VolatilityRow {
  readonly exchange_id: string
  readonly quote: string
  /** Start of the bar that a rolling figure ends with; else of the window. */
  readonly timestamp: string
  readonly estimator: string
  /** Standard deviation a year, as a fraction: 0.62. Null from fewer than two steps, or a rolling frame with a hole. */
  readonly volatility: number | null
  /** The same of one bar. */
  readonly per_bar: number | null
  /** Returns used; bars, where an estimator needs no return. */
  readonly n: number
  readonly n_bars: number
  /** Bars that nothing is stored of. */
  readonly missing_bars: number
  /** Bars a year: volatility = per_bar x sqrt(annualisation). */
  readonly annualisation: number
  /** Share of the bars that are there. */
  readonly coverage: number
  /** Seconds from the last price used to the end of the window. */
  readonly source_age: number
  readonly basis: string
  readonly from: string
  readonly to: string
  readonly definition: string
}

/**
 * Volatility per exchange and quote, by the definitions of Parkinson 1980, Garman and Klass 1980, Rogers and Satchell
 * 1991, Yang and Zhang 2000 and the sample deviation of log returns. Only whole bars count, and only returns between
 * neighbours. There is no combined row: venues follow the same price, so a mean of theirs is neither a venue's nor the
 * coin's.
 */
export async function volatility(engine: Engine, query: VolatilityQuery): Promise<Result<VolatilityRow>> {
  const { rolling, mean0 = false } = query
  const estimators = chosen(query)
  return engine.question(async (ask) => {
    const bars = await wholeBars(ask, query, rolling ?? 1)
    const { markets, notes } = await marketsWithin(ask, await marketsOf(ask, query), query, bars)
    const answers = markets.length
      ? await ask('volatility/window', {
          ...(await bars.spans(markets)),
          ...{ ...bars.params, read_from: bars.read_from, to: bars.window.to },
          markets: markets.map((m) => m.market_id),
          ...{ estimators, rolling: rolling ?? null, mean0 },
        })
      : []
    const annualisation = barsAYear(query)
    const expected = rolling ?? bars.expected
    const rows = answers.map(({ market_id, ...answer }): VolatilityRow => {
      const market = markets.find((m) => m.market_id === market_id)!
      return {
        exchange_id: market.exchange_id,
        quote: market.quote,
        ...answer,
        timestamp: rolling === undefined ? bars.window.from : answer.timestamp,
        volatility: answer.per_bar === null ? null : answer.per_bar * Math.sqrt(annualisation),
        annualisation,
        missing_bars: expected - answer.n_bars,
        coverage: answer.n_bars / expected,
        basis: basisName(market),
        ...bars.window,
        definition: `volatility-${answer.estimator}${mean0 && answer.estimator === 'close' ? '-mean0' : ''}/1`,
      }
    })
    return {
      columns: columnsOf(rolling !== undefined),
      rows: byMarket(rows, estimators),
      notes: [...notes(rows), ...remarks(rows, query)],
      chart: chartOf(rolling !== undefined),
    }
  })
}

function chosen({ estimator = 'close', mean0, rolling, annualDays }: VolatilityQuery): readonly Estimator[] {
  const list = estimator === 'all' ? ESTIMATORS : ESTIMATORS.filter((name) => name === estimator)
  if (list.length === 0) throw usageError(`no estimator "${estimator}"`, `${ESTIMATORS.join(', ')} or all`)
  if (mean0 && !list.includes('close')) {
    throw usageError(`${estimator} has no mean to leave out`, '--mean0 goes with --estimator close')
  }
  if (rolling !== undefined && !(Number.isInteger(rolling) && rolling >= 2 && rolling <= 100_000)) {
    throw usageError(`--rolling ${rolling}: a deviation takes two bars at least, and 100,000 at most`, '--rolling 30')
  }
  if (annualDays !== undefined && !(annualDays > 0 && annualDays <= 366)) {
    throw usageError(`a year of ${annualDays} days`, '365, or 252 to compare with stocks')
  }
  return list
}

const DAY = 86_400

/** Bars of that width in a year; a local day or week counts as one though clocks change, a month is a twelfth. */
function barsAYear({ annualDays = 365, ...query }: VolatilityQuery): number {
  const every: Every = widthOf(query)
  return every.months > 0 ? 12 / every.months : (annualDays * DAY) / every.seconds
}

function columnsOf(rolling: boolean): readonly Column[] {
  const kinds: Readonly<Record<string, ColumnKind>> = {
    exchange_id: 'text',
    quote: 'text',
    ...(rolling && { timestamp: 'time' }),
    estimator: 'text',
    volatility: 'float',
    per_bar: 'float',
    n: 'int',
    n_bars: 'int',
    missing_bars: 'int',
    annualisation: 'float',
    coverage: 'ratio',
    ...(!rolling && { source_age: 'duration' }),
    basis: 'text',
  }
  const echoed = ['per_bar', 'n_bars', 'annualisation', 'source_age']
  return [
    ...echoes(echoed, kinds),
    ...(rolling ? [] : WINDOW_COLUMNS),
    ...echoes(['definition'], { definition: 'text' }),
  ]
}

const chartOf = (rolling: boolean): Result['chart'] =>
  rolling
    ? {
        kind: 'series',
        x: 'timestamp',
        by: ['exchange_id', 'quote', 'estimator'],
        panes: [{ kind: 'lines', columns: ['volatility'] }],
      }
    : { kind: 'bars', label: ['exchange_id', 'quote', 'estimator'], value: 'volatility' }

const rank = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byMarket = (rows: readonly VolatilityRow[], order: readonly string[]): readonly VolatilityRow[] =>
  [...rows].sort(
    (a, b) =>
      rank(a.exchange_id, b.exchange_id) ||
      rank(a.quote, b.quote) ||
      order.indexOf(a.estimator) - order.indexOf(b.estimator) ||
      rank(a.timestamp, b.timestamp),
  )

const NO_NIGHT =
  'these markets never close: the overnight term of yang-zhang is the step from one bar to the next, near zero where bars hold many prices, and the figure then rogers-satchell plus a little'

function remarks(rows: readonly VolatilityRow[], query: VolatilityQuery): readonly Note[] {
  if (rows.length === 0) return [noBars(query.coin, query)]
  const markets = [...groupBy(rows, (row) => `${row.exchange_id} ${row.quote}`)]
  const said = rows.some((row) => row.estimator === 'yang-zhang') ? [info(NO_NIGHT)] : []
  if (query.rolling === undefined) {
    const least = markets.map(([, own]) => own.reduce((a, b) => (b.n < a.n ? b : a)))
    return [...fewSteps(least, least.some(onReturns) ? 'return' : 'bar'), ...said]
  }
  const empty = markets.filter(([, own]) => own.every((row) => row.volatility === null))
  return [...empty.map(([name]) => warn(`${name}: no ${query.rolling} bars in a row are all there`)), ...said]
}

const onReturns = ({ estimator }: VolatilityRow): boolean => ['close', 'gk-yz', 'yang-zhang'].includes(estimator)
