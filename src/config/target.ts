// The server that the config names: by --env, by ARXDB_ENV, or the file's own url or service.
import { dirname, resolve } from 'node:path'
import type { ConfiguredTarget, Parameters } from '../connect/target.ts'
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { FoundFile } from './find.ts'
import type { Environment } from './schema.ts'

export interface Wish {
  /** --env */
  readonly flag?: string | undefined
  /** ARXDB_ENV */
  readonly variable?: string | undefined
}

/** A path as the file's author meant it: below the home, or beside the file. */
export const pathFrom = (file: string, path: string, home: string): string =>
  path.startsWith('~/') ? resolve(home, path.slice(2)) : resolve(dirname(file), path)

/** The server meant, undefined when the config names none. An unknown name is a usage error with the nearest. */
export function targetOf(wish: Wish, files: readonly FoundFile[], home: string): ConfiguredTarget | undefined {
  const name = wish.flag ?? (wish.variable || undefined)
  if (name === undefined) {
    const file = files.find(({ config }) => config.url !== undefined || config.service !== undefined)
    return file && { chosen: 'file', url: file.config.url, service: file.config.service, origin: file.name }
  }
  const file = files.find(({ config }) => config.environments && Object.hasOwn(config.environments, name))
  if (!file) throw unknown(name, wish, files)
  const environment = file.config.environments![name]!
  const { url, service, production, readOnly } = environment
  const parameters = environment.host === undefined ? undefined : parametersOf(environment, file.path, home)
  const origin = `${file.name} env "${name}"`
  return {
    chosen: wish.flag === undefined ? 'variable' : 'flag',
    url,
    service,
    parameters,
    origin,
    production,
    readOnly,
  }
}

function unknown(name: string, { flag }: Wish, files: readonly FoundFile[]): Error {
  const names = [...new Set(files.flatMap(({ config }) => Object.keys(config.environments ?? {})))]
  const said = flag === undefined ? 'ARXDB_ENV=' : '--env '
  const [near] = nearest(name, names, 1)
  const hint = near
    ? `${said}${near}`
    : names.length > 0
      ? `one of ${names.join(', ')}`
      : 'add it to arxdb.json: {"environments": {...}}'
  return usageError(
    `no environment "${name}" in ${files.map((file) => file.name).join(' or ') || 'any config file'}`,
    hint,
  )
}

function parametersOf(environment: Environment, file: string, home: string): Parameters {
  const { host, port, user, database, sslmode, sslrootcert } = environment
  const root = sslrootcert === undefined || sslrootcert === 'system' ? sslrootcert : pathFrom(file, sslrootcert, home)
  const all = { host, port: port?.toString(), user, dbname: database, sslmode, sslrootcert: root }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
