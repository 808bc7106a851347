// The face of tuning: what the commands call.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { translate } from '../../db/sqlstate.ts'
import type { Client } from '../../storage/session.ts'
import { type Applied, applySettings, applySql, settable } from './apply.ts'
import { compared, type TuneRow, warnings } from './compare.ts'
import { described } from './machine.ts'
import { type Asked, survey } from './survey.ts'

export interface Tuning {
  readonly rows: readonly TuneRow[]
  /** `2 processors and 24 GB of memory (this machine)`. */
  readonly machine: string
  readonly warnings: readonly string[]
  /** What --apply would send. */
  readonly sql: readonly string[]
}

/** What the settings should be, beside what they are. Usage error where the machine is not known. */
export const tune = (connection: Connection, asked: Asked): Promise<Tuning> =>
  connected(connection, (client) => tuning(client, asked))

/** Applies what differs and can be; `agree` is asked first, and throws where it is not agreed to. */
export const applyTuning = (
  connection: Connection,
  asked: Asked,
  agree: (rows: readonly TuneRow[]) => Promise<void>,
): Promise<Tuning & { readonly applied: Applied | undefined }> =>
  connected(connection, async (client) => {
    const found = await tuning(client, asked)
    const rows = settable(found.rows)
    if (rows.length === 0) return { ...found, applied: undefined }
    await agree(rows)
    return { ...found, applied: await applySettings(client, rows, connection) }
  })

/** Lines for postgresql.conf: every setting, as it should be. */
export const confText = ({ rows, machine }: Tuning): string =>
  [
    `# arxdb tune: ${machine}`,
    ...rows.map((row, index) => {
      const heading = row.group === rows[index - 1]?.group ? '' : `\n# ${row.group}\n`
      return `${heading}${row.setting} = ${plain(row.recommended)}  # ${row.reason}`
    }),
    '',
  ].join('\n')

/** A value of a file: words as they are, all else in quotes. */
const plain = (value: string): string => (/^[\w.-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`)

async function tuning(client: Client, asked: Asked): Promise<Tuning> {
  const { server, machine, wishes } = await survey(client, asked)
  const rows = wishes.flatMap((wish) => compared(wish, server) ?? [])
  return {
    ...{ rows, warnings: warnings(server, machine), sql: applySql(rows) },
    machine: `${described(machine)} (${machine.origin})`,
  }
}

async function connected<T>(connection: Connection, body: (client: Client) => Promise<T>): Promise<T> {
  const client = await openClient(connection)
  try {
    return await body(client)
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await client.end().catch(() => {})
  }
}
