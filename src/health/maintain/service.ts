// The face of upkeep: what the command calls.
import type { Connection } from '../../connect/connection.ts'
import * as maintaining from './maintain.ts'

export const maintain = (connection: Connection, options: maintaining.MaintainOptions) =>
  maintaining.maintain(connection, options)

/** What a run would send, for psql. */
export const planned = (connection: Connection, signal: AbortSignal) => maintaining.maintainSql(connection, signal)
