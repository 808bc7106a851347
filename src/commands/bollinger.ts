import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { indicatorQuestion, window } from '../cli/options.ts'
import { positive, wholeNumber } from '../cli/values.ts'
import { bollinger } from '../core/bollinger.ts'
import { bollingerSetting } from '../core/indicators/settings.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'

export const bollingerCommand = (context: Context) =>
  indicatorQuestion('bollinger', 'Bollinger bands: a mean and its standard deviations', [
    'arxdb bollinger BTC@kraken --from 7d',
    'arxdb bollinger ETH --period 10 --deviations 1.5 -o csv',
  ])
    .addOption(new Option('--period <bars>', 'bars of the mean').argParser(wholeNumber).default(20))
    .addOption(new Option('--deviations <number>', 'how far the bands are away').argParser(positive).default(2))
    .action((coin, { from, to, every, ...options }) =>
      context.answer(async () => {
        // Before anything connects.
        bollingerSetting(options)
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        const answer = await bollinger(await context.engine(), query)
        return after(range.notes, answer)
      }),
    )
