import type { Format } from './format.ts'
import { OBSERVED_WORDS } from './header-words.ts'

/** The columns of the view crypto_prices, in any order; a subset will do. */
export const canonicalPrices: Format = {
  name: 'canonical-prices',
  title: 'the columns of crypto_prices',
  table: 'prices',
  needs: ['coin_id|symbol', 'exchange_id', 'price', 'timestamp'],
  columns: {
    coin_id: ['coin_id'],
    symbol: ['symbol'],
    exchange_id: ['exchange_id'],
    quote: ['quote'],
    timestamp: ['last_updated'],
    price: ['usd_price'],
    btc_price: ['btc_price'],
    eth_price: ['eth_price'],
    market_cap: ['market_cap'],
    volume_24h: ['volume_24h'],
    change_24h: ['change_24h'],
    change_7d: ['change_7d'],
    observed_at: OBSERVED_WORDS,
    source: ['source'],
    attribution: ['attribution'],
  },
  quote: 'USD',
  timeframe: 'tick',
}
