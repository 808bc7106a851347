import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import {
  basisOptions,
  bucketOptions,
  everyOption,
  marketOptions,
  question,
  rangeOptions,
  window,
} from '../cli/options.ts'
import { positive, wholeNumber } from '../cli/values.ts'
import { correlation } from '../core/correlation.ts'
import { correlationMatrix } from '../core/correlation-matrix.ts'
import { parseEvery } from '../core/interval.ts'
import { after } from '../core/result.ts'

export const correlationCommand = (context: Context) =>
  question('correlation', 'how closely the returns of coins go together, with beta and interval', [
    'arxdb correlation BTC ETH --every 4h',
    'arxdb correlation BTC/USD@kraken BTC/USDT@binance --from 2025-01-01..2025-01-15',
  ])
    .argument('<coins...>', 'BTC, bitcoin, BTC@kraken or BTC/USDT@binance; all pairs of them')
    .addOption(rangeOptions.from)
    .addOption(rangeOptions.to)
    .addOption(marketOptions.exchange)
    .addOption(new Option('--quote <currency>', 'quote currency, or "any" (default: USD, else what both have)'))
    .addOption(marketOptions.timeframe)
    .addOption(everyOption())
    .addOption(basisOptions.basis)
    .addOption(bucketOptions.rollup)
    .addOption(new Option('--confidence <share>', 'of the interval (default: 0.95)').argParser(positive))
    .addOption(new Option('--min-pairs <n>', 'no figure from fewer returns (default: 30)').argParser(wholeNumber))
    .option('--matrix', 'a row and a column a coin')
    .action((coins, { from, to, every, matrix, ...options }) =>
      context.answer(async () => {
        const range = await window(context, { from, to }, '30d')
        const query = { coins, ...options, ...range.window, every: parseEvery(every) }
        const answer = await correlation(await context.engine(), query)
        return after<object>(range.notes, matrix ? correlationMatrix(answer) : answer)
      }),
    )
