import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { basisOptions, bucketOptions, coinQuestion, everyOption, staleness, window } from '../cli/options.ts'
import { candles } from '../core/candles.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'

export const candlesCommand = (context: Context) =>
  coinQuestion('candles', 'open, high, low, close and volume in bars of any width', [
    'arxdb candles BTC --every 1d --from 30d --chart',
    'arxdb candles BTC@kraken --every 4h --from 2025-01-01..2025-01-08 -o csv',
  ])
    .addOption(everyOption())
    .addOption(basisOptions.basis)
    .addOption(
      new Option('--fill <how>', 'empty bars: none, a row of nulls, or the previous close (default: none)').choices([
        'none',
        'null',
        'prev',
      ] as const),
    )
    .option('--max-staleness <duration>', 'how long a close fills empty bars (default: ten bars)')
    .addOption(basisOptions.minCoverage)
    .addOption(bucketOptions.rollup)
    .action((coin, { from, to, every, maxStaleness, ...options }) =>
      context.answer(async () => {
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        const answer = await candles(await context.engine(), { ...query, maxStaleness: staleness(maxStaleness) })
        return after(range.notes, answer)
      }),
    )
