import { Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { countUpTo } from '../../cli/values.ts'
import { poolerColumns, poolerNotes } from '../../core/tune-report.ts'
import { EXIT } from '../../errors.ts'

export const tunePgbouncerCommand = (context: Context) =>
  command('pgbouncer', 'pgbouncer.ini for this server; or a running PgBouncer beside it: exits 3 where it differs', [
    'arxdb tune pgbouncer --cpus 2',
    'arxdb tune pgbouncer --cpus 2 --out pgbouncer.ini',
  ])
    .addOption(
      new Option('--cpus <n>', "the server's processors (default: as seen, on its own machine)").argParser(
        countUpTo(4096),
      ),
    )
    .option('--check <url>', 'compare with the one that runs there: postgres://pgbouncer@host:6432/pgbouncer')
    .action(async ({ cpus, check: url }) => {
      const { pooler, check } = await context.services.pooler()
      const connection = await context.connection()
      if (url === undefined) return context.write(await pooler(connection, { cpus }))
      const rows = await check(connection, { cpus }, url, context.env)
      if (rows.some(({ differs }) => differs)) context.exitWith(EXIT.problems)
      await context.print({ columns: poolerColumns, rows, notes: poolerNotes(rows) })
    })
