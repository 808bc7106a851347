// Which settings and which server a run has: the areas that know are loaded when a command asks.
import type { Config } from '../config/schema.ts'
import type { Connection } from '../connect/connection.ts'
import { configWorld, DEMO } from './config-world.ts'
import type { Context, Globals } from './context.ts'
import { services } from './services.ts'

type Place = Pick<Context, 'env' | 'cwd' | 'signal'>

export async function loadConfig(place: Place, globals: Globals): Promise<Config> {
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig(configWorld(place, globals))
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
