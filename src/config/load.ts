// Settles every setting once, with the place that it came from.
import { redact } from '../connect/redact.ts'
import { parseDuration } from '../duration.ts'
import { ArxError, EXIT, usageError } from '../errors.ts'
import { mergeAlerts } from './alerts.ts'
import { mergeBackup } from './backup.ts'
import { exactFees, feesText } from './fees.ts'
import { type Env, type Found, type FoundFile, findFiles, homeOf, invalid } from './find.ts'
import { entryText } from './policy.ts'
import { type Config, type Environment, type FileConfig, OUTPUTS, type Setting } from './schema.ts'
import { pathFrom, targetOf } from './target.ts'
import { isZone } from './zone.ts'

export interface ConfigFlags {
  readonly config?: string | undefined
  /** --env */
  readonly environment?: string | undefined
  readonly timeout?: string | undefined
  readonly tz?: string | undefined
  readonly output?: string | undefined
}

export interface ConfigWorld {
  readonly cwd: string
  readonly env: Env
  readonly flags: ConfigFlags
}

export const findConfig = ({ cwd, env, flags }: ConfigWorld): Promise<Found> =>
  findFiles({ cwd, env, only: flags.config ?? (env.ARXDB_CONFIG || undefined) })

/** Resolves all settings. Problems in a file, all of them, are one usage error. */
export async function loadConfig(world: ConfigWorld): Promise<Config> {
  const { files, problems, warnings } = await findConfig(world)
  if (problems.length > 0) throw invalid(problems, EXIT.usage, 'arxdb config check')
  return settle(world, files, warnings)
}

/** One setting on its way: the first place that has it wins. */
interface Pick {
  readonly key: string
  readonly flag?: readonly [name: string, value: string | undefined]
  readonly variable?: string
  readonly inFile: (config: FileConfig, path: string) => string | undefined
  readonly fallback?: string
}

function settle({ env, flags }: ConfigWorld, files: readonly FoundFile[], warnings: readonly string[]): Config {
  const settings: Setting[] = []
  const home = homeOf(env)
  const pick = ({ key, flag, variable, inFile, fallback }: Pick): Setting | undefined => {
    const candidates: readonly (readonly [string, string | undefined])[] = [
      // commander reads ARXDB_FORMAT into the flag: it is still the variable that said it.
      ...(flag && !(variable && flag[1] === env[variable]) ? [flag] : []),
      ...(variable ? [[variable, env[variable] || undefined] as const] : []),
      ...files.map(({ config, path }) => [path, inFile(config, path)] as const),
      ['default', fallback],
    ]
    const hit = candidates.find(([, value]) => value !== undefined)
    if (!hit) return undefined
    const setting = { key, value: hit[1]!, origin: hit[0] }
    settings.push(setting)
    return setting
  }
  const output = pick({
    key: 'output',
    flag: ['--output', flags.output],
    variable: 'ARXDB_FORMAT',
    inFile: (config) => config.output,
  })
  const timeout = pick({
    key: 'timeout',
    flag: ['--timeout', flags.timeout],
    variable: 'ARXDB_TIMEOUT',
    inFile: (config) => config.timeout,
    fallback: '30s',
  })!
  const tz = pick({
    key: 'tz',
    flag: ['--tz', flags.tz],
    variable: 'ARXDB_TZ',
    inFile: (config) => config.tz,
    fallback: 'UTC',
  })!
  const directory = pick({
    key: 'migrations.dir',
    variable: 'ARXDB_MIGRATIONS_DIR',
    inFile: ({ migrations }, path) => migrations?.dir && pathFrom(path, migrations.dir, home),
  })
  const idle = pick({
    key: 'local.idleStop',
    variable: 'ARXDB_IDLE_STOP',
    inFile: ({ local }) => local?.idleStop,
    fallback: '1h',
  })!
  const coins = merge(
    files,
    'coins',
    (config) => config.coins,
    settings,
    (id) => id,
  )
  const environments = merge(files, 'environments', (config) => config.environments, settings, environmentText)
  const policy = merge(files, 'policy', (config) => config.policy, settings, entryText)
  const fees = merge(files, 'fees', (config) => config.fees, settings, feesText, lowerCase)
  return {
    target: targetOf({ flag: flags.environment, variable: env.ARXDB_ENV }, files, home),
    output: output && known(output),
    timeoutMs: milliseconds(timeout),
    tz: zone(tz),
    coins: Object.fromEntries(Object.entries(coins).map(([alias, id]) => [alias.toLowerCase(), id])),
    environments,
    migrations: { dir: directory?.value },
    local: { idleStopMs: milliseconds(idle) },
    fees: Object.fromEntries(Object.entries(fees).map(([exchange, said]) => [exchange, exactFees(said)])),
    policy,
    backup: mergeBackup(files, settings, home),
    health: merge(files, 'health', (config) => config.health, settings, entryText),
    alerts: mergeAlerts(files, settings, home),
    files: files.map(({ path }) => path),
    warnings,
    settings,
    origin: (key) => settings.find((setting) => setting.key === key)?.origin ?? 'default',
  }
}

/** Entries by name over all files: a higher file replaces an entry as a whole, and leaves the others. */
function merge<T>(
  files: readonly FoundFile[],
  group: string,
  of: (config: FileConfig) => Readonly<Record<string, T>> | undefined,
  settings: Setting[],
  show: (value: T) => string,
  called: (name: string) => string = (name) => name,
): Readonly<Record<string, T>> {
  const merged: Record<string, T> = Object.create(null) as Record<string, T>
  for (const { config, path } of files) {
    for (const [written, value] of Object.entries(of(config) ?? {})) {
      const name = called(written)
      if (name in merged) continue
      merged[name] = value
      settings.push({ key: `${group}.${name}`, value: show(value), origin: path })
    }
  }
  return merged
}

const lowerCase = (name: string): string => name.toLowerCase()

const environmentText = ({ url, ...rest }: Environment): string =>
  [url && redact(url), ...Object.entries(rest).map(([key, value]) => `${key}=${value}`)].filter(Boolean).join(' ')

function milliseconds({ key, value, origin }: Setting): number {
  try {
    return parseDuration(value)
  } catch (error) {
    if (!(error instanceof ArxError)) throw error
    throw usageError(`${origin === '--timeout' ? origin : `${key} (from ${origin})`}: ${error.message}`, error.hint)
  }
}

/** An unknown zone would otherwise first be met by the server. */
function zone({ value, origin }: Setting): string {
  if (isZone(value)) return value
  throw usageError(`${origin}: no such time zone "${value}"`, 'write UTC or an IANA name such as Europe/Berlin')
}

function known({ value, origin }: Setting): (typeof OUTPUTS)[number] {
  const output = OUTPUTS.find((name) => name === value)
  if (!output) throw usageError(`${origin}: no such output format "${value}"`, `write one of ${OUTPUTS.join(', ')}`)
  return output
}
