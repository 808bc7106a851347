// What `arxdb config` asks: the settings with their origins, and what is wrong in the files.
import { account } from '../connect/account.ts'
import { type Connection, describe } from '../connect/connection.ts'
import { redact } from '../connect/redact.ts'
import { resolveConnection } from '../connect/resolve.ts'
import { EXIT } from '../errors.ts'
import { type Env, invalid } from './find.ts'
import { type ConfigWorld, findConfig, loadConfig } from './load.ts'
import type { Config, FilePolicy, Setting } from './schema.ts'
import * as writing from './write.ts'

export interface ShowWorld {
  readonly env: Env
  readonly flags: { readonly url?: string | undefined; readonly service?: string | undefined }
  readonly warn: (text: string) => void
}

/** Every setting, secrets hidden, and last the server that a command would talk to. Opens no connection. */
export async function show(config: Config, { env, flags, warn }: ShowWorld): Promise<readonly Setting[]> {
  const { target } = config
  const resolved = await resolveConnection({ flags, env, configured: target, ...account(env), warn })
  const server: Setting = resolved
    ? { key: 'connection', value: `${describe(resolved)} ${manner(resolved)}`, origin: resolved.origin }
    : { key: 'connection', value: 'the local server', origin: 'default' }
  return [...config.settings.map((setting) => ({ ...setting, value: redact(setting.value) })), server]
}

function manner({ tls, production, readOnly }: Connection): string {
  const secured = tls === false ? 'without TLS' : tls === 'prefer' ? 'TLS if offered' : 'TLS'
  const checked = typeof tls === 'object' && tls.rejectUnauthorized ? ', certificate checked' : ''
  return `(${secured}${checked}${production ? ', production' : ''}${readOnly ? ', read only' : ''})`
}

/** Reads every file that counts; all problems are one error with exit 3. Resolves to the files that are right. */
export async function check(world: ConfigWorld): Promise<readonly string[]> {
  const { problems } = await findConfig(world)
  if (problems.length > 0) throw invalid(problems, EXIT.problems)
  return (await loadConfig(world)).files
}

/**
 * Writes what is to be kept of a table into a config file, made where there is none; all else stays. Resolves to why nothing
 * was written: what the entry is for is done by then.
 */
export const addPolicy = (path: string, table: string, policy: FilePolicy): Promise<string | undefined> =>
  writing.addPolicy(path, table, policy).then(
    () => undefined,
    ({ message }: Error) => message,
  )
