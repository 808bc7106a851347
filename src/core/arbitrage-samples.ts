// Which venues are compared, and at which moments.
import type { Ask } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import type { ArbitrageQuery } from './arbitrage.ts'
import { basisName } from './basis.ts'
import { formatInstant, microsOf } from './instant.ts'
import { parseMarketRef, resolveCoin, untilNow } from './market.ts'

export interface VenueMarket {
  readonly market_id: number
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
  readonly timeframe: string
  /** Width of a candle, null for ticks. */
  readonly seconds: number | null
  /** `ticks`, `candles:1m`. */
  readonly basis: string
}

export interface Venues {
  readonly markets: readonly VenueMarket[]
  /** The one that has to be a side. */
  readonly exchange: string | undefined
  readonly quotesDiffer: boolean
}

/** The venues' markets of the coins asked for that have another one beside them. */
export async function venuesOf(ask: Ask, { coins, exchange, quote }: ArbitrageQuery): Promise<Venues> {
  const refs = coins.map(parseMarketRef)
  const quotesDiffer = quote?.toUpperCase() === 'ANY'
  const exchanges = new Set(exchange === undefined ? refs.map((ref) => ref.exchange) : [exchange.toLowerCase()])
  if (exchanges.size > 1) throw usageError('the coins name different exchanges', 'ask for them one by one')
  const markets = new Map<number, VenueMarket>()
  for (const ref of refs.length > 0 ? refs : [undefined]) {
    const found = await ask('arbitrage/markets', {
      coins: ref ? [await resolveCoin(ask, ref.coin)] : null,
      quote: quotesDiffer ? null : (quote?.toUpperCase() ?? ref?.quote ?? null),
      cross_quotes: quotesDiffer,
    })
    for (const market of found) markets.set(market.market_id, { ...market, basis: basisName(market) })
  }
  return { markets: [...markets.values()], exchange: [...exchanges][0], quotesDiffer }
}

const DEFAULT_SAMPLES = 10
/** More would be no answer: a year of minutes is half of it. */
const MOST_SAMPLES = 1_000_000

/** The grid: samples up to one moment of which the last is shown, or from the start of a window to before its end. */
export function samplesOf(query: ArbitrageQuery, markets: readonly VenueMarket[]) {
  const { every } = query
  if (every && every.months > 0) throw usageError('samples need a fixed distance', '--every 1m')
  const finest = Math.min(...markets.map((m) => m.seconds ?? 60))
  const step = BigInt(every?.seconds ?? finest) * 1_000_000n
  const width = `${step} microseconds`
  if (query.at !== undefined) {
    const samples = Math.max(1, query.samples ?? DEFAULT_SAMPLES)
    const from = formatInstant(microsOf(query.at) - BigInt(samples - 1) * step)
    return { from, samples, every: width, first_shown: samples - 1 }
  }
  const { from, to } = untilNow({ from: query.from!, to: query.to! }, query.now)
  const samples = Number((microsOf(to) - microsOf(from) + step - 1n) / step)
  if (samples > MOST_SAMPLES) {
    throw usageError(`${samples.toLocaleString('en-US')} samples are too many`, 'a wider --every, or a shorter window')
  }
  return { from, samples, every: width, first_shown: 0 }
}
