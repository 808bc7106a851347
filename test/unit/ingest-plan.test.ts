// Each vendor's shape in small: what format it is taken for, which field goes where, whose rows they are.
import { describe, expect, test } from 'vitest'
import { FORMATS } from '../../src/ingest/formats/registry.ts'
import type { PlanFlags } from '../../src/ingest/plan/plan.ts'
import { lines, planOf, refused, START, series, shown } from './ingest-plans.ts'

const WHOSE = { exchange: 'alpha', symbol: 'BTC/EUR' }
const ALPHA = { ...WHOSE, timeframe: '1m' }

describe('formats', () => {
  const klines = series('@000,9,12,8,11,3,@999,30,7,1,10,0', 60)
  const cases: readonly (readonly [string, string, string, PlanFlags, object])[] = [
    [
      'spot klines',
      'ADAUSDT-1m-2024-03.csv',
      lines(...klines),
      { exchange: 'binance' },
      {
        format: 'binance-klines',
        columns: [
          ...['timestamp=0 timestamp (#1)', 'open=1 open (#2)', 'high=2 high (#3)', 'low=3 low (#4)'],
          ...['close=4 close (#5)', 'volume=5 volume (#6)', 'quote_volume=7 quote_volume (#8)', 'trades=8 trades (#9)'],
        ],
        fixed: { exchange_id: 'binance', symbol: 'ADA', quote: 'USDT', timeframe: '1m' },
      },
    ],
    [
      'klines with bars between',
      'ADAUSDT-1m.csv',
      lines(...klines).replaceAll(',', '|'),
      { exchange: 'x' },
      { format: 'binance-klines' },
    ],
    [
      'futures klines',
      'ADAUSDT-1m.csv',
      lines(
        'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
        ...klines,
      ),
      {},
      { format: 'binance-futures-klines', fixed: expect.objectContaining({ exchange_id: 'binance-futures' }) },
    ],
    [
      'bitfinex, when asked for',
      'BTCUSD_1m.csv',
      lines(...series('@000,9,11,12,8,3', 60)),
      { format: 'bitfinex' },
      { columns: expect.arrayContaining(['close=2 close (#3)', 'high=3 high (#4)', 'low=4 low (#5)']) },
    ],
    [
      'six columns in the usual order, when asked for',
      'BTCUSD_1m.csv',
      lines(...series('@000,9,12,8,11,3', 60)),
      { format: 'columns-ohlcv', exchange: 'ftx' },
      { columns: expect.arrayContaining(['high=2 high (#3)', 'close=4 close (#5)']) },
    ],
    [
      'kraken archive',
      'XBTUSD_60.csv',
      lines(...series('@,9,12,8,11,3.25,4', 3600)),
      {},
      { format: 'kraken-ohlcvt', fixed: { exchange_id: 'kraken', symbol: 'BTC', quote: 'USD', timeframe: '1h' } },
    ],
    [
      'cryptodatadownload: the base volume is the one with the base',
      'Kraken_XRPEUR_1h.csv',
      lines(
        'see https://example.org,for more',
        'Unix,Date,Symbol,Open,High,Low,Close,Volume EUR,Volume XRP,tradecount',
        ...series('@000,2024-03-01 00:00:00,XRP/EUR,9,12,8,11,33,3,7', 3600),
      ),
      {},
      {
        format: 'cryptodatadownload',
        columns: expect.arrayContaining([
          'timestamp=0 unix',
          'volume=8 volume xrp',
          'quote_volume=7 volume eur',
          'trades=9 tradecount',
        ]),
        parts: ['pair=2'],
      },
    ],
    [
      'cryptodatadownload without epochs',
      'Gemini_ETHUSD_d.csv',
      lines(
        'made today,https://example.org',
        'date,symbol,open,high,low,close,volume_eth,volume',
        '2017-01-02,ETHUSD,9,12,8,11,3,33',
        '2017-01-01,ETHUSD,9,12,8,11,3,33',
      ),
      {},
      {
        format: 'cryptodatadownload',
        columns: expect.arrayContaining(['volume=6 volume_eth', 'quote_volume=7 volume']),
      },
    ],
    [
      'an epoch before a text, low before high',
      'kraken_btc_usd_1m.csv',
      lines(
        'timestamp,datetime_utc,low,high,open,close,volume,trades',
        ...series('@,2024-03-01 00:00:00+00:00,8,12,9,11,3,4', 60),
      ),
      {},
      { format: 'ohlcv', columns: expect.arrayContaining(['timestamp=0 timestamp', 'high=3 high', 'low=2 low']) },
    ],
    [
      'tradingview',
      'COINBASE_DAIUSD_5.csv',
      lines('time;open;high;low;close;Volume;Volume MA', ...series('2024-03-01T00:00:00Z;9;12;8;11;3;4', 1, 2)),
      {},
      {
        format: 'tradingview',
        columns: expect.arrayContaining(['volume=5 volume']),
        fixed: expect.objectContaining({ timeframe: '5m' }),
      },
    ],
    [
      'volume from and to',
      'bitfinex-1h-btc-usd.csv',
      lines('Date,Symbol,Open,High,Low,Close,VolumeFrom,VolumeTo', '2024-03-01 01:00,BTCUSD,9,12,8,11,3,33'),
      {},
      {
        columns: expect.arrayContaining(['volume=6 volumefrom', 'quote_volume=7 volumeto']),
        fixed: { exchange_id: 'bitfinex', timeframe: '1h' },
      },
    ],
    [
      'coinmarketcap ticker',
      'dump.csv',
      lines(
        ',24h_volume_usd,id,last_updated,market_cap_usd,name,percent_change_24h,percent_change_7d,price_btc,price_usd,rank,symbol',
        `0,5e9,bitcoin,${START},1e11,Bitcoin,1.5,2,1,9000,1,BTC`,
      ),
      {},
      {
        format: 'coinmarketcap-ticker',
        columns: [
          ...['volume_24h=1 24h_volume_usd', 'timestamp=3 last_updated', 'market_cap=4 market_cap_usd'],
          ...['change_24h=6 percent_change_24h', 'change_7d=7 percent_change_7d'],
          ...['btc_price=8 price_btc', 'price=9 price_usd'],
        ],
        fixed: { exchange_id: 'coinmarketcap', quote: 'USD', timeframe: 'tick' },
        parts: ['coin_id=2', 'symbol=11'],
      },
    ],
    [
      'coinmarketcap page',
      'page.csv',
      lines(
        ',row_id,name,price,url,24h_%,7d%,Market_Cap,Volume(24h)',
        '0,0,BTC,"$9,000.5",https://example.org/currencies/bitcoin/,+2.5%,-1%,"$1,000","$5"',
      ),
      { timestamp: '2024-03-01T12:00:00Z' },
      {
        format: 'coinmarketcap-page',
        columns: expect.arrayContaining([
          'timestamp= --timestamp',
          'change_24h=5 24h_%',
          'change_7d=6 7d%',
          'volume_24h=8 volume(24h)',
        ]),
        parts: ['coin_id=4', 'symbol=2'],
      },
    ],
    [
      'coingecko',
      'eth-eur-max.csv',
      lines('snapped_at,price,market_cap,total_volume', '2024-03-01 00:00:00 UTC,9,0,0'),
      {},
      { format: 'coingecko', fixed: { exchange_id: 'coingecko', symbol: 'ETH', quote: 'EUR', timeframe: 'tick' } },
    ],
    [
      'coingecko, renamed',
      'x.csv',
      lines('event_date,close_price_usd,market_cap_usd,volume_usd', '2024-03-01 00:00:00 UTC,9,0,0'),
      { symbol: 'eth' },
      { format: 'coingecko', fixed: { exchange_id: 'coingecko', symbol: 'ETH', quote: 'USD', timeframe: 'tick' } },
    ],
    [
      'a metric, by its name',
      'crypto_market_cap.csv',
      lines('as_of,value,status', '2024-03-01,2.5e12,ok'),
      {},
      {
        format: 'metric-series',
        columns: ['timestamp=0 as_of', 'total_market_cap=1 value'],
        fixed: { exchange_id: 'global' },
      },
    ],
    [
      'a metric, by a flag',
      'x.csv',
      lines('as_of,value', '2024-03-01,51'),
      { metric: 'btc_dominance' },
      { columns: ['timestamp=0 as_of', 'btc_dominance=1 value'] },
    ],
    [
      'etherscan chart of prices',
      'x.csv',
      lines('"Date(UTC)","UnixTimeStamp","Value"', `"3/1/2024","${START}","9"`),
      { metric: 'price', symbol: 'ETH' },
      {
        format: 'etherscan-chart',
        columns: ['timestamp=1 unixtimestamp', 'price=2 value'],
        fixed: expect.objectContaining({ exchange_id: 'etherscan', quote: 'USD' }),
      },
    ],
    [
      'yahoo',
      'yahoo_ETH-USD_ohlc_raw.csv',
      lines('Date,Open,High,Low,Close,Adj Close,Volume', '2024-03-01,9,12,8,11,11,33', '2024-03-02,9,12,8,11,11,33'),
      {},
      {
        format: 'yahoo',
        columns: expect.arrayContaining(['quote_volume=6 volume']),
        fixed: { exchange_id: 'yahoo', symbol: 'ETH', quote: 'USD', timeframe: '1d' },
      },
    ],
    [
      'trades without a header',
      'BCHEUR.csv',
      lines(...series('@,90.5,1.25', 7)),
      { exchange: 'kraken', timeframe: '1m' },
      {
        format: 'columns-trades',
        table: 'ohlcv',
        columns: [
          'timestamp=0 timestamp (#1)',
          'open=',
          'high=',
          'low=',
          'close=',
          'volume=',
          'quote_volume=',
          'trades=',
        ],
      },
    ],
    [
      'trades of ccxt',
      'ETHUSDT.csv',
      lines(',timestamp,id,type,side,price,amount,cost,date', ...series('0,@138,7,,buy,9,2,18,2024-03-01 00:00:00', 1)),
      { exchange: 'x', timeframe: '5m' },
      { format: 'trades' },
    ],
    [
      'prices by name',
      'x.csv',
      lines('exchange,symbol,date,last', `alpha,BTC/EUR,2024-03-01,9`),
      {},
      { format: 'prices', parts: ['pair=1', 'exchange_id=0'] },
    ],
    [
      'a symbol alone is no pair; the header names the quote',
      'x.csv',
      lines('symbol,time,price_eur', 'BTC,2024-03-01,9'),
      { exchange: 'a' },
      { parts: ['symbol=0'], fixed: { exchange_id: 'a', quote: 'EUR', timeframe: 'tick' } },
    ],
    [
      'canonical prices',
      'x.csv',
      lines('symbol,exchange_id,usd_price,last_updated,scraped_at', 'BTC,a,9,2024-03-01,2024-03-02'),
      {},
      { format: 'canonical-prices', columns: expect.arrayContaining(['observed_at=4 scraped_at']) },
    ],
  ]
  test.each(cases)('%s', async (_, name, text, flags, expected) => {
    expect(shown(await planOf(name, text, flags))).toMatchObject(expected)
  })

  test('a wide table has a view for each coin, with the same columns', async () => {
    const header = ',BTC:open,BTC:high,BTC:low,BTC:close,BTC:volume,ETH:open,ETH:high,ETH:low,ETH:close'
    const text = lines(header, '2024-03-01,9,12,8,11,3,,,,', '2024-03-02,9,12,8,11,3,1,1,1,1')
    const plan = await planOf('bitstamp_(BTC,ETH)USD_d.csv', text)
    const columns = ['timestamp', 'open', 'high', 'low', 'close', 'volume']
    expect(plan.views.map((view) => view.columns.map(({ name }) => name))).toEqual([columns, columns])
    expect(plan.views.map((view) => view.columns.map(({ field }) => field))).toEqual([
      [0, 1, 2, 3, 4, 5],
      [0, 6, 7, 8, 9, -1],
    ])
    expect(plan.views.map(({ identity }) => identity.fixed)).toEqual([
      { exchange_id: 'bitstamp', symbol: 'BTC', quote: 'USD', timeframe: '1d' },
      { exchange_id: 'bitstamp', symbol: 'ETH', quote: 'USD', timeframe: '1d' },
    ])
    expect(plan.notes).toEqual(["exchange bitstamp, quote USD, 1d: from the file's name"])
    expect((await planOf('x.csv', text, { ...ALPHA, symbol: 'ETH/USD', timeframe: '1d' })).views).toHaveLength(1)
    expect(await refused('x.csv', text, { ...ALPHA, symbol: 'XRP', timeframe: '1d' })).toMatchObject({
      hint: '--symbol BTC|ETH',
    })
  })

  test('what a vendor is known for', async () => {
    const cdd = 'unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT'
    const epochs = await planOf(
      'Binance_BTCUSDT_1h.csv',
      lines(cdd, `${START}000,2024-03-01 00:00:00,BTC/USDT,9,12,8,11,3,33`),
    )
    expect(epochs.prefer).toMatchObject({ field: 0, pattern: '^\\d{13}$' })
    expect(epochs.witness).toEqual({ field: 1, from: 'date' })
    expect(epochs).toMatchObject({ source: 'cryptodatadownload', attribution: 'CryptoDataDownload', step: 3600 })
    expect(epochs.notes.join()).not.toContain('New York')
    const texts = await planOf(
      'Binance_BTCUSDT_d.csv',
      lines('a,b', cdd.slice(5), '2017-10-01,BTC/USDT,9,12,8,11,3,33'),
    )
    expect(texts.notes.join()).toContain('New York')
    expect(texts).toMatchObject({ skip: 2, prefer: undefined, witness: undefined })
    const gecko = await planOf('btc-usd-max.csv', lines('snapped_at,price,market_cap,total_volume', '2024-03-01,9,0,0'))
    expect(gecko.views[0]!.columns.filter((c) => c.zeroIsNull).map((c) => c.name)).toEqual(['market_cap', 'volume_24h'])
    expect((await planOf('BCHEUR.csv', lines(`${START},9,1`), { exchange: 'k', timeframe: '1m' })).trades).toEqual({
      ...{ time: 0, price: 1, amount: 2 },
    })
  })

  test('formats are data, each with a name of its own', () => {
    expect(JSON.parse(JSON.stringify(FORMATS))).toEqual(FORMATS)
    expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length)
  })
})
