import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { basisOptions, coinQuestion, window } from '../cli/options.ts'
import { candles } from '../core/candles.ts'
import { parseEvery } from '../core/interval.ts'

export const candlesCommand = (context: Context) =>
  coinQuestion('candles', 'open, high, low, close and volume in bars of any width', [
    'arxdb candles BTC --every 1d --from 30d --chart',
    'arxdb candles BTC@kraken --every 4h --from 2025-01-01..2025-01-08 -o csv',
  ])
    .addOption(new Option('--every <width>', 'width of a bar: 5m, 1h, 1d, 1w, 1M').default('1h'))
    .addOption(basisOptions.basis)
    .option('--chart', 'draw the bars of the first market')
    .action(async (coin, { from, to, every, chart, ...options }) => {
      const width = parseEvery(every)
      const range = await window(context, { from, to }, '7d')
      const answer = await candles(await context.engine(), { coin, ...options, ...range.window, every: width })
      const result = { ...answer, notes: [...range.notes, ...answer.notes] }
      await (chart ? context.chart(result) : context.print(result))
    })
