import type { Context } from '../../cli/context.ts'
import { command } from '../../cli/options.ts'

export const checkCommand = (context: Context) =>
  command('check', 'find what is wrong in the config files; exit 3 when something is', [
    'arxdb config check',
    'arxdb config check --config ./arxdb.json',
  ]).action(async () => {
    const { check } = await context.services.config()
    const { config, env: environment, timeout, tz, output } = context.globals
    const flags = { config, environment, timeout, tz, output }
    const files = await check({ cwd: context.cwd, env: context.env, flags })
    context.note(files.length === 0 ? 'there is no config file' : files.map((file) => `${file} is right`).join('\n'))
  })
