// `backup doctor`: everything that a backup, its archive and its restore depend on, looked at without changing anything.
import type { Connection } from '../../connect/connection.ts'
import type { Env } from '../../programs/run.ts'
import type { BackupSettings } from '../settings.ts'
import { judgeArchiveCommand, judgeRestoreCommand } from './command-text.ts'
import { type Finding, problem } from './finding.ts'
import { examineHost, judgePrograms, judgeRoom } from './host.ts'
import { examineServer } from './server.ts'

export interface Examination {
  /** Undefined: only texts are judged. */
  readonly settings: BackupSettings | undefined
  /** Undefined: this host alone. */
  readonly connection: Connection | undefined
  readonly env: Env
  readonly archiveCommand?: string | undefined
  readonly restoreCommand?: string | undefined
}

/** Findings in the order in which they were looked at. A server that cannot be reached is a finding too. */
export async function examine(task: Examination): Promise<readonly Finding[]> {
  const { settings, connection, env, archiveCommand, restoreCommand } = task
  const texts = [
    ...(archiveCommand === undefined ? [] : judgeArchiveCommand(archiveCommand)),
    ...(restoreCommand === undefined ? [] : judgeRestoreCommand(restoreCommand)),
  ]
  if (!settings) return texts
  const host = await examineHost(settings)
  if (!connection) return [...texts, ...host]
  try {
    const { findings, facts } = await examineServer(connection, settings.kind)
    const major = Math.floor(facts.version_num / 10_000)
    const programs = await judgePrograms(settings, major, env)
    return [...texts, ...host, programs, ...(await judgeRoom(settings, facts.database_bytes)), ...findings]
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string }
    return [...texts, ...host, problem('server', message, hint ?? null)]
  }
}
