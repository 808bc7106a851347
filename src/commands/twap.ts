import type { Context } from '../cli/context.ts'
import { basisOptions, command, marketOptions, rangeOptions, staleness, window } from '../cli/options.ts'
import { twap } from '../core/twap.ts'

export const twapCommand = (context: Context) =>
  command('twap', 'time-weighted average price, per exchange and combined', [
    'arxdb twap BTC --from 7d',
    'arxdb twap BTC@binance --from 2025-01-01 --to 2025-01-08',
  ])
    .argument('<coin>', 'BTC, bitcoin, BTC@kraken or BTC/USDT@binance')
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .addOption(marketOptions.exchange)
    .addOption(marketOptions.quote)
    .addOption(marketOptions.timeframe)
    .addOption(basisOptions.basis)
    .addOption(basisOptions.maxStaleness)
    .addOption(basisOptions.minCoverage)
    .action(async (coin, { from, to, maxStaleness, ...options }) => {
      const range = await window(context, { from, to }, '7d')
      const query = { coin, ...options, ...range.window, maxStaleness: staleness(maxStaleness) }
      const answer = await twap(await context.engine(), query)
      await context.print({ ...answer, notes: [...range.notes, ...answer.notes] })
    })
