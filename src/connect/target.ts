// What somebody said about the server to reach, before libpq's rules turn it into a Connection.

/** libpq's parameter names (`host`, `port`, `user`, `dbname`, `sslmode` ...) with what was said for each. */
export type Parameters = Readonly<Record<string, string>>

/** One place that names a server: a URL or conninfo string, a service, or single parameters. */
export interface Target {
  readonly url?: string | undefined
  readonly service?: string | undefined
  readonly parameters?: Parameters | undefined
  /** For messages: `--url`, `DATABASE_URL`, `arxdb.json env "prod"`. */
  readonly origin: string
  readonly production?: boolean | undefined
  readonly readOnly?: boolean | undefined
}

/** A target of the config file, and how it was picked: that decides what outranks it. */
export interface ConfiguredTarget extends Target {
  /** `flag`: --env NAME. `variable`: ARXDB_ENV. `file`: the file's own url or service. */
  readonly chosen: 'flag' | 'variable' | 'file'
}
