import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { basisOptions, moment, question, rangeOptions, staleness, window } from '../cli/options.ts'
import { countUpTo, decimal, percentage } from '../cli/values.ts'
import { arbitrage } from '../core/arbitrage.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'

export const arbitrageCommand = (context: Context) =>
  question('arbitrage', 'where a coin is dearer than elsewhere, gross and net of fees', [
    'arxdb arbitrage DOGE --min-spread 0',
    'arxdb arbitrage DOGE --from 3h --every 5m --min-spread 0 --top 10',
  ])
    .argument('[coins...]', 'only these')
    .addOption(new Option('--at <time>', 'the prices as known then (default: now)').conflicts(['from', 'to']))
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .option('--every <width>', 'distance of two samples (default: 1m, one bar where there are only candles)')
    .addOption(
      new Option('--samples <n>', 'with --at: samples before it for persistence (default: 10)').argParser(
        countUpTo(10_000),
      ),
    )
    .addOption(new Option('--min-spread <percent>', 'least gross spread (default: 1)').argParser(percentage))
    .addOption(new Option('--min-net <percent>', 'least spread net of fees').argParser(percentage))
    .addOption(
      new Option('--notional <amount>', 'bought for so much, in the quote: counts the withdrawal').argParser(decimal),
    )
    .addOption(new Option('--top <n>', 'only the best').argParser(countUpTo(1_000_000)))
    .option('--exchange <id>', 'one of the two sides')
    .option('--quote <currency>', 'only this quote; "any" compares different quotes as well (default: each by itself)')
    .addOption(basisOptions.maxStaleness)
    .option('--max-skew <duration>', 'how far apart the two prices may be (default: 1m for ticks, one bar for candles)')
    .action((coins, { at, from, to, every, maxStaleness, maxSkew, ...options }) =>
      context.answer(async () => {
        const range = from || to ? await window(context, { from, to }, '1d') : undefined
        const { fees } = await context.config()
        const when = range?.window ?? { at: await moment(context, at) }
        const answer = await arbitrage(await context.engine(), {
          coins,
          ...options,
          ...when,
          now: context.now().toISOString(),
          every: every === undefined ? undefined : parseEvery(every),
          maxStaleness: staleness(maxStaleness),
          maxSkew: staleness(maxSkew),
          fees,
        })
        return after(range?.notes ?? [], answer)
      }),
    )
