// The settings that have a server archive its WAL by arxdb, and the one that brings it back.
import type { Connection } from '../../connect/connection.ts'
import { literal } from '../../db/identifier.ts'
import { translate } from '../../db/sqlstate.ts'
import { openSession, reading } from '../../storage/session.ts'

export interface SetupFacts {
  /** Absolute paths of Node and of bin/arxdb.js. */
  readonly node: string
  readonly script: string
  readonly repo: string
  /** Given by flag or config: the server's user looks elsewhere for the default. */
  readonly keyFile: string | undefined
  readonly encrypt: boolean
  readonly compression: string
  readonly s3: readonly string[]
}

export interface WalSetting {
  readonly name: string
  readonly value: string
  readonly current: string | null
  readonly needs: 'restart' | 'reload' | null
  readonly why: string
}

/** One word for sh: quoted where it must be, without a backslash, which postgresql.conf has a meaning for. `%` is PostgreSQL's own sign, doubled for itself. */
export const shellWord = (word: string): string =>
  (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`).replaceAll('%', '%%')

function command(facts: SetupFacts, verb: 'push' | 'fetch', operands: string): string {
  const { node, script, repo, keyFile, encrypt, compression, s3 } = facts
  const flags = [
    ...['--repo', repo],
    ...(keyFile === undefined ? [] : ['--key-file', keyFile]),
    ...s3,
    ...(verb === 'push' && encrypt ? ['--encrypt'] : []),
    ...(verb === 'push' && compression !== 'zstd' ? ['--compression', compression] : []),
  ]
  return `${[node, script, 'wal', verb].map(shellWord).join(' ')} ${operands} ${flags.map(shellWord).join(' ')}`
}

export const archiveCommand = (facts: SetupFacts): string => command(facts, 'push', '%p')
/** Node itself ends with 1 where the script is gone, as on a host without this arxdb: for PostgreSQL the end of the archive. */
export const restoreCommand = (facts: SetupFacts): string =>
  `test -r ${shellWord(facts.script)} || exit 255; ${command(facts, 'fetch', '%f %p')}`

/** What is to be set, beside what the server has; current is null without a connection. */
export async function planSetup(facts: SetupFacts, connection: Connection | undefined): Promise<readonly WalSetting[]> {
  const current = connection ? await readSettings(connection) : new Map<string, string>()
  const wanted: readonly (readonly [string, string, 'restart' | 'reload', string])[] = [
    [
      'wal_level',
      current.get('wal_level') === 'logical' ? 'logical' : 'replica',
      'restart',
      'WAL that a base backup can be recovered with',
    ],
    ['archive_mode', current.get('archive_mode') === 'always' ? 'always' : 'on', 'restart', 'the archiver runs'],
    ['archive_command', archiveCommand(facts), 'reload', 'each finished segment goes into the repository'],
    [
      'archive_timeout',
      '60s',
      'reload',
      'what a quiet server has written is archived after a minute: the most that is lost',
    ],
    ['restore_command', restoreCommand(facts), 'reload', 'for a recovery; a running server does not use it'],
  ]
  return wanted.map(([name, value, how, why]) => {
    const now = current.get(name) ?? null
    const same = now === value || (name === 'archive_timeout' && now !== null && /^[1-9]/.test(now))
    return { name, value: same && now !== null ? now : value, current: now, needs: same ? null : how, why }
  })
}

async function readSettings(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const session = await openSession(connection, {
    ...{ statementTimeoutMs: 10_000, lockTimeoutMs: 2_000 },
    command: 'wal setup',
  })
  try {
    const rows = await reading(session, (run) => run<{ name: string; value: string }>('backup/wal-settings'))
    return new Map(rows.map(({ name, value }) => [name, value]))
  } finally {
    await session.close()
  }
}

/** The statements that set what differs. */
export const setupSql = (settings: readonly WalSetting[]): readonly string[] =>
  settings
    .filter(({ needs }) => needs !== null)
    .map(({ name, value }) => `alter system set ${name} = ${literal(value)}`)

/** Runs them and reloads; what needs a restart waits for one. */
export async function applySetup(connection: Connection, settings: readonly WalSetting[]): Promise<void> {
  const session = await openSession(connection, {
    ...{ statementTimeoutMs: 10_000, lockTimeoutMs: 2_000 },
    command: 'wal setup',
  })
  try {
    // ALTER SYSTEM refuses to run in a transaction.
    for (const statement of setupSql(settings)) await session.client.query(statement)
    await session.client.query('select pg_reload_conf()')
  } catch (error) {
    throw translate(error, connection)
  } finally {
    await session.close()
  }
}
