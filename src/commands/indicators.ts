import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { indicatorQuestion, window } from '../cli/options.ts'
import { DEFAULT_WISH, parseWish } from '../core/indicators/wish.ts'
import { indicators } from '../core/indicators.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'

export const indicatorsCommand = (context: Context) =>
  indicatorQuestion('indicators', 'several indicators beside each other', [
    'arxdb indicators BTC@kraken --from 7d',
    'arxdb indicators ETH --with rsi,ema:20,sma:50,macd:5:35:5 -o json',
  ])
    .addOption(
      new Option('--with <names>', 'rsi, macd, bollinger, atr, ema, sma, with their numbers: ema:20').default(
        DEFAULT_WISH,
      ),
    )
    .action((coin, { from, to, every, with: wish, ...options }) =>
      context.answer(async () => {
        parseWish(wish)
        const range = await window(context, { from, to }, '7d')
        const query = { coin, ...options, ...range.window, every: parseEvery(every), with: wish }
        return after(range.notes, await indicators(await context.engine(), query))
      }),
    )
