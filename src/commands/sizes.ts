import { Option } from '@commander-js/extra-typings'
import type { Context } from '../cli/context.ts'
import { question } from '../cli/options.ts'
import { indexSizes, sizes } from '../core/sizes.ts'

export const sizesCommand = (context: Context) =>
  question('sizes', 'what takes the room: tables, chunks, indexes', [
    'arxdb sizes',
    'arxdb sizes --table candles --chunks',
    'arxdb sizes --indexes',
  ])
    .option('--table <name>', 'only this table: prices, arxdb.prices')
    .option('--chunks', 'a row for each chunk or partition, newest first')
    .addOption(new Option('--indexes', 'a row for each index').conflicts('chunks'))
    .action(({ table, chunks, indexes }) =>
      context.answer(async () => {
        const query = { table, chunks, now: context.now().toISOString() }
        const engine = await context.engine()
        return indexes ? indexSizes(engine, query) : sizes(engine, query)
      }),
    )
