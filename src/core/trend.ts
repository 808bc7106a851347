// Whether a price rises or falls: a line through the logarithms of the closes, and where the moving averages stand.
import type { Ask, Engine, Statements } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { basisName } from './basis.ts'
import { emaConstant, forgets } from './indicators/warm-up.ts'
import { type Market, type MarketFilter, marketsOf } from './market.ts'
import { type Column, echoes, info, type Result, WINDOW_COLUMNS } from './result.ts'
import { fewSteps, marketsWithin, noBars, type WholeBars, type WholeBarsQuery, wholeBars } from './whole-bars.ts'

export interface TrendQuery extends MarketFilter, WholeBarsQuery {
  /** Bars of the fast mean, default 20. */
  readonly fast?: number | undefined
  /** Bars of the slow mean, default 50. */
  readonly slow?: number | undefined
  /** |t| from which a slope is no accident, default 2. */
  readonly t?: number | undefined
}

export type Side = 'above' | 'below'

export interface TrendRow {
  readonly exchange_id: string
  readonly quote: string
  /** By the t statistic of the slope; null from fewer than three bars. */
  readonly class: 'up' | 'down' | 'flat' | null
  /** Of ln(close), per day. */
  readonly slope: number | null
  /** exp(365 slope) - 1. */
  readonly annualised: number | null
  /** slope / standard error; null for a perfect line, where it is infinite. */
  readonly t: number | null
  /** Null where the price never moves. */
  readonly r2: number | null
  /** Bars the line goes through. */
  readonly n: number
  readonly sma_fast: number | null
  readonly sma_slow: number | null
  /** Where the fast mean stands to the slow one; null when too short, or equal. */
  readonly sma_cross: Side | null
  /** Start of the bar in which they crossed last, inside the window. */
  readonly cross_at: string | null
  readonly ema_fast: number | null
  readonly ema_slow: number | null
  readonly ema_cross: Side | null
  /** The history is too short for an EMA to have forgotten its seed. */
  readonly unstable: boolean
  readonly coverage: number
  readonly missing_bars: number
  /** Seconds from the last price used to the end of the window. */
  readonly source_age: number
  readonly basis: string
  readonly from: string
  readonly to: string
  readonly definition: string
}

/** One bar of `trendBars`. */
export interface TrendBarRow {
  readonly exchange_id: string
  readonly quote: string
  readonly timestamp: string
  readonly close: string
  readonly sma_fast: number | null
  readonly sma_slow: number | null
  readonly ema_fast: number | null
  readonly ema_slow: number | null
  readonly basis: string
  readonly definition: string
}

const DEFINITION = 'trend-ols-log/1'
const MEANS_DEFINITION = 'trend-means/1'

const ECHOED = ['ema_fast', 'ema_slow', 'sma_fast', 'sma_slow', 'coverage', 'source_age', 'cross_at', 'slope']

const COLUMNS: readonly Column[] = [
  ...echoes(ECHOED, {
    exchange_id: 'text',
    quote: 'text',
    class: 'text',
    slope: 'float',
    annualised: 'float',
    t: 'float',
    r2: 'float',
    n: 'int',
    sma_fast: 'float',
    sma_slow: 'float',
    sma_cross: 'text',
    cross_at: 'time',
    ema_fast: 'float',
    ema_slow: 'float',
    ema_cross: 'text',
    unstable: 'bool',
    coverage: 'ratio',
    missing_bars: 'int',
    source_age: 'duration',
    basis: 'text',
  }),
  ...WINDOW_COLUMNS,
  ...echoes(['definition'], { definition: 'text' }),
]

const BAR_COLUMNS = echoes(['definition'], {
  exchange_id: 'text',
  quote: 'text',
  timestamp: 'time',
  close: 'decimal',
  sma_fast: 'float',
  sma_slow: 'float',
  ema_fast: 'float',
  ema_slow: 'float',
  basis: 'text',
  definition: 'text',
})

type Answer = Statements['trend/window']['row']

/**
 * Least squares of ln(close) on days over the whole bars of the window, and the crossing of two simple and of two
 * exponential means, per exchange and quote. `up` and `down` need |t| >= `t`; prices are autocorrelated, so t says more
 * than it knows. Means go over the bars that are there; those before the window count.
 */
export function trend(engine: Engine, query: TrendQuery): Promise<Result<TrendRow>> {
  return engine.question(async (ask) => {
    const { bars, markets, notes, answers, slow } = await read(ask, query, false)
    const made = answers.map((answer) => rowOf(answer, marketOf(markets, answer), bars, query))
    const rows = (await Promise.all(made)).sort(byMarket)
    const said = rows.some((row) => row.t !== null)
      ? [info('prices are autocorrelated: t is larger than the evidence for a trend')]
      : []
    const short = rows.filter((row) => row.unstable).map((row) => `${row.exchange_id} ${row.quote}`)
    const unsettled = short.length
      ? [info(`${short.join(', ')}: under ${slow + settling(slow)} bars of history, so the EMAs are unstable`)]
      : []
    const thin = rows.length ? fewSteps(rows, 'bar') : [noBars(query.coin, bars.window)]
    return {
      columns: COLUMNS,
      rows,
      notes: [...notes(rows), ...thin, ...said, ...unsettled],
      chart: { kind: 'bars', label: ['exchange_id', 'quote'], value: 'annualised' },
    }
  })
}

