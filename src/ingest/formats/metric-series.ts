import type { Format } from './format.ts'

const METRICS = [
  ...['total_market_cap', 'total_volume', 'btc_dominance', 'eth_dominance', 'active_cryptocurrencies', 'markets'],
  'market_cap_change_24h',
]

/** One metric a file, named only by the file. */
export const metricSeries: Format = {
  name: 'metric-series',
  title: 'one metric a file: as_of, value',
  table: 'analytics',
  needs: ['timestamp', 'value'],
  columns: { timestamp: ['as_of', 'date', 'timestamp', 'time'], value: ['value'] },
  metrics: METRICS,
  metricNames: {
    ...Object.fromEntries(METRICS.map((name) => [name, name])),
    crypto_market_cap: 'total_market_cap',
    crypto_volume: 'total_volume',
    active_cryptoassets: 'active_cryptocurrencies',
    crypto_markets: 'markets',
  },
  exchange: 'global',
}

/** Any chart of Etherscan: prices and counts come with the same header. */
export const etherscanChart: Format = {
  name: 'etherscan-chart',
  title: 'Etherscan chart; needs --metric price',
  table: 'prices',
  needs: ['timestamp', 'epoch', 'value'],
  columns: { timestamp: ['unixtimestamp', 'date(utc)'], epoch: ['unixtimestamp'], value: ['value'] },
  metrics: ['price'],
  exchange: 'etherscan',
  quote: 'USD',
  timeframe: 'tick',
  timePatterns: ['%m/%d/%Y', '%m/%d/%y'],
}
