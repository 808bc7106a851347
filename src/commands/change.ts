import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { basisOptions, marketOptions, moment, question, staleness } from '../cli/options.ts'
import { change, horizonsOf } from '../core/change.ts'

export const changeCommand = (context: Context) =>
  question('change', 'how much the price changed over an hour, a day, a week, a month', [
    'arxdb change BTC ETH',
    'arxdb change BTC@kraken --from 2025-01-05 --to 2025-01-12',
  ])
    .argument('<coins...>', 'BTC, bitcoin, BTC@kraken or BTC/USDT@binance')
    .option('--over <durations>', 'lengths back from the end, comma-separated (default: 1h,24h,7d,30d)')
    .addOption(new Option('--at <time>', 'the later end (default: now)').conflicts('to'))
    .addOption(new Option('--from <time>', 'the earlier end, in place of --over').conflicts('over'))
    .option('--to <time>', 'the same as --at')
    .addOption(marketOptions.exchange)
    .addOption(marketOptions.quote)
    .addOption(basisOptions.maxStaleness)
    .action((coins, { over, at, from, to, maxStaleness, ...options }) =>
      context.answer(async () => {
        const ends = { at: await moment(context, at ?? to), from: from && (await moment(context, from)) }
        const query = { coins, ...options, ...ends, over: over === undefined ? undefined : horizonsOf(over) }
        const now = context.now().toISOString()
        const answer = await change(await context.engine(), { ...query, now, maxStaleness: staleness(maxStaleness) })
        return answer
      }),
    )
