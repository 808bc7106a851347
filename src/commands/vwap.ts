import type { Context } from '../cli/context.ts'
import { basisOptions, bucketOptions, coinQuestion, width, window } from '../cli/options.ts'
import { after } from '../core/result.ts'
import { vwap } from '../core/vwap.ts'

export const vwapCommand = (context: Context) =>
  coinQuestion('vwap', 'volume-weighted average price from candles, per exchange and combined', [
    'arxdb vwap BTC --from 7d',
    'arxdb vwap ETH/USDT@binance --from 2025-01-01..2025-02-01 --every 1w',
  ])
    .addOption(bucketOptions.every)
    .addOption(basisOptions.minCoverage)
    .addOption(bucketOptions.rollup)
    .action((coin, { from, to, every, ...options }) =>
      context.answer(async () => {
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: width(every) }
        return after(range.notes, await vwap(await context.engine(), query))
      }),
    )
