import type { Context } from '../cli/context.ts'
import { basisOptions, bucketOptions, coinQuestion, staleness, width, window } from '../cli/options.ts'
import { after } from '../core/result.ts'
import { twap } from '../core/twap.ts'

export const twapCommand = (context: Context) =>
  coinQuestion('twap', 'time-weighted average price, per exchange and combined', [
    'arxdb twap BTC --from 7d',
    'arxdb twap BTC@binance --from 2025-01-01 --to 2025-01-08 --every 1d',
  ])
    .addOption(bucketOptions.every)
    .addOption(basisOptions.basis)
    .addOption(basisOptions.maxStaleness)
    .addOption(basisOptions.minCoverage)
    .addOption(bucketOptions.rollup)
    .action((coin, { from, to, every, maxStaleness, ...options }) =>
      context.answer(async () => {
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, maxStaleness: staleness(maxStaleness) }
        return after(range.notes, await twap(await context.engine(), { ...query, every: width(every) }))
      }),
    )
