import type { Context } from '../cli/context.ts'
import { command } from '../cli/options.ts'
import { coins } from '../core/coins.ts'

export const coinsCommand = (context: Context) =>
  command('coins', 'coins that have data', ['arxdb coins', 'arxdb coins --like bit'])
    .option('--like <text>', 'only those with this in their id, symbol or name')
    .action(async ({ like }) => context.print(await coins(await context.engine(), { like })))
