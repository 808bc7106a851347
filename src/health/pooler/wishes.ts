// What PgBouncer should be told for a server that arxdb and others work on. In transaction mode: arxdb sends no startup
// parameters, leaves no setting behind in a session, and prepares no statement by name.

/** What the server has, for its pooler. */
export interface Behind {
  readonly cpus: number
  /** Of the server, without those that are kept for superusers. */
  readonly places: number
  readonly role_name: string
}

export interface PoolerWish {
  readonly key: string
  readonly value: string
  /** Whether another value is as good; only the same one where it is left out. */
  readonly suits?: ((current: string) => boolean) | undefined
  readonly reason: string
}

const above =
  (least: number, most = Number.POSITIVE_INFINITY) =>
  (text: string): boolean =>
    Number(text) >= least && Number(text) <= most

const FEW = 20

/** In the order that they stand in the file. */
export function poolerWishes({ cpus, places, role_name }: Behind): readonly PoolerWish[] {
  const most = Math.max(1, Math.floor(places * 0.8))
  const size = Math.max(1, Math.min(Math.max(FEW, cpus * 8), Math.floor(most / 2)))
  return [
    {
      ...{ key: 'listen_addr', value: '127.0.0.1', suits: (text) => text !== '*' && text !== '0.0.0.0' },
      reason: 'only where clients are; on every address anybody may try passwords',
    },
    { key: 'listen_port', value: '6432', suits: above(1), reason: 'the usual one' },
    {
      ...{ key: 'auth_type', value: 'scram-sha-256', suits: (text) => ['cert', 'hba', 'pam'].includes(text) },
      reason: 'passwords are neither sent nor kept; trust and any let everybody in, md5 can be guessed',
    },
    {
      ...{ key: 'pool_mode', value: 'transaction' },
      reason:
        'a connection of the server for each transaction; session keeps it for idle clients, statement breaks transactions',
    },
    {
      ...{ key: 'max_client_conn', value: '1000', suits: above(1000) },
      reason: 'clients cost the pooler 2 kB each; it needs as many open files (ulimit -n)',
    },
    {
      ...{ key: 'default_pool_size', value: String(size), suits: above(Math.min(5, size), most) },
      reason: `connections of the server for each user and database: what ${cpus} processors keep busy, with some that wait`,
    },
    {
      key: 'reserve_pool_size',
      value: '5',
      suits: above(0, most),
      reason: 'more, for clients that have waited too long',
    },
    { key: 'reserve_pool_timeout', value: '3', suits: above(1), reason: 'seconds that are too long' },
    {
      ...{ key: 'max_db_connections', value: String(most), suits: above(1, places) },
      reason: `for all users together: of ${places} places of the server a fifth stays for backups, migrations and maintain`,
    },
    { key: 'server_idle_timeout', value: '600', suits: above(1), reason: 'seconds until what nobody uses is closed' },
    { key: 'server_lifetime', value: '3600', suits: above(1), reason: 'caches of a session do not grow for ever' },
    {
      ...{ key: 'query_wait_timeout', value: '120', suits: above(1) },
      reason: 'a client that gets no connection is told so, and does not hang',
    },
    {
      ...{ key: 'query_timeout', value: '0', suits: (text) => Number(text) === 0 },
      reason: 'arxdb limits its statements itself; here it would cut loads and close their connection',
    },
    {
      ...{ key: 'ignore_startup_parameters', value: 'extra_float_digits' },
      suits: (text) => text.split(/,\s*/).includes('extra_float_digits'),
      reason: 'for other clients (JDBC); arxdb sends none',
    },
    {
      ...{ key: 'server_reset_query_always', value: '0', suits: (text) => Number(text) === 0 },
      reason: 'arxdb leaves nothing behind in a session that a query would have to reset',
    },
    { key: 'admin_users', value: role_name, suits: (text) => text !== '', reason: 'who may look at it, and reload it' },
  ]
}
