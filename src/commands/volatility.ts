import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { basisOptions, bucketOptions, coinQuestion, everyOption, window } from '../cli/options.ts'
import { positive, wholeNumber } from '../cli/values.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'
import { ESTIMATORS, volatility } from '../core/volatility.ts'

export const volatilityCommand = (context: Context) =>
  coinQuestion('volatility', 'annualised volatility by six estimators, of a window or rolling', [
    'arxdb volatility BTC --estimator all',
    'arxdb volatility BTC@kraken --every 4h --rolling 42 --from 7d',
  ])
    .addOption(everyOption())
    .addOption(
      new Option('--estimator <name>', 'how it is estimated').choices([...ESTIMATORS, 'all'] as const).default('close'),
    )
    .option('--mean0', 'close: take the mean return as zero')
    .addOption(new Option('--rolling <n>', 'one row a bar, each from n bars').argParser(wholeNumber))
    .addOption(new Option('--annual-days <n>', 'days of a year (default: 365)').argParser(positive))
    .addOption(basisOptions.basis)
    .addOption(bucketOptions.rollup)
    .action((coin, { from, to, every, ...options }) =>
      context.answer(async () => {
        const range = await window(context, { from, to }, '30d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        return after(range.notes, await volatility(await context.engine(), query))
      }),
    )
