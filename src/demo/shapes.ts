// Bars and ticks in the shapes that vendors deliver them in.
import type { Bar } from './market.ts'

/** Cents as decimal text. */
export const money = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`

/** Units of 1e-8 as decimal text. */
export const amount = (units: number): string => `${Math.floor(units / 1e8)}.${String(units % 1e8).padStart(8, '0')}`

const lines = (rows: readonly string[], newline = '\n'): string => rows.map((row) => row + newline).join('')

const OHLCV_HEADER =
  'coin_id,symbol,exchange_id,timestamp,open_price,high_price,low_price,close_price,volume,timeframe,source,attribution,quote'
const PRICES_HEADER =
  'coin_id,symbol,exchange_id,usd_price,btc_price,eth_price,market_cap,volume_24h,change_24h,change_7d,last_updated,source,attribution'

export interface Named {
  readonly coin: string
  readonly symbol: string
  readonly exchange: string
  readonly quote: string
}

/** arxdb's own candle header: every row says which market it is of. */
export const canonicalOhlcv = (markets: readonly { readonly name: Named; readonly bars: readonly Bar[] }[]): string =>
  lines([
    OHLCV_HEADER,
    ...markets.flatMap(({ name: { coin, symbol, exchange, quote }, bars }) =>
      bars.map(({ at, open, high, low, close, volume }) =>
        [
          coin,
          symbol,
          exchange,
          new Date(at).toISOString(),
          ...[open, high, low, close].map(money),
          amount(volume),
          '1m',
          'arxdb demo',
          'made by arxdb demo',
          quote,
        ].join(','),
      ),
    ),
  ])

/** arxdb's own price header: each bar's close as a tick some seconds into its minute. */
export const canonicalPrices = (markets: readonly { readonly name: Named; readonly bars: readonly Bar[] }[]): string =>
  lines([
    PRICES_HEADER,
    ...markets.flatMap(({ name: { coin, symbol, exchange }, bars }) =>
      bars.map(({ at, close, trades }) =>
        [
          coin,
          symbol,
          exchange,
          money(close),
          '',
          '',
          '',
          '',
          '',
          '',
          new Date(at + trades * 1000).toISOString(),
          'arxdb demo',
          'made by arxdb demo',
        ].join(','),
      ),
    ),
  ])

/** Twelve columns without a header: milliseconds before 2025, microseconds from then on. */
export const binanceSpot = (bars: readonly Bar[]): string =>
  lines(
    bars.map(({ at, open, high, low, close, volume, trades }) => {
      const unit = at < Date.UTC(2025, 0) ? '' : '000'
      const quoteVolume = money(Math.round((volume / 1e8) * close))
      const closes = at + 59_999
      return [
        `${at}${unit}`,
        ...[open, high, low, close].map(money),
        amount(volume),
        `${closes}${unit && '999'}`,
        quoteVolume,
        trades,
        amount(Math.floor(volume / 2)),
        quoteVolume,
        0,
      ].join(',')
    }),
  )

/** The futures archive: the same columns with a header, always milliseconds. */
export const binanceFutures = (bars: readonly Bar[]): string =>
  lines([
    'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
    ...bars.map(({ at, open, high, low, close, volume, trades }) =>
      [
        at,
        ...[open, high, low, close].map(money),
        amount(volume),
        at + 59_999,
        money(Math.round((volume / 1e8) * close)),
        trades,
        amount(Math.floor(volume / 2)),
        '0',
        0,
      ].join(','),
    ),
  ])

/** Six columns without a header in the order open, CLOSE, HIGH, LOW, with CRLF. */
export const bitfinex = (bars: readonly Bar[]): string =>
  lines(
    bars.map(({ at, open, high, low, close, volume }) =>
      [at, money(open), money(close), money(high), money(low), amount(volume)].join(','),
    ),
    '\r\n',
  )
