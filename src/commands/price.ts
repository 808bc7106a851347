import type { Context } from '../cli/context.ts'
import { basisOptions, marketOptions, moment, question, staleness } from '../cli/options.ts'
import { price } from '../core/price.ts'

export const priceCommand = (context: Context) =>
  question('price', 'the price now, or as it was known at a moment', [
    'arxdb price BTC ETH',
    'arxdb price BTC@kraken --at 2025-01-05T12:00Z',
  ])
    .argument('<coins...>', 'BTC, bitcoin, BTC@kraken or BTC/USDT@binance')
    .option('--at <time>', 'the price as known then (default: now)')
    .addOption(marketOptions.exchange)
    .addOption(marketOptions.quote)
    .addOption(basisOptions.maxStaleness)
    .action((coins, { at, maxStaleness, ...options }) =>
      context.answer(async () => {
        const known = { at: await moment(context, at), maxStaleness: staleness(maxStaleness) }
        return price(await context.engine(), { coins, ...options, ...known, now: context.now().toISOString() })
      }),
    )
