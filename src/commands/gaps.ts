import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { marketOptions, question, rangeOptions, staleness, window } from '../cli/options.ts'
import { countUpTo } from '../cli/values.ts'
import { gaps } from '../core/gaps.ts'
import { after } from '../core/result.ts'

export const gapsCommand = (context: Context) =>
  question('gaps', 'where candles are missing, and where ticks fell silent', [
    'arxdb gaps DOGE --from 1d',
    'arxdb gaps BTC ETH --from 2024-12-31 --timeframe 1h --min-bars 2 --order size',
  ])
    .argument('<coins...>', 'BTC, bitcoin, BTC@kraken or BTC/USDT@binance')
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .addOption(marketOptions.exchange)
    .option('--quote <currency>', 'only this quote currency (default: all)')
    .addOption(marketOptions.timeframe)
    .option('--longer-than <duration>', 'silence of ticks that is a gap (default: 5m)')
    .addOption(
      new Option('--min-bars <n>', 'missing candles that are a gap, ticks aside (default: 1)').argParser(
        countUpTo(1_000_000),
      ),
    )
    .addOption(new Option('--order <order>', 'by time, or the longest first').choices(['time', 'size'] as const))
    .action((coins, { from, to, longerThan, ...options }) =>
      context.answer(async () => {
        const range = from || to ? await window(context, { from, to }, '1000-01-01') : undefined
        // Before the first observation there is a hole only for somebody who said from when on.
        const bounds = { from: from && range?.window.from, to: range?.window.to }
        const query = { coins, ...options, ...bounds, longerThan: staleness(longerThan) }
        return after(range?.notes ?? [], await gaps(await context.engine(), query))
      }),
    )
