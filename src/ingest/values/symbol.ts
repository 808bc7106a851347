// Market names as exchanges write them: BTC/USDT, BTCUSDT, BTC-USD, XBTUSD, XXBTZUSD.

export interface Pair {
  /** Upper case, as the aliases in the database know it: BTC, not XBT. */
  readonly base: string
  readonly quote: string
}

/** Longest first: BTCUSDT is in USDT, not a coin BTCU in SDT. */
export const QUOTES = [
  'FDUSD',
  'USDT',
  'USDC',
  'BUSD',
  'TUSD',
  'USD',
  'EUR',
  'GBP',
  'JPY',
  'DAI',
  'BTC',
  'XBT',
  'ETH',
  'BNB',
]

/** Coins whose last letter makes TUSD or BUSD of a USD behind it: XBTUSD is not XB in TUSD. */
const ENDING_T_OR_B = new Set('XBT APT BAT DOT FET FTT GRT HNT MNT NOT OKT QNT SNT USDT ARB BNB SHIB TRB'.split(' '))

/** Kraken's own names for coins and currencies. */
const KRAKEN: Readonly<Record<string, string>> = { XBT: 'BTC', XXBT: 'BTC', XETH: 'ETH', XDG: 'DOGE', XXDG: 'DOGE' }

const plain = (code: string): string => KRAKEN[code] ?? code

/** Whether the text is a currency that markets are quoted in. */
export const isQuote = (text: string): boolean => QUOTES.includes(text.toUpperCase())

/** Splits a market's name into base and quote; undefined when no known quote ends it. */
export function splitPair(text: string): Pair | undefined {
  const name = text.trim().toUpperCase()
  const parts = /^([A-Z0-9]+)[/\-_:]([A-Z0-9]+)$/.exec(name)
  if (parts) return { base: plain(parts[1]!), quote: plain(parts[2]!) }
  if (!/^[A-Z0-9]+$/.test(name)) return undefined
  // XXBTZUSD: Kraken marks coins by X and currencies by Z.
  const kraken = /^X([A-Z]{3,4})Z([A-Z]{3})$/.exec(name)
  if (kraken) return { base: plain(kraken[1]!), quote: kraken[2]! }
  const quote = QUOTES.find((known) => {
    const base = name.slice(0, name.length - known.length)
    if (!name.endsWith(known) || base.length < 2) return false
    return !((known === 'TUSD' || known === 'BUSD') && ENDING_T_OR_B.has(base + known[0]))
  })
  return quote === undefined ? undefined : { base: plain(name.slice(0, -quote.length)), quote: plain(quote) }
}

const UNITS: Readonly<Record<string, string>> = {
  s: 's',
  sec: 's',
  m: 'm',
  min: 'm',
  h: 'h',
  hour: 'h',
  d: 'd',
  day: 'd',
  w: 'w',
  week: 'w',
  M: 'M',
  mo: 'M',
  month: 'M',
}

/** Widths that vendors give as a bare number of minutes. */
const MINUTES: Readonly<Record<string, string>> = {
  1: '1m',
  3: '3m',
  5: '5m',
  15: '15m',
  30: '30m',
  60: '1h',
  120: '2h',
  240: '4h',
  360: '6h',
  720: '12h',
  1440: '1d',
  10080: '1w',
}

/** A candle's width in the database's spelling: `60`, `1hour`, `h` and `1h` are 1h; undefined when it is none. */
export function timeframe(text: string): string | undefined {
  const bare = MINUTES[text]
  if (bare) return bare
  const match = /^([1-9]\d*)?([A-Za-z]+)$/.exec(text)
  const word = match?.[2] ?? ''
  const unit = UNITS[word] ?? UNITS[word.toLowerCase().replace(/s$/, '')] ?? UNITS[word.toLowerCase()]
  return match && unit ? `${match[1] ?? '1'}${unit}` : undefined
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Of a width in the database's spelling; undefined for months, which differ, and for ticks. */
export function widthSeconds(width: string): number | undefined {
  const unit = SECONDS[width.at(-1)!]
  return unit === undefined || width === 'tick' ? undefined : unit * Number.parseInt(width, 10)
}
