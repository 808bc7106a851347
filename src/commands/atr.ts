import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { indicatorQuestion, window } from '../cli/options.ts'
import { wholeNumber } from '../cli/values.ts'
import { atr } from '../core/atr.ts'
import { averaged } from '../core/indicators/settings.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'

export const atrCommand = (context: Context) =>
  indicatorQuestion('atr', 'average true range (Wilder), in units of the quote', [
    'arxdb atr BTC@kraken --from 7d',
    'arxdb atr ETH/USDT@binance --every 2h --period 7 --from 3d',
  ])
    .addOption(new Option('--period <bars>', 'bars of the average').argParser(wholeNumber).default(14))
    .action((coin, { from, to, every, ...options }) =>
      context.answer(async () => {
        // Before anything connects.
        averaged('atr', options.period)
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every) }
        const answer = await atr(await context.engine(), query)
        return after(range.notes, answer)
      }),
    )
