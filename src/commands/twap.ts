import type { Context } from '../cli/context.ts'
import { basisOptions, coinQuestion, staleness, window } from '../cli/options.ts'
import { twap } from '../core/twap.ts'

export const twapCommand = (context: Context) =>
  coinQuestion('twap', 'time-weighted average price, per exchange and combined', [
    'arxdb twap BTC --from 7d',
    'arxdb twap BTC@binance --from 2025-01-01 --to 2025-01-08',
  ])
    .addOption(basisOptions.basis)
    .addOption(basisOptions.maxStaleness)
    .addOption(basisOptions.minCoverage)
    .action(async (coin, { from, to, maxStaleness, ...options }) => {
      const range = await window(context, { from, to }, '7d')
      const query = { coin, ...options, ...range.window, maxStaleness: staleness(maxStaleness) }
      const answer = await twap(await context.engine(), query)
      await context.print({ ...answer, notes: [...range.notes, ...answer.notes] })
    })
