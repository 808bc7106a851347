import type { Format } from './format.ts'

const CHANGE_WORDS = {
  change_24h: ['percent_change_24h', '24h_%', '24h%'],
  change_7d: ['percent_change_7d', '7d%', '7d_%'],
}

/** Dumps of the first version of the ticker API. Symbols are shared by several coins, ids are not. */
export const cmcTicker: Format = {
  name: 'coinmarketcap-ticker',
  title: 'CoinMarketCap ticker API v1',
  table: 'prices',
  needs: ['coin_id', 'symbol', 'price', 'timestamp', 'volume_24h'],
  columns: {
    coin_id: ['id'],
    symbol: ['symbol'],
    timestamp: ['last_updated'],
    price: ['price_usd'],
    btc_price: ['price_btc'],
    market_cap: ['market_cap_usd'],
    volume_24h: ['24h_volume_usd'],
    ...CHANGE_WORDS,
  },
  zeroIsNull: ['market_cap'],
  exchange: 'coinmarketcap',
  quote: 'USD',
  timeframe: 'tick',
  source: 'coinmarketcap',
  attribution: 'CoinMarketCap',
}

/** The table of the front page. It has no time, and the coin's id only in the link. */
export const cmcScrape: Format = {
  name: 'coinmarketcap-page',
  title: 'CoinMarketCap front page, scraped; needs --timestamp',
  table: 'prices',
  needs: ['coin_id', 'symbol', 'price', 'change_24h', 'market_cap'],
  columns: {
    coin_id: ['url'],
    symbol: ['name'],
    price: ['price'],
    market_cap: ['market_cap'],
    volume_24h: ['volume(24h)'],
    ...CHANGE_WORDS,
  },
  match: { coin_id: 'currencies/([a-z0-9-]+)' },
  zeroIsNull: ['market_cap'],
  exchange: 'coinmarketcap',
  quote: 'USD',
  timeframe: 'tick',
  source: 'coinmarketcap',
  attribution: 'CoinMarketCap',
}
