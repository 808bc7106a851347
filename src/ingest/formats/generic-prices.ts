import type { Format } from './format.ts'
import { OBSERVED_WORDS, PAIR_WORDS, TIME_WORDS } from './header-words.ts'

/** Any file whose header names a time and a price. */
export const genericPrices: Format = {
  name: 'prices',
  title: 'prices by header name, any order',
  table: 'prices',
  general: true,
  needs: ['timestamp', 'price', 'coin_id|symbol|pair'],
  columns: {
    coin_id: ['coin_id', 'slug'],
    pair: PAIR_WORDS,
    exchange_id: ['exchange_id', 'exchange'],
    quote: ['quote', 'quote_currency'],
    timestamp: ['last_updated', ...TIME_WORDS],
    price: ['usd_price', 'price', 'price_{quote}', '{quote}_price', 'last_price', 'last', 'close_price', 'rate'],
    btc_price: ['btc_price', 'price_btc'],
    eth_price: ['eth_price', 'price_eth'],
    market_cap: ['market_cap', 'market_cap_usd', 'marketcap'],
    volume_24h: ['volume_24h', '24h_volume', '24h_volume_usd', 'total_volume', 'volume_usd'],
    change_24h: ['change_24h', 'percent_change_24h'],
    change_7d: ['change_7d', 'percent_change_7d'],
    observed_at: OBSERVED_WORDS,
  },
  timeframe: 'tick',
}