/** The closes and their means bar by bar: what the crossings of `trend` are read from, and its drawing. */
export function trendBars(engine: Engine, query: TrendQuery): Promise<Result<TrendBarRow>> {
  return engine.question(async (ask) => {
    const { bars, markets, notes, answers, fast, slow } = await read(ask, query, true)
    const series = markets.map(async (market): Promise<readonly TrendBarRow[]> => {
      const own = answers.filter((answer) => answer.market_id === market.market_id)
      const lines = await emas(own.at(-1)?.closes ?? [], [fast, slow])
      const [quick, late] = lines.map((values) => values.slice(-own.length))
      return own.map(({ timestamp, close, sma_fast, sma_slow }, i) => ({
        exchange_id: market.exchange_id,
        quote: market.quote,
        ...{ timestamp, close, sma_fast, sma_slow },
        ema_fast: quick![i] ?? null,
        ema_slow: late![i] ?? null,
        basis: basisName(market),
        definition: MEANS_DEFINITION,
      }))
    })
    const rows = (await Promise.all(series)).flat()
    const panes = [{ kind: 'lines', columns: ['close', 'sma_fast', 'sma_slow'] }] as const
    return {
      columns: BAR_COLUMNS,
      rows: rows.sort(byMarket),
      notes: [...notes(rows), ...(rows.length ? [] : [noBars(query.coin, bars.window)])],
      chart: { kind: 'series', x: 'timestamp', by: ['exchange_id', 'quote'], panes },
    }
  })
}

/** Bars after its seed until an EMA has forgotten it. */
const settling = (n: number): number => forgets(emaConstant(n))

/** The filter's package is loaded when a trend is asked for. */
const emas = async (closes: readonly number[], periods: readonly number[]) => {
  const { ema } = await import('./indicators/ema.ts')
  return periods.map((period) => ema(closes, { period }))
}

/** As many bars before the window as make the choice of an EMA's seed invisible. */
const WARM_UP = 300
/** More bars than a window can hold: all of them. */
const ALL = 2_147_483_647

async function read(ask: Ask, query: TrendQuery, each: boolean) {
  const { fast = 20, slow = 50, t = 2 } = query
  for (const n of [fast, slow]) {
    if (!(Number.isInteger(n) && n >= 1 && n <= 10_000)) throw usageError(`a mean of ${n} bars`, 'between 1 and 10,000')
  }
  if (fast >= slow) throw usageError(`the fast mean (${fast}) is not shorter than the slow one (${slow})`)
  if (!(t > 0 && Number.isFinite(t))) throw usageError(`${t} is no threshold of |t|`, '--t 2')
  const before = Math.max(WARM_UP, slow + settling(slow))
  const bars = await wholeBars(ask, query, before)
  const { markets, notes } = await marketsWithin(ask, await marketsOf(ask, query), query, bars)
  const answers = markets.length
    ? await ask('trend/window', {
        ...(await bars.spans(markets)),
        ...{ ...bars.params, to: bars.window.to },
        markets: markets.map((m) => m.market_id),
        ...{ fast, slow, each, keep: each ? ALL : before },
      })
    : []
  return { bars, markets, notes, answers, fast, slow }
}

const marketOf = (markets: readonly Market[], { market_id }: Answer): Market =>
  markets.find((market) => market.market_id === market_id)!

const sideOf = (difference: number): Side | null => (difference > 0 ? 'above' : difference < 0 ? 'below' : null)

async function rowOf(answer: Answer, market: Market, bars: WholeBars, query: TrendQuery): Promise<TrendRow> {
  const { fast = 20, slow = 50 } = query
  const { n, closes, side, cross_at, source_age } = answer
  const [ema_fast, ema_slow] = (await emas(closes, [fast, slow])).map((values) => values.at(-1) ?? null)
  return {
    exchange_id: market.exchange_id,
    quote: market.quote,
    ...lineOf(answer, query.t ?? 2),
    n,
    sma_fast: answer.sma_fast,
    sma_slow: answer.sma_slow,
    sma_cross: sideOf(side),
    cross_at,
    ema_fast: ema_fast!,
    ema_slow: ema_slow!,
    ema_cross: ema_fast == null || ema_slow == null ? null : sideOf(ema_fast - ema_slow),
    unstable: answer.n_read < slow + settling(slow),
    coverage: n / bars.expected,
    missing_bars: bars.expected - n,
    source_age,
    basis: basisName(market),
    ...bars.window,
    definition: DEFINITION,
  }
}

/** From slope and correlation. A price that never moves has no correlation, and two points have no error. */
function lineOf(
  { slope, r, n }: Answer,
  threshold: number,
): Pick<TrendRow, 'class' | 'slope' | 'annualised' | 't' | 'r2'> {
  if (slope === null || n < 3) return { class: null, slope: null, annualised: null, t: null, r2: null }
  const annualised = finite(Math.expm1(365 * slope))
  if (r === null) return { class: 'flat', slope, annualised, t: null, r2: null }
  // Rounding may take a perfect line a digit past 1.
  const fit = Math.max(-1, Math.min(1, r))
  const t = fit * Math.sqrt((n - 2) / ((1 - fit) * (1 + fit)))
  const certain = Math.abs(t) >= threshold
  return { class: !certain ? 'flat' : t > 0 ? 'up' : 'down', slope, annualised, t: finite(t), r2: fit * fit }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

const rank = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byMarket = <Row extends { readonly exchange_id: string; readonly quote: string }>(a: Row, b: Row): number =>
  rank(a.exchange_id, b.exchange_id) || rank(a.quote, b.quote)
