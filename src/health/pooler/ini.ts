// pgbouncer.ini, with the reason for each of its lines.
import type { Connection } from '../../connect/connection.ts'
import type { PoolerWish } from './wishes.ts'

/** Where Debian's package looks. */
const FILES = {
  auth_file: '/etc/pgbouncer/userlist.txt',
  logfile: '/var/log/postgresql/pgbouncer.log',
  pidfile: '/var/run/postgresql/pgbouncer.pid',
  unix_socket_dir: '/var/run/postgresql',
}

const name = (text: string): string => (/^[a-z_][a-z0-9_-]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`)
const value = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`)

export function poolerIni(wishes: readonly PoolerWish[], { host, port, database }: Connection): string {
  const lines = wishes.map((wish) => `; ${wish.reason}\n${wish.key} = ${wish.value}`)
  return [
    '; arxdb tune pgbouncer: transaction mode, which arxdb works with',
    '[databases]',
    `${name(database)} = host=${value(host)} port=${port} dbname=${value(database)}`,
    '',
    '[pgbouncer]',
    ...lines,
    '; one line a role: select format(\'"%s" "%s"\', rolname, rolpassword) from pg_authid where rolcanlogin',
    ...Object.entries(FILES).map(([key, path]) => `${key} = ${path}`),
    '',
  ].join('\n')
}
