import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'

export const showCommand = (context: Context) =>
  command('show', 'the text of one statement, as it is written', [
    'arxdb sql show twap/window',
    'arxdb sql show price/as-of --engine timescaledb',
  ])
    .argument('<name>', 'as `arxdb sql list` names it')
    .option('--engine <engine>', 'the variant for postgres or timescaledb', 'postgres')
    .action(async (name, { engine }) => {
      const { source } = await context.services.statements()
      await context.write(source(name, engine))
    })
