// The server's side: what its settings, its archiver, its slots and this role mean for backups.
import type { Connection } from '../../connect/connection.ts'
import { openSession, type Run, reading } from '../../storage/session.ts'
import type { Kind } from '../settings.ts'
import { type Archiver, readArchiver } from '../wal/status.ts'
import { judgeArchiveCommand, judgeRestoreCommand } from './command-text.ts'
import { type Finding, ok, problem, skipped, warning } from './finding.ts'
import {
  type Facts,
  judgeLocks,
  judgePrivileges,
  judgeSettings,
  judgeSlots,
  type Settings,
  type Slot,
} from './judge.ts'

export interface ServerSide {
  readonly findings: readonly Finding[]
  readonly facts: Facts
}

/** Asks the server, and judges what it says for backups of that kind. */
export async function examineServer(connection: Connection, kind: Kind): Promise<ServerSide> {
  const session = await openSession(connection, {
    ...{ statementTimeoutMs: 10_000, lockTimeoutMs: 2_000 },
    command: 'backup doctor',
  })
  try {
    return await reading(session, async (run) => {
      const facts = (await run<Facts>('backup/doctor-facts'))[0]!
      const rows = await run<{ name: string; value: string }>('backup/doctor-settings')
      const settings: Settings = new Map(rows.map(({ name, value }) => [name, value]))
      const findings = [
        ...judgeSettings(settings, facts, kind),
        ...judgeArchiving(settings, await readArchiver(run)),
        ...judgeRestoreCommand(settings.get('restore_command') ?? ''),
        ...judgeSlots(await run<Slot>('backup/doctor-slots'), settings),
        ...judgePrivileges(facts, kind),
        ...judgeLocks(settings, facts, kind),
        await judgeHba(run, facts, kind),
      ]
      return { findings, facts }
    })
  } finally {
    await session.close()
  }
}

/** The text of the command, and whether it works. */
function judgeArchiving(settings: Settings, archiver: Archiver): readonly Finding[] {
  const mode = settings.get('archive_mode')
  if (mode === 'off')
    return [
      warning(
        'archive_mode',
        'off: a backup can be restored to its own end and to no later moment',
        'arxdb wal setup --apply, and a restart of the server',
      ),
    ]
  const library = settings.get('archive_library') ?? ''
  const command =
    library === ''
      ? judgeArchiveCommand(settings.get('archive_command') ?? '')
      : [skipped('archive_library', `${library} archives; what it does is not known here`)]
  const timeout = Number(settings.get('archive_timeout') ?? 0)
  return [
    ok('archive_mode', mode ?? ''),
    ...command,
    timeout === 0
      ? warning(
          'archive_timeout',
          '0: what a quiet server has written is archived only when a segment is full',
          'arxdb wal setup --apply sets 60s, the most that is lost then',
        )
      : ok('archive_timeout', `${timeout} s`),
    archiver.failing
      ? problem(
          'archiver',
          `fails at ${archiver.last_failed} since ${archiver.last_failed_time}; WAL is kept until the disk is full`,
          "the server's log says why; arxdb wal status",
        )
      : archiver.last_archived === null
        ? warning('archiver', 'has archived nothing yet', 'select pg_switch_wal(), then arxdb wal status')
        : ok('archiver', `${archiver.last_archived} at ${archiver.last_archived_time}`),
  ]
}

/** pg_basebackup connects for replication, which has lines of its own there. */
async function judgeHba(run: Run, { may_read_hba }: Facts, kind: Kind): Promise<Finding> {
  const check = 'pg_hba.conf'
  if (kind !== 'base' && kind !== 'incremental')
    return ok(check, `backups of kind ${kind} do not connect for replication`)
  if (!may_read_hba) return skipped(check, 'this role may not look at pg_hba_file_rules')
  const { replication, wrong } = (await run<{ replication: number; wrong: number }>('backup/doctor-hba'))[0]!
  if (wrong > 0)
    return problem(check, `${wrong} lines are wrong`, 'select * from pg_hba_file_rules where error is not null')
  if (replication === 0)
    return problem(check, 'no line lets anybody in for replication', 'local replication USER peer, then pg_ctl reload')
  return ok(check, `${replication} lines for replication; whether one of them is for this role shows when it connects`)
}
