// Asks health of a test's database, as the command would.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Connection } from '../../src/connect/connection.ts'
import type { Repository } from '../../src/health/check.ts'
import type { Finding } from '../../src/health/model.ts'
import { health } from '../../src/health/service.ts'
import type { WrittenThresholds } from '../../src/health/thresholds.ts'

export interface Asking {
  /** As in the config. */
  readonly thresholds?: WrittenThresholds
  /** A folder that is remembered in; a new one each time when left out. */
  readonly state?: string
  readonly backups?: Repository
  readonly now?: () => Date
  readonly timeoutMs?: number
}

/** Findings of the named checks (all when none is named), `connection` in front. */
export async function examined(
  connection: Connection,
  names: readonly string[],
  asking: Asking = {},
): Promise<readonly Finding[]> {
  const own = asking.state === undefined ? mkdtempSync(join(tmpdir(), 'arxdb-health-')) : undefined
  try {
    const settings = { health: asking.thresholds ?? {}, timeoutMs: asking.timeoutMs ?? 30_000 }
    const report = await health(
      async () => connection,
      names,
      settings,
      { warn: [], crit: [] },
      {
        env: { XDG_STATE_HOME: asking.state ?? own!, HOME: '/nonexistent' },
        ...{ signal: new AbortController().signal, command: 'health', now: asking.now ?? (() => new Date()) },
        backups: asking.backups,
      },
    )
    return report.findings
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true })
  }
}

/** The findings of one check. */
export async function checked(connection: Connection, name: string, asking: Asking = {}): Promise<readonly Finding[]> {
  return (await examined(connection, [name], asking)).filter(({ check }) => check === name)
}

/** A session that stays until it is ended: holds a lock, sleeps, idles in a transaction. */
export async function session(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}
