// What a directory says of itself while it is restored, and then until it is opened: files in it.
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import type { Account } from '../../programs/account.ts'
import type { ControlFile } from './control.ts'
import { writeWhole } from './whole-file.ts'

const FILE = 'arxdb-restore.json'
const UNFINISHED = 'arxdb-restore-unfinished.json'

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
  await rm(join(dataDir, UNFINISHED), { force: true })
}

interface Begun {
  readonly label: string
  readonly since: string
}

/** Says that a restore is at work there: one that is killed leaves nothing that might be taken for a restored cluster. */
export async function beginRecord(dataDir: string, label: string, account: Account | undefined): Promise<void> {
  const begun: Begun = { label, since: new Date().toISOString() }
  await writeWhole(join(dataDir, UNFINISHED), `${JSON.stringify(begun)}\n`, account)
}

/** What an unfinished restore left there, in words; undefined for anything else. */
export async function unfinishedIn(dataDir: string): Promise<string | undefined> {
  if (existsSync(join(dataDir, FILE))) return undefined
  try {
    const { label, since } = JSON.parse(await readFile(join(dataDir, UNFINISHED), 'utf8')) as Begun
    return `an unfinished restore of ${label}, begun ${since}`
  } catch {
    return undefined
  }
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
