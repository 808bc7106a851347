// What is asked before a dump or a copy writes its first byte.
import { statfs } from 'node:fs/promises'
import { openClient } from '../../db/connect.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { runner } from '../../storage/session.ts'
import type { Making } from './method.ts'

export interface DatabaseMould {
  readonly encoding: string
  readonly lc_collate: string
  readonly lc_ctype: string
  readonly provider: string
  readonly locale: string | null
  /** `name=value`, as `alter database ... set` keeps them. */
  readonly settings: readonly string[]
  readonly bytes: number
}

const PLAIN = { engine: 'postgres', server: 150_000 } as const

/** Refuses where locks or space are too few (exit 6), and gives what the database was made with. */
export async function surveyed(making: Making): Promise<DatabaseMould> {
  const client = await openClient(making.connection)
  try {
    const run = runner(client, PLAIN)
    const [locks] = await run<{ needed: number; room: number; per_transaction: number; transactions: number }>(
      'backup/logical/lock-table',
    )
    if (locks!.needed > locks!.room) throw tooFewLocks(locks!)
    const [mould] = await run<DatabaseMould>('backup/logical/database')
    await roomFor(making.staging, mould!.bytes)
    return { ...mould!, settings: mould!.settings.filter((one) => !/^(timescaledb\.restoring|arxdb\.)/.test(one)) }
  } catch (error) {
    throw translate(error, making.connection)
  } finally {
    await client.end().catch(() => {})
  }
}

interface Locks {
  readonly needed: number
  readonly room: number
  readonly per_transaction: number
  readonly transactions: number
}

const tooFewLocks = ({ needed, room, per_transaction, transactions }: Locks): ArxError =>
  new ArxError({
    code: 'lock-table',
    message: `the server's lock table is too small: ${needed} relations are to be locked, and there is room for ${room}`,
    detail: `max_locks_per_transaction = ${per_transaction}, for ${transactions} transactions`,
    hint: `set max_locks_per_transaction = ${Math.ceil((needed * 1.25) / transactions / 16) * 16} and restart the server; or back up with --kind base, which locks nothing`,
    exit: EXIT.refused,
  })

/** Compressed rows are a tenth of the database more often than a half; less than that will hardly do. */
async function roomFor(folder: string, bytes: number): Promise<void> {
  const { bsize, bavail } = await statfs(folder)
  const free = bsize * bavail
  const needed = Math.ceil(bytes / 10)
  if (free >= needed) return
  throw new ArxError({
    code: 'disk-full',
    message: `too little space in ${folder}: ${free} bytes are free`,
    detail: `a backup of this database (${bytes} bytes) takes about ${needed}, an estimate`,
    hint: 'free space there, or give another folder with --staging',
    exit: EXIT.refused,
  })
}
