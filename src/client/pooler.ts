// Whether a pooler stands between: behind one, a named prepared statement may be met by a backend that never saw it.
import type pg from 'pg'

/**
 * A pooler answers the login itself and makes up the process id it sends (measured with PgBouncer); the server's own
 * login names the backend that runs our statements.
 */
export async function isDirect(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid === (client as unknown as { processID: number | null }).processID
}
