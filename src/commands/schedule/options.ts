import { type Command, Option } from '@commander-js/extra-typings'
import type { Context } from '../../cli/context.ts'
import { collect, repositoryOptions } from '../../cli/options.ts'

/** Which jobs, and where their output goes. */
export const scheduleOptions = <A extends unknown[]>(base: Command<A>) =>
  repositoryOptions(base)
    .option(
      '--job <name>',
      'this job, again for more: run, verify, drill, prune (those when none is named), policy, maintain, alerts',
      collect,
      [] as readonly string[],
    )
    .option('--log <file>', 'append what the jobs say to this file (default: cron mails it)')

/** Who runs the jobs. */
export const formatOption = () =>
  new Option('--format <kind>', 'of what').choices(['cron', 'systemd'] as const).default('cron' as const)

export const unitFolderOption = () =>
  new Option('--unit-dir <folder>', "systemd's units go there as files alone (default: where systemd reads them)")

interface Flags {
  readonly keyFile?: string | undefined
}

/** How a job calls arxdb: by absolute paths, with the config and the connection that this call has. */
export async function jobWorld(context: Context, flags: Flags) {
  const { backup, files } = await context.config()
  const { url, service, env, config } = context.globals
  const named = config ?? files[0]
  const globals = [
    ...(named === undefined ? [] : ['--config', named]),
    ...(env === undefined ? [] : ['--env', env]),
    ...(service === undefined ? [] : ['--service', service]),
    ...(url === undefined ? [] : ['--url', url]),
  ]
  if (globals.length === 0)
    context.note(
      'the jobs will connect as their own environment says: --env, --service or --config with this command settles it',
    )
  return { ...context.program, globals, namesKey: flags.keyFile !== undefined || backup.keyFile !== undefined }
}
