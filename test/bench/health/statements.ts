// The statements that one `health` sends, each to be asked what it cost the server.
import type pg from 'pg'
import type { Connection } from '../../../src/connect/connection.ts'
import { listening } from '../../health/listening.ts'
import { examined } from '../../health/scene.ts'

export interface Measured {
  readonly title: string
  /** Milliseconds, as the server counts them. */
  readonly ask: (client: pg.Client) => Promise<{ readonly plan: number; readonly run: number }>
}

/** Those of a whole examination, in its order and with its parameters. */
export async function statementsOf(connection: Connection): Promise<readonly Measured[]> {
  const transactions = await listening(() => examined(connection, []))
  return transactions
    .flatMap(({ statements }) => statements)
    .map(({ text, values }) => ({
      title: text.split('\n')[0]!.replace(/^-- /, ''),
      async ask(client) {
        await client.query('begin read only; set local jit = off')
        const { rows } = await client.query(`explain (analyze, timing off, format json) ${text}`, [...values])
        await client.query('commit')
        const [plan] = rows[0]['QUERY PLAN']
        return { plan: plan['Planning Time'], run: plan['Execution Time'] }
      },
    }))
}
