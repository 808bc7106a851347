// The servers that can be made from the PostgreSQL of this machine, or from the one that npm brought.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseBinaries } from '../../src/embedded/binaries.ts'
import { homeAt } from '../../src/embedded/home.ts'
import { type Account, caller, canReach, identity, unprivilegedAccount } from '../../src/programs/account.ts'
import { serverEnv } from '../../src/programs/run.ts'
import { type Installation, type OwnServer, startServer } from './server.ts'

/** PostgreSQL of this machine that the suite can run servers with. */
export interface Found {
  /** What TimescaleDB beside it offers; it is loaded only where a tier asks for it. */
  readonly tier: 'plain' | 'apache' | 'community'
  readonly installation: Installation
  /** For the summary. */
  readonly where: string
  /** Removes what was copied for it. */
  discard(): void
}

/** A folder for temporary folders that the server's account can enter: root's own TMPDIR may be closed to it. */
const temporaryFolder = (account: Account | undefined): string =>
  [tmpdir(), '/tmp', '/var/tmp'].find((folder) => !account || canReach(account, folder)) ?? tmpdir()

/** ARXDB_PG_BINDIR, else the best installed PostgreSQL >= 15, else npm's. Throws with the reason when there is none. */
export async function findPostgres(): Promise<Found> {
  const account = caller().uid === 0 ? unprivilegedAccount() : undefined
  const temporary = temporaryFolder(account)
  // npm's binaries are copied to where the account can reach them.
  const copies = mkdtempSync(join(temporary, `arxdb-test-${process.pid}-`))
  const discard = () => rmSync(copies, { recursive: true, force: true })
  try {
    chmodSync(copies, 0o755)
    const found = await chooseBinaries(homeAt(copies, account), { env: process.env, account })
    const { bindir, tier, source } = found
    const installation: Installation = {
      bindir,
      prefix: [],
      options: { env: serverEnv(process.env), ...identity(account) },
      owner: account,
      temporary: { here: temporary, inside: temporary },
      settings: [],
    }
    return { tier, installation, where: source === 'bundled' ? 'brought by npm' : bindir, discard }
  } catch (error) {
    discard()
    throw error
  }
}

export const TIMESCALEDB_SETTINGS = [
  'shared_preload_libraries=timescaledb',
  'timescaledb.telemetry_level=off',
  'timescaledb.max_background_workers=8',
]

/** A server from what was found, with TimescaleDB loaded or without. */
export const startFound = (found: Found, timescaledb: boolean): Promise<OwnServer> =>
  startServer({ ...found.installation, settings: timescaledb ? TIMESCALEDB_SETTINGS : [] })
