import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'
import { backupDoctorCommand } from './doctor.ts'
import { backupDrillCommand } from './drill.ts'
import { backupListCommand } from './list.ts'
import { backupPruneCommand } from './prune.ts'
import { backupRunCommand } from './run.ts'
import { backupShowCommand } from './show.ts'
import { backupVerifyCommand } from './verify.ts'

export const backupCommand = (context: Context) =>
  command('backup', 'backups that are proven: made, verified, pruned, restored for practice', [
    'arxdb backup list',
    'arxdb backup verify --all --level 1',
  ])
    .addCommand(backupRunCommand(context))
    .addCommand(backupListCommand(context))
    .addCommand(backupShowCommand(context))
    .addCommand(backupVerifyCommand(context))
    .addCommand(backupPruneCommand(context))
    .addCommand(backupDrillCommand(context))
    .addCommand(backupDoctorCommand(context))
