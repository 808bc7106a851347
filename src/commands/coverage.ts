import type { Context } from '../cli/context.ts'
import { bucketOptions, marketOptions, question, rangeOptions, window } from '../cli/options.ts'
import { coverage } from '../core/coverage.ts'
import { after } from '../core/result.ts'

export const coverageCommand = (context: Context) =>
  question('coverage', 'what is stored per market, and how complete it is', [
    'arxdb coverage',
    'arxdb coverage BTC --exchange kraken --from 2025-01',
  ])
    .argument('[coins...]', 'only these')
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .addOption(marketOptions.exchange)
    .addOption(bucketOptions.rollup)
    .action((coins, { from, to, ...options }) =>
      context.answer(async () => {
        const range = from || to ? await window(context, { from, to }, '1970-01-01') : undefined
        const answer = await coverage(await context.engine(), { coins, ...options, ...range?.window })
        return after(range?.notes ?? [], answer)
      }),
    )
