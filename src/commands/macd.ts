import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { indicatorQuestion, window } from '../cli/options.ts'
import { wholeNumber } from '../cli/values.ts'
import { macdSetting } from '../core/indicators/settings.ts'
import { parseEvery } from '../core/interval.ts'
import { macd } from '../core/macd.ts'
import { after } from '../core/result.ts'

export const macdCommand = (context: Context) =>
  indicatorQuestion('macd', 'moving averages drawing together and apart, with signal line and histogram', [
    'arxdb macd BTC@kraken --from 7d',
    'arxdb macd ETH --fast 5 --slow 35 --signal 5 --compat tradingview',
  ])
    .addOption(new Option('--fast <bars>', 'period of the fast average').argParser(wholeNumber).default(12))
    .addOption(new Option('--slow <bars>', 'period of the slow average').argParser(wholeNumber).default(26))
    .addOption(new Option('--signal <bars>', 'period of the signal line').argParser(wholeNumber).default(9))
    .action((coin, { from, to, every, ...options }) =>
      context.answer(async () => {
        // Before anything connects.
        macdSetting(options)
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        const answer = await macd(await context.engine(), query)
        return after(range.notes, answer)
      }),
    )
