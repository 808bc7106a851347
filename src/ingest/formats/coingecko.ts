import type { Format } from './format.ts'

/** The chart's download, and the same with other headers. Before a coin was followed closely its market cap is 0. */
export const coingecko: Format = {
  name: 'coingecko',
  title: 'CoinGecko daily chart',
  table: 'prices',
  needs: ['timestamp', 'price', 'market_cap', 'volume_24h'],
  columns: {
    timestamp: ['snapped_at', 'event_date'],
    price: ['price', 'close_price_usd'],
    market_cap: ['market_cap', 'market_cap_usd'],
    volume_24h: ['total_volume', 'volume_usd'],
  },
  zeroIsNull: ['market_cap', 'volume_24h'],
  exchange: 'coingecko',
  quote: 'USD',
  timeframe: 'tick',
  source: 'coingecko',
  attribution: 'CoinGecko',
}
