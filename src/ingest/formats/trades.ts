import type { Format } from './format.ts'
import { PAIR_WORDS } from './header-words.ts'

const DECIMAL = '^\\d+(\\.\\d+)?(e[+-]?\\d+)?$'

/** Kraken's archive of trades; others write the same three columns. */
export const columnsTrades: Format = {
  name: 'columns-trades',
  title: 'trades: epoch, price, amount without a header (Kraken)',
  table: 'ohlcv',
  fields: 3,
  looks: ['^\\d{9,19}(\\.\\d+)?$', DECIMAL, DECIMAL],
  columns: { timestamp: 0, price: 1, amount: 2 },
  trades: true,
}

/** Trades as ccxt and the exchanges' APIs give them. Alike rows are trades of their own. */
export const trades: Format = {
  name: 'trades',
  title: 'trades with a header: time, price, amount (ccxt)',
  table: 'ohlcv',
  general: true,
  needs: ['timestamp', 'price', 'amount'],
  columns: {
    timestamp: ['timestamp', 'time', 'ts', 'date', 'datetime'],
    price: ['price'],
    amount: ['amount', 'qty', 'quantity', 'size', 'base_amount'],
    pair: PAIR_WORDS,
    exchange_id: ['exchange_id', 'exchange'],
  },
  trades: true,
}
