// How to reach one PostgreSQL server; what every way of naming one (URL, service, PG*, config, local) resolves to.

export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Checked against the certificate's name with `verify-full` only. */
  readonly checkServerIdentity?: () => undefined
}

export interface Connection {
  /** Host name, address, or the directory of a Unix socket (starts with `/`). */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** Asked once per connection attempt, so that a changed .pgpass is seen and nothing lies around in memory. */
  readonly password?: (() => Promise<string | undefined>) | undefined
  /** `prefer` tries TLS and falls back, as libpq does. */
  readonly tls: false | 'prefer' | TlsOptions
  readonly connectTimeoutMs: number
  /** Where it came from, for messages: `--url`, `DATABASE_URL`, `arxdb.json env "prod"`, `the local server`... */
  readonly origin: string
  /** From a named environment: mutations need --yes, or are refused altogether. */
  readonly production?: boolean
  readonly readOnly?: boolean
}

/** The connection as a person may see it: never the password. */
export const describe = (c: Connection): string =>
  `${c.user}@${/[/:]/.test(c.host) ? `[${c.host}]` : c.host}:${c.port}/${c.database}`
