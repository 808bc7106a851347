// Which settings and which server a run has: the areas that know are loaded when a command asks.
import type { Config } from '../config/schema.ts'
import type { Connection } from '../connect/connection.ts'
import { type Context, FORMATS, type Globals } from './context.ts'
import { services } from './services.ts'

/** The environment that `arxdb demo` makes on the local server; no config file has to name it. */
const DEMO = 'demo'

type Place = Pick<Context, 'env' | 'cwd' | 'signal'>

export async function loadConfig({ env, cwd }: Place, globals: Globals): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts')
  const { config, timeout, tz } = globals
  // What monitoring reads is no setting that a config file knows.
  const output = FORMATS.find((format) => format === globals.output)
  const environment = globals.env === DEMO ? undefined : globals.env
  return loadConfig({ cwd, env, flags: { config, environment, timeout, tz, output } })
}

/** The configured server; where none is configured, the local one, started when it is down. */
export async function connect(
  { env, signal }: Place,
  globals: Globals,
  config: Config,
  note: (text: string) => void,
): Promise<Connection> {
  if (globals.env === DEMO) {
    const { ensureLocal } = await services.embedded()
    const { DEMO_DATABASE } = await services.demo()
    return { ...(await ensureLocal({ env, note, signal })), database: DEMO_DATABASE }
  }
  for (const warning of config.warnings) note(`warning: ${warning}`)
  const [{ account }, { resolveConnection }] = await Promise.all([
    import('../connect/account.ts'),
    import('../connect/resolve.ts'),
  ])
  const configured = await resolveConnection({
    flags: { url: globals.url, service: globals.service },
    env,
    configured: config.target,
    ...account(env),
    warn: note,
  })
  if (configured) return configured
  const { ensureLocal } = await services.embedded()
  return ensureLocal({ env, note, signal, idleStopMs: config.local.idleStopMs })
}
