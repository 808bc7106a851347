// Which coins the database knows.
import type { Engine } from '../engines/engine.ts'
import { columns, type Result, warn } from './result.ts'

export interface CoinRow {
  readonly coin_id: string
  readonly symbol: string | null
  readonly name: string | null
  /** The id was made from a symbol that no list knows. */
  readonly provisional: boolean
  readonly exchanges: number
  readonly markets: number
  /** Quotes it trades in, separated by spaces. */
  readonly quotes: string
}

const COIN_COLUMNS = columns({
  coin_id: 'text',
  symbol: 'text',
  name: 'text',
  provisional: 'bool',
  exchanges: 'int',
  markets: 'int',
  quotes: 'text',
})

/** Coins with at least one market; `like` looks for a part of the id, symbol or name. */
export function coins(engine: Engine, query: { readonly like?: string | undefined }): Promise<Result<CoinRow>> {
  return engine.question(async (ask) => {
    const rows = await ask('markets/coins', { pattern: query.like ?? null })
    const none =
      query.like === undefined ? 'nothing was loaded yet; try: arxdb ingest FILE' : `no coin like "${query.like}"`
    return { columns: COIN_COLUMNS, rows, notes: rows.length ? [] : [warn(none)] }
  })
}
