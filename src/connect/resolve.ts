// Which server, and how to log in: the first place that names one wins, and libpq's rules fill in the rest.
//
//   --url, --service, --env   said for this run; two of them are a contradiction
//   PGSERVICE
//   ARXDB_URL, ARXDB_ENV      ARXDB_ENV picks a named environment as --env does
//   DATABASE_URL
//   PGHOST, PGHOSTADDR, PGPORT or PGDATABASE
//   url or service of the config file
//
// Whatever won, what it leaves open (user, password, sslmode ...) comes from its service and then from PG*.
import { join } from 'node:path'
import { ArxError, EXIT, usageError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { parseConninfo } from './conninfo.ts'
import { diskFiles, type Files } from './files.ts'
import { fillFromEnv, parameterWarnings, placesInEnv } from './parameters.ts'
import { readPassword } from './passfile.ts'
import { redact } from './redact.ts'
import { readService } from './service-file.ts'
import type { ConfiguredTarget, Parameters, Target } from './target.ts'
import { tlsOf } from './tls.ts'

export interface ResolveOptions {
  readonly flags: { readonly url?: string | undefined; readonly service?: string | undefined }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Config.target. */
  readonly configured?: ConfiguredTarget | undefined
  readonly homeDirectory: string
  /** The account's name, libpq's default user. */
  readonly systemUser: string
  readonly warn?: ((text: string) => void) | undefined
  /** Default: the disk. */
  readonly files?: Files | undefined
}

/** The server that was configured; undefined when none was, and the local server is meant. */
export async function resolveConnection(options: ResolveOptions): Promise<Connection | undefined> {
  const target = chooseTarget(options)
  return target && connectionOf(target, options)
}

/** First hit wins; see the head of this file. */
export function chooseTarget({ flags, env, configured }: ResolveOptions): Target | undefined {
  const by = (chosen: ConfiguredTarget['chosen']) => (configured?.chosen === chosen ? configured : undefined)
  const said = [flags.url !== undefined && '--url', flags.service !== undefined && '--service', by('flag') && '--env']
  const given = said.filter(Boolean)
  if (given.length > 1) throw usageError(`${given.join(' and ')} both name a server`, 'keep one of them')
  if (flags.url !== undefined) return { url: withoutPassword(flags.url), origin: '--url' }
  if (flags.service === '') throw usageError('--service is empty')
  if (flags.service) return { service: flags.service, origin: `--service ${flags.service}` }
  if (by('flag')) return by('flag')
  if (env.PGSERVICE) return { service: env.PGSERVICE, origin: `PGSERVICE=${env.PGSERVICE}` }
  if (env.ARXDB_URL) return { url: env.ARXDB_URL, origin: 'ARXDB_URL' }
  if (by('variable')) return by('variable')
  if (env.DATABASE_URL) return { url: env.DATABASE_URL, origin: 'DATABASE_URL' }
  const places = placesInEnv(env)
  if (places.length > 0) return { parameters: {}, origin: places.join(', ') }
  return by('file')
}

/** Command lines are seen by every user of the machine and kept in the shell's history. */
function withoutPassword(url: string): string {
  if (url === '') throw usageError('--url is empty', '--url postgres://user@host:5432/database')
  const { password, sslpassword } = parseConninfo(url, '--url')
  if (!password && !sslpassword) return url
  throw new ArxError({
    code: 'usage',
    message: `--url ${redact(url)} carries a password, and command lines are no place for one`,
    detail: 'other users can read it in the list of processes, and the shell keeps it in its history',
    hint: 'put it in ~/.pgpass or PGPASSWORD and leave it out of --url, or set the whole URL as ARXDB_URL',
    exit: EXIT.usage,
  })
}

async function parametersOf(target: Target, options: ResolveOptions, files: Files): Promise<Parameters> {
  const said = target.url === undefined ? (target.parameters ?? {}) : parseConninfo(target.url, target.origin)
  const service = said.service || target.service
  const filled = service ? { ...(await readService(service, { ...options, files })), ...said } : said
  return fillFromEnv(filled, options.env)
}

async function connectionOf(target: Target, options: ResolveOptions): Promise<Connection> {
  const files = options.files ?? diskFiles
  const { origin } = target
  const warn = onlyOnce(options.warn)
  const parameters = await parametersOf(target, options, files)
  for (const text of parameterWarnings(parameters, options.env)) warn(text)
  const port = portOf(parameters.port, origin)
  const user = parameters.user || options.systemUser
  const database = parameters.dbname || user
  const place = await placeOf(parameters, port, files, origin)
  const tls = place.host.startsWith('/') ? false : await tlsOf(parameters, options.homeDirectory, files, origin)
  if (parameters.hostaddr && typeof tls === 'object' && tls.rejectUnauthorized && !tls.checkServerIdentity) {
    throw usageError(`${origin}: hostaddr and sslmode=verify-full do not go together`, 'name the server by host alone')
  }
  const passfile = parameters.passfile || join(options.homeDirectory, '.pgpass')
  const key = { hosts: place.names, port, database, user }
  return {
    host: place.host,
    port,
    user,
    database,
    password: async () => parameters.password || readPassword(passfile, key, files, warn),
    tls,
    connectTimeoutMs: timeoutOf(parameters.connect_timeout, origin),
    origin,
    ...(target.production === undefined ? {} : { production: target.production }),
    ...(target.readOnly === undefined ? {} : { readOnly: target.readOnly }),
  }
}

interface Place {
  readonly host: string
  /** What .pgpass may call it. */
  readonly names: readonly string[]
}

/** libpq has one of these compiled in: Debian's builds the first, upstream's the second. */
const SOCKET_DIRECTORIES = ['/var/run/postgresql', '/tmp']

async function placeOf({ host, hostaddr }: Parameters, port: number, files: Files, origin: string): Promise<Place> {
  if (/[,]/.test(`${host ?? ''}${hostaddr ?? ''}`)) {
    throw usageError(`${origin}: several hosts are not supported`, 'name one server')
  }
  if (hostaddr) return { host: hostaddr, names: [host || hostaddr] }
  if (host?.startsWith('@')) throw usageError(`${origin}: abstract sockets are not supported`)
  if (host) return { host, names: SOCKET_DIRECTORIES.includes(host) ? [host, 'localhost'] : [host] }
  for (const directory of SOCKET_DIRECTORIES) {
    const socket = await files.info(join(directory, `.s.PGSQL.${port}`))
    if (socket?.isSocket) return { host: directory, names: ['localhost', directory] }
  }
  return { host: 'localhost', names: ['localhost'] }
}

function portOf(text: string | undefined, origin: string): number {
  if (!text) return 5432
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw usageError(`${origin}: "${text}" is no port`, 'a port is a number from 1 to 65535')
}

/** Seconds in libpq; none means ten here, 0 waits for ever. */
function timeoutOf(text: string | undefined, origin: string): number {
  if (!text) return 10_000
  if (!/^\s*-?\d{1,6}\s*$/.test(text)) throw usageError(`${origin}: connect_timeout "${text}" is no number of seconds`)
  return Math.max(0, Number(text)) * 1000
}

function onlyOnce(warn: ((text: string) => void) | undefined): (text: string) => void {
  const said = new Set<string>()
  return (text) => {
    if (!said.has(text)) warn?.(text)
    said.add(text)
  }
}
