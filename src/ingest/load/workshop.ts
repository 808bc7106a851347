// The connections one command works on, opened together and closed together.

import type { Connection } from '../../connect/connection.ts'
import { openSession, type StorageSession } from '../../storage/session.ts'
import { openRoom, type Room } from './room.ts'

export interface Workshop {
  /** Ledger, markets, partitions. */
  readonly clerk: StorageSession
  /** Holds the locks in an idle transaction. */
  readonly keeper: StorageSession
  /** One COPY each. */
  readonly lanes: readonly StorageSession[]
  readonly room: Room
  /** Gives jobs back that made room, too. */
  close(): Promise<void>
}

/** No limit for a COPY's length; a lock is waited for as long as another load's batch may take. */
const LIMITS = { statementTimeoutMs: 0, lockTimeoutMs: 30_000, command: 'ingest' }

export const openStorage = (connection: Connection): Promise<StorageSession> => openSession(connection, LIMITS)

export async function openWorkshop(connection: Connection, jobs: number): Promise<Workshop> {
  const opened = await Promise.allSettled(Array.from({ length: jobs + 2 }, () => openStorage(connection)))
  const sessions = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const close = async (): Promise<void> => void (await Promise.allSettled(sessions.map((s) => s.close())))
  const failed = opened.find((result) => result.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  const [clerk, keeper, ...lanes] = sessions
  const room = openRoom(clerk!)
  return {
    ...{ clerk: clerk!, keeper: keeper!, lanes, room },
    close: async () => void (await Promise.all([room.release(), close()])),
  }
}
