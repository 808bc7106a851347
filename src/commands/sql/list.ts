import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { echoes } from '../../core/result.ts'

export const listCommand = (context: Context) =>
  command('list', 'names and titles of the statements', ['arxdb sql list', 'arxdb sql list -o json']).action(
    async () => {
      const { statements } = await context.services.statements()
      const kinds = echoes(['locks', 'file'], { name: 'text', title: 'text', locks: 'text', file: 'text' })
      await context.print({ columns: kinds, rows: statements(), notes: [] })
    },
  )
