// What a restored directory says of itself until it is opened: arxdb-restore.json in it.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import { unfinishedIn } from './claim.ts'
import type { ControlFile } from './control.ts'
import { writeWhole } from './whole-file.ts'

const FILE = 'arxdb-restore.json'

export interface RestoreRecord {
  readonly label: string
  readonly target: string
  readonly reachedLsn: string
  readonly reachedTime: string | null
  readonly at: string
  readonly major: number
  readonly superuser: string
  readonly timescaledb: boolean
}

export async function writeRecord(dataDir: string, record: RestoreRecord, account: Account | undefined): Promise<void> {
  await writeWhole(join(dataDir, FILE), `${JSON.stringify(record, null, 1)}\n`, account)
}

/** Throws (exit 6) where the directory is no restored one. */
export async function readRecord(dataDir: string): Promise<RestoreRecord> {
  try {
    return JSON.parse(await readFile(join(dataDir, FILE), 'utf8')) as RestoreRecord
  } catch (error) {
    const unfinished = await unfinishedIn(dataDir)
    if (unfinished !== undefined) {
      throw new ArxError({
        code: 'restore-unfinished',
        message: `${dataDir} holds ${unfinished}`,
        hint: `arxdb restore run --into ${dataDir}, again: it moves this aside`,
        exit: EXIT.refused,
      })
    }
    throw new ArxError({
      code: 'not-restored',
      message: `${dataDir} was not made by arxdb restore run`,
      detail: existsSync(dataDir) ? `it has no ${FILE}` : 'there is no such directory',
      exit: EXIT.refused,
      cause: error,
    })
  }
}

/**
 * Where the original kept its configuration elsewhere (Debian does), a backup brings none, and the directory could not be
 * started: the least that it takes is written. Which files were.
 */
export async function completeConfig(
  dataDir: string,
  { control, timescaledb, account }: { control: ControlFile; timescaledb: boolean; account: Account | undefined },
): Promise<readonly string[]> {
  const settings = {
    ...control.least,
    ...(timescaledb ? { shared_preload_libraries: "'timescaledb'" } : {}),
    listen_addresses: "'localhost'",
  }
  const files = {
    'postgresql.conf': `# written by arxdb restore: the backup held none\n${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`,
    'pg_hba.conf':
      '# written by arxdb restore: the backup held none\nlocal all all peer\nhost all all samehost scram-sha-256\n',
    'pg_ident.conf': '',
  }
  const written: string[] = []
  for (const [name, text] of Object.entries(files)) {
    if (existsSync(join(dataDir, name))) continue
    await writeWhole(join(dataDir, name), text, account)
    written.push(name)
  }
  return written
}
