import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { moment, question, rangeOptions, window } from '../cli/options.ts'
import { parseEvery } from '../core/interval.ts'
import { marketHistory, marketNow, metricsOf } from '../core/market-analytics.ts'
import { after } from '../core/result.ts'

export const marketCommand = (context: Context) =>
  question('market', 'capitalisation, volume and dominance of the whole market, now or over time', [
    'arxdb market cap dominance',
    'arxdb market --from 30d --every 1d',
  ])
    .argument('[metrics...]', 'cap, volume, dominance, btc, eth, coins, markets (default: all)')
    .addOption(new Option('--at <time>', 'as known then (default: now)').conflicts(['from', 'to', 'every']))
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .option('--every <width>', 'over time, in buckets of this width: 1h, 1d, 1w, 1M (default: 1d)')
    .option('--exchange <id>', 'only this source: global, coingecko ...')
    .action((words, { at, from, to, every, exchange }) =>
      context.answer(async () => {
        const metrics = metricsOf(words)
        const engine = () => context.engine()
        if (from === undefined && to === undefined && every === undefined) {
          const known = await moment(context, at)
          const now = context.now().toISOString()
          return marketNow(await engine(), { metrics, exchange, at: known, now })
        }
        const width = parseEvery(every ?? '1d')
        const range = await window(context, { from, to }, '30d')
        const query = { metrics, exchange, ...range.window, every: width }
        return after(range.notes, await marketHistory(await engine(), query))
      }),
    )
