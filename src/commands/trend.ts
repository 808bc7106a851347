import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { basisOptions, bucketOptions, coinQuestion, everyOption, window } from '../cli/options.ts'
import { positive, wholeNumber } from '../cli/values.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'
import { trend, trendBars } from '../core/trend.ts'

export const trendCommand = (context: Context) =>
  coinQuestion('trend', 'whether the price rises or falls: slope with its evidence, and crossing means', [
    'arxdb trend BTC',
    'arxdb trend BTC@kraken --every 4h --fast 10 --slow 30 --from 14d --bars',
  ])
    .addOption(everyOption())
    .addOption(new Option('--fast <n>', 'bars of the fast mean (default: 20)').argParser(wholeNumber))
    .addOption(new Option('--slow <n>', 'bars of the slow mean (default: 50)').argParser(wholeNumber))
    .addOption(new Option('--t <value>', '|t| from which a slope counts (default: 2)').argParser(positive))
    .option('--bars', 'one row a bar: the close and its means')
    .addOption(basisOptions.basis)
    .addOption(bucketOptions.rollup)
    .action((coin, { from, to, every, bars, ...options }) =>
      context.answer(async () => {
        const range = await window(context, { from, to }, '30d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        const answer = await (bars || options.chart || options.chartFile ? trendBars : trend)(
          await context.engine(),
          query,
        )
        return after<object>(range.notes, answer)
      }),
    )
