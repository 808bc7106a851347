import type { Context } from '../cli/context.ts'
import { basisOptions, bucketOptions, coinQuestion, window } from '../cli/options.ts'
import { parseEvery } from '../core/interval.ts'
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
    .action(async (coin, { from, to, every, ...options }) => {
      const range = await window(context, { from, to }, '7d')
      const width = every === undefined ? undefined : parseEvery(every)
      const query = { coin, ...options, ...range.window, every: width }
      await context.print(after(range.notes, await vwap(await context.engine(), query)))
    })
