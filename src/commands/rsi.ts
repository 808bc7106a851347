import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { indicatorQuestion, window } from '../cli/options.ts'
import { wholeNumber } from '../cli/values.ts'
import { averaged } from '../core/indicators/settings.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'
import { rsi } from '../core/rsi.ts'

export const rsiCommand = (context: Context) =>
  indicatorQuestion('rsi', 'relative strength index (Wilder) of the closes', [
    'arxdb rsi BTC@kraken --from 7d',
    'arxdb rsi ETH --every 4h --period 10 -o csv',
  ])
    .addOption(new Option('--period <bars>', 'bars of the averages').argParser(wholeNumber).default(14))
    .action((coin, { from, to, every, ...options }) =>
      context.answer(async () => {
        // Before anything connects.
        averaged('rsi', options.period)
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        const answer = await rsi(await context.engine(), query)
        return after(range.notes, answer)
      }),
    )
