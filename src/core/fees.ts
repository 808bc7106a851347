// What exchanges take, as the config says it, brought to markets.
import type { Ask } from '../engines/engine.ts'
import { info, type Note, warn } from './result.ts'

/** Shares and amounts are exact decimals: `0.0026` of the traded value, `0.0002` coins. */
export interface ExchangeFees {
  readonly taker?: string | undefined
  /** By pair as it is written, `BTC/USD`: wins over the exchange's own. */
  readonly pairs?: Readonly<Record<string, { readonly taker: string }>> | undefined
  /** By coin, in that coin. */
  readonly withdraw?: Readonly<Record<string, string>> | undefined
}

/** By exchange_id, lower case. */
export type FeeBook = Readonly<Record<string, ExchangeFees>>

interface Place {
  readonly market_id: number
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
}

export interface MarketFees {
  /** Share by market_id; absent where none is known. */
  readonly taker: ReadonlyMap<number, string>
  /** Coins for one withdrawal, by market_id. */
  readonly withdraw: ReadonlyMap<number, string>
  readonly notes: readonly Note[]
}

/** The fees of each market: a pair's before its exchange's. Names that are no coin here concern nobody. */
export async function feesOf(ask: Ask, markets: readonly Place[], book: FeeBook): Promise<MarketFees> {
  const used = [...new Set(markets.map((m) => m.exchange_id))].filter((id) => Object.hasOwn(book, id))
  const names = new Set(
    used.flatMap((id) => [
      ...Object.keys(book[id]!.pairs ?? {}).map((pair) => pair.split('/')[0]!),
      ...Object.keys(book[id]!.withdraw ?? {}),
    ]),
  )
  const notes: Note[] = []
  const coins = new Map<string, string>()
  for (const name of names) {
    const coin = await coinNamed(ask, name)
    if (coin !== undefined && coin !== 'several') coins.set(name, coin)
    if (coin === 'several') notes.push(warn(`fees of ${name} are left out: several coins have that symbol; use the id`))
  }
  const taker = new Map<number, string>()
  const withdraw = new Map<number, string>()
  for (const { market_id, coin_id, exchange_id, quote } of markets) {
    if (!used.includes(exchange_id)) continue
    const { pairs = {}, withdraw: costs = {}, taker: general } = book[exchange_id]!
    const pair = Object.entries(pairs).find(([name]) => {
      const [base, of] = name.split('/')
      return coins.get(base!) === coin_id && of!.toUpperCase() === quote
    })
    const cost = Object.entries(costs).find(([name]) => coins.get(name) === coin_id)
    const share = pair?.[1].taker ?? general
    if (share !== undefined) taker.set(market_id, share)
    if (cost) withdraw.set(market_id, cost[1])
  }
  return { taker, withdraw, notes }
}

/** As resolveCoin understands a name, but without an error: an id wins over the list, that over symbols. */
async function coinNamed(ask: Ask, name: string): Promise<string | 'several' | undefined> {
  const found = await ask('markets/coin', { name })
  const first = ['id', 'alias', 'symbol'].map((how) => found.filter((row) => row.how === how)).find((c) => c.length > 0)
  return first === undefined ? undefined : first.length > 1 ? 'several' : first[0]!.coin_id
}

/** Which exchanges lack a fee, and how to tell it. */
export function missingFees(exchanges: readonly string[]): readonly Note[] {
  if (exchanges.length === 0) return []
  const example = `"fees": {"${exchanges[0]}": {"taker": "0.26%"}}`
  return [info(`no fee is known of ${exchanges.join(', ')}: no net there; tell it in arxdb.json: ${example}`)]
}
