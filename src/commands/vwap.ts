import type { Context } from '../cli/context.ts'
import { basisOptions, coinQuestion, window } from '../cli/options.ts'
import { vwap } from '../core/vwap.ts'

export const vwapCommand = (context: Context) =>
  coinQuestion('vwap', 'volume-weighted average price from candles, per exchange and combined', [
    'arxdb vwap BTC --from 7d',
    'arxdb vwap ETH/USDT@binance --from 2025-01-01..2025-02-01',
  ])
    .addOption(basisOptions.minCoverage)
    .action(async (coin, { from, to, ...options }) => {
      const range = await window(context, { from, to }, '7d')
      const answer = await vwap(await context.engine(), { coin, ...options, ...range.window })
      await context.print({ ...answer, notes: [...range.notes, ...answer.notes] })
    })
