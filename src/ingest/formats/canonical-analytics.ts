import type { Format } from './format.ts'

/** The columns of the view crypto_market_analytics; at least the time and one metric. */
export const canonicalAnalytics: Format = {
  name: 'canonical-analytics',
  table: 'analytics',
  needs: ['timestamp', 'total_market_cap|total_volume|btc_dominance|eth_dominance|active_cryptocurrencies|markets'],
  columns: {
    exchange_id: ['exchange_id'],
    timestamp: ['timestamp'],
    total_market_cap: ['total_market_cap'],
    total_volume: ['total_volume'],
    btc_dominance: ['btc_dominance'],
    eth_dominance: ['eth_dominance'],
    active_cryptocurrencies: ['active_cryptocurrencies'],
    markets: ['markets'],
    market_cap_change_24h: ['market_cap_change_24h'],
    source: ['source'],
    attribution: ['attribution'],
  },
  exchange: 'global',
}
