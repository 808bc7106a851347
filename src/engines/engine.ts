// What core may know of a database: it answers named statements, and says what it can do.
import type { StatementName, Statements } from '../statements/statements.gen.ts'

/** What the schema was made for; recorded in the migration ledger. */
export type Tier = 'plain' | 'apache' | 'community'

/** Things only some servers can do. Ask for the thing, never for the engine's name. */
export type Capability = 'hypertable' | 'columnstore' | 'continuous-aggregate' | 'jobs'

export interface ServerVersion {
  /** As server_version_num: 150018 is 15.18. */
  readonly server: number
  /** Installed TimescaleDB extension, e.g. `2.28.3`; null without it. */
  readonly timescaledb: string | null
}

/** Runs one statement of sql/ by name, inside the question's transaction. */
export type Ask = <N extends StatementName>(
  name: N,
  params: Statements[N]['params'],
) => Promise<readonly Statements[N]['row'][]>

export interface Engine {
  readonly tier: Tier
  readonly version: ServerVersion
  can(capability: Capability): boolean
  /** One read-only transaction with UTC, timeouts and JIT off; everything asked inside sees one snapshot. */
  question<T>(body: (ask: Ask) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export type { StatementName, Statements }
