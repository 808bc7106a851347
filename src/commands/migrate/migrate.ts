import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { baselineCommand } from './baseline.ts'
import { downCommand } from './down.ts'
import { grantsCommand } from './grants.ts'
import { lintCommand } from './lint.ts'
import { planCommand } from './plan.ts'
import { repairCommand } from './repair.ts'
import { statusCommand } from './status.ts'
import { upCommand } from './up.ts'
import { verifyCommand } from './verify.ts'

/** `arxdb migrate` alone is `arxdb migrate up`. */
export const migrateCommand = (context: Context) =>
  command('migrate', 'bring the database to the schema that this version needs', [
    'arxdb migrate',
    'arxdb migrate status --dir ./migrations',
  ])
    .addCommand(upCommand(context), { isDefault: true })
    .addCommand(statusCommand(context))
    .addCommand(planCommand(context))
    .addCommand(verifyCommand(context))
    .addCommand(repairCommand(context))
    .addCommand(baselineCommand(context))
    .addCommand(downCommand(context))
    .addCommand(lintCommand(context))
    .addCommand(grantsCommand(context))
