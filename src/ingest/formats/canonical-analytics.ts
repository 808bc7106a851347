import type { Format } from './format.ts'
import { OBSERVED_WORDS } from './header-words.ts'

/** The columns of the view crypto_market_analytics; at least the time and one metric. */
export const canonicalAnalytics: Format = {
  name: 'canonical-analytics',
  title: 'the columns of crypto_market_analytics',
  table: 'analytics',
  general: true,
  needs: ['timestamp', 'total_market_cap|total_volume|btc_dominance|eth_dominance|active_cryptocurrencies|markets'],
  // Prices have a total_volume too.
  lacks: ['price', 'symbol'],
  columns: {
    price: ['price', 'usd_price', 'open', 'close', 'price_usd'],
    symbol: ['symbol', 'coin_id', 'pair'],
    exchange_id: ['exchange_id'],
    timestamp: ['timestamp'],
    total_market_cap: ['total_market_cap'],
    total_volume: ['total_volume'],
    btc_dominance: ['btc_dominance'],
    eth_dominance: ['eth_dominance'],
    active_cryptocurrencies: ['active_cryptocurrencies'],
    markets: ['markets'],
    market_cap_change_24h: ['market_cap_change_24h'],
    observed_at: OBSERVED_WORDS,
    source: ['source'],
    attribution: ['attribution'],
  },
  exchange: 'global',
}
