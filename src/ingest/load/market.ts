// Makes the database know a row's market, and gives the bytes that stand for it in COPY.
import { sqlState } from '../../db/sqlstate.ts'
import { ArxError } from '../../errors.ts'
import { type StorageSession, writing } from '../../storage/session.ts'
import type { Plan } from '../plan/plan.ts'
import { type Key, type Owner, prefixOf } from '../rows/owners.ts'

export interface Markets {
  /** The owner, or why the database refuses such a market. */
  resolve(key: Key): Promise<Owner | string>
  /** `BTC/USDT@binance 1h`, in the order met. */
  names(): readonly string[]
}

/** Markets of one import; `session` must not be busy while `resolve` runs. */
export function openMarkets(session: StorageSession, plan: Plan, importId: number): Markets {
  const names = new Set<string>()
  const exchanges = new Map<string, number>()
  const width = plan.views[0]!.columns.length

  const exchange = async (key: Key): Promise<Owner> => {
    const name = key.exchange_id!
    names.add(name)
    if (!exchanges.has(name)) {
      await writing(session, (run) => run('ingest/exchange', { exchange_id: name }))
      exchanges.set(name, exchanges.size + 1)
    }
    return { id: exchanges.get(name)!, prefix: prefixOf(name, importId, width), name, quote: undefined }
  }
  const market = async (key: Key): Promise<Owner> => {
    const [row] = await writing(session, (run) => run<{ market_id: number }>('ingest/market', key))
    const name = marketName(key)
    names.add(name)
    return { id: row!.market_id, prefix: prefixOf(row!.market_id, importId, width), name, quote: key.quote }
  }
  return {
    async resolve(key) {
      try {
        return await (plan.target.owner === 'exchange_id' ? exchange(key) : market(key))
      } catch (error) {
        if (error instanceof ArxError && /^(21|22|23)/.test(sqlState(error) ?? '')) return error.message
        throw error
      }
    },
    names: () => [...names],
  }
}

export const marketName = (key: Key): string =>
  key.symbol === undefined && key.coin_id === undefined
    ? (key.exchange_id ?? '')
    : `${key.symbol || key.coin_id}/${key.quote}@${key.exchange_id}${key.timeframe === 'tick' ? '' : ` ${key.timeframe}`}`
