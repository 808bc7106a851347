// libpq's connection parameters: which arxdb follows, which change nothing here, which it refuses and why.
import { usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import type { Parameters } from './target.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Followed, with the variable that fills each in. */
const FOLLOWED: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  dbname: 'PGDATABASE',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  service: '',
}

/** Tuning of libpq itself, or set by arxdb: application_name is arxdb/<command>, the encoding UTF-8. */
const IGNORED = [
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'sslcompression',
  'sslsni',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
  'load_balance_hosts',
]

interface Refusal {
  readonly variable?: string
  /** Values that ask for nothing beyond what arxdb does anyway. */
  readonly harmless: readonly string[]
  readonly why: string
}

const NOT_ENFORCED = 'arxdb cannot enforce it, and would connect with less than you asked for'

const REFUSED: Readonly<Record<string, Refusal>> = {
  options: { harmless: [''], why: 'startup parameters do not pass a connection pooler; use alter role ... set' },
  replication: { harmless: ['', 'false', 'off', 'no', '0'], why: 'arxdb opens no replication connections' },
  target_session_attrs: {
    variable: 'PGTARGETSESSIONATTRS',
    harmless: ['', 'any', 'prefer-standby'],
    why: 'it picks one of several hosts, and arxdb takes a single one',
  },
  channel_binding: { variable: 'PGCHANNELBINDING', harmless: ['', 'prefer', 'disable'], why: NOT_ENFORCED },
  require_auth: { variable: 'PGREQUIREAUTH', harmless: [''], why: NOT_ENFORCED },
  requirepeer: { variable: 'PGREQUIREPEER', harmless: [''], why: NOT_ENFORCED },
  gssencmode: { variable: 'PGGSSENCMODE', harmless: ['', 'prefer', 'disable'], why: NOT_ENFORCED },
  sslcrl: { variable: 'PGSSLCRL', harmless: [''], why: NOT_ENFORCED },
  sslcrldir: { variable: 'PGSSLCRLDIR', harmless: [''], why: NOT_ENFORCED },
  sslpassword: { harmless: [''], why: 'keep the key without a passphrase, in a file only you can read' },
  sslcertmode: { variable: 'PGSSLCERTMODE', harmless: ['', 'allow'], why: NOT_ENFORCED },
  sslnegotiation: { variable: 'PGSSLNEGOTIATION', harmless: ['', 'postgres'], why: 'direct TLS is not supported' },
  ssl_min_protocol_version: {
    variable: 'PGSSLMINPROTOCOLVERSION',
    harmless: ['', 'TLSv1', 'TLSv1.1', 'TLSv1.2'],
    why: NOT_ENFORCED,
  },
  ssl_max_protocol_version: { variable: 'PGSSLMAXPROTOCOLVERSION', harmless: ['', 'TLSv1.3'], why: NOT_ENFORCED },
}

/**
 * Managed PostgreSQL hands out URLs with channel_binding=require: there the wish is met as far as SCRAM over TLS
 * goes, so it is a warning and no refusal.
 */
const WARN_ONLY = new Set(['channel_binding'])

const KNOWN = new Set([...Object.keys(FOLLOWED), ...IGNORED, ...Object.keys(REFUSED)])

/** Throws for parameters that libpq does not know either, and for those that cannot be honoured. */
export function checkParameters(parameters: Parameters, origin: string): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!KNOWN.has(name)) {
      const [near] = nearest(name, KNOWN, 1)
      throw usageError(
        `${origin}: "${name}" is no connection parameter`,
        near ? `write ${near}` : origin === 'DATABASE_URL' ? 'set ARXDB_URL for arxdb alone' : undefined,
      )
    }
    const refused = REFUSED[name]
    if (refused && !refused.harmless.includes(value) && !WARN_ONLY.has(name)) {
      throw usageError(`${origin}: ${name}=${name === 'sslpassword' ? '***' : value} is refused: ${refused.why}`)
    }
  }
}

/** What deserves a word although it does not stop the connection. */
export function parameterWarnings(parameters: Parameters, env: Env): readonly string[] {
  const warnings: string[] = []
  if (parameters.channel_binding === 'require') warnings.push('channel_binding=require is not enforced')
  if (env.PGOPTIONS) warnings.push('PGOPTIONS is ignored: startup parameters do not pass a connection pooler')
  return warnings
}

/** `parameters` with the gaps filled from PG* variables. A parameter said to be empty stays so, as in libpq. */
export function fillFromEnv(parameters: Parameters, env: Env): Parameters {
  const filled: Record<string, string> = { ...parameters }
  const variables = Object.entries(FOLLOWED).filter(([, variable]) => variable !== '')
  const checked = Object.entries(REFUSED).flatMap(([name, { variable }]) =>
    variable ? [[name, variable] as const] : [],
  )
  for (const [name, variable] of [...variables, ...checked]) {
    const value = env[variable]
    if (filled[name] !== undefined || value === undefined) continue
    if (REFUSED[name]) checkParameters({ [name]: value }, variable)
    filled[name] = value
  }
  return filled
}

/** The variables that say where a server is; PGUSER, PGPASSWORD and PGSSLMODE alone only say how to log in. */
const PLACES = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE']
export const placesInEnv = (env: Env): readonly string[] => PLACES.filter((name) => env[name])
