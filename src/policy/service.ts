// The face of the policy area: what the commands call. Functions return plain data or throw an ArxError.
import type { Connection } from '../connect/connection.ts'
import type { Tier } from '../engines/engine.ts'
import { openSession } from '../storage/session.ts'
import * as applying from './apply.ts'
import * as exporting from './export.ts'
import * as planning from './plan.ts'
import * as running from './run/run.ts'
import * as showing from './show.ts'
import type { WrittenPolicy } from './wanted.ts'

/** What of the config a policy command needs. */
export interface Settings {
  readonly policy: Readonly<Record<string, WrittenPolicy>>
  readonly timeoutMs: number
}

export const show = (connection: Connection, { policy, timeoutMs }: Settings) =>
  showing.showPolicies(connection, policy, timeoutMs)

export const plan = (connection: Connection, { policy, timeoutMs }: Settings) =>
  planning.planPolicies(connection, policy, timeoutMs)

/** The plan as a script for psql. */
export const { planText } = planning

export const apply = (
  connection: Connection,
  { policy, timeoutMs }: Settings,
  options: Pick<applying.ApplyOptions, 'signal' | 'agree'>,
) => applying.applyPolicies(connection, policy, { ...options, timeoutMs })

export const run = (connection: Connection, options: running.RunOptions) => running.runPolicies(connection, options)

/** The wanted state as SQL, for the tier of the database or for another. */
export async function exportSql(
  connection: Connection,
  { policy, timeoutMs }: Settings,
  tier?: Tier | undefined,
): Promise<string> {
  const limits = { statementTimeoutMs: timeoutMs, lockTimeoutMs: 5_000, command: 'policy export' }
  const session = await openSession(connection, limits)
  try {
    return await exporting.exportPolicies(session, policy, tier)
  } finally {
    await session.close()
  }
}
