// What a check needs and this server, role or run does not have.
import { type Check, type Need, NotJudged, quoted, type Server } from './check.ts'

interface Given {
  readonly server: Server
  /** A repository is configured. */
  readonly backups: boolean
}

/** The reason, with what would help; undefined where all is there. */
export function lacking(check: Pick<Check, 'needs'>, given: Given): NotJudged | undefined {
  for (const need of check.needs ?? []) {
    const missing = MISSING[need](given)
    if (missing) return missing
  }
  return undefined
}

const skipped = (message: string, hint?: string): NotJudged => new NotJudged('SKIPPED', message, hint)

const MISSING: Readonly<Record<Need, (given: Given) => NotJudged | undefined>> = {
  timescaledb: ({ server }) =>
    server.timescaledb === null ? skipped(`no TimescaleDB in database ${server.database}`) : undefined,
  community: ({ server }) =>
    server.timescaledb === null || !server.community ? skipped('needs TimescaleDB Community') : undefined,
  arxdb: ({ server }) => {
    if (!server.migrated) return skipped(`no arxdb schema in database ${server.database}`, 'arxdb migrate')
    if (server.readable) return undefined
    return new NotJudged(
      'UNKNOWN',
      `${server.role_name} may not look into schema arxdb`,
      `grant usage on schema arxdb to ${quoted(server.role_name)}; arxdb migrate grants`,
    )
  },
  primary: ({ server }) => (server.standby ? skipped('this is a standby') : undefined),
  standby: ({ server }) => (server.standby ? undefined : skipped('this is no standby')),
  repository: ({ backups }) =>
    backups ? undefined : skipped('no backup repository is configured', '"backup": {"repo": ...} in arxdb.json'),
}
