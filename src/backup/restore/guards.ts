// What keeps a restored directory from acting as production until it is opened: lines at the end of
// postgresql.auto.conf, where they win over everything but the command line.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from '../../programs/account.ts'
import { GUARDS } from './isolated.ts'
import { writeWhole } from './whole-file.ts'

const BEGIN = '# arxdb restore: until `arxdb restore open`, so that this copy neither archives nor runs jobs'
const END = '# arxdb restore: end'
const FILE = 'postgresql.auto.conf'

/** Left by an earlier recovery in the original; they would begin another one, or stop this server's start. */
const STALE =
  /^\s*(recovery_target\w*|restore_command|recovery_end_command|archive_cleanup_command|primary_conninfo|primary_slot_name|recovery_min_apply_delay)\s*=/

const lineOf = ([name, value]: readonly [string, string]): string => `${name} = '${value}'`

const readLines = async (dataDir: string): Promise<readonly string[]> =>
  (
    await readFile(join(dataDir, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw error
    })
  ).split('\n')

/** Puts the guards up. */
export async function guard(dataDir: string, account: Account | undefined): Promise<void> {
  const kept = without(await readLines(dataDir)).filter((line) => !STALE.test(line))
  const lines = [...kept, BEGIN, ...Object.entries(GUARDS).map(lineOf), END, '']
  await writeLines(dataDir, lines, account)
}

/** Takes them down, but those named. */
export async function unguard(
  dataDir: string,
  account: Account | undefined,
  but: readonly string[] = [],
): Promise<void> {
  const kept = Object.entries(GUARDS).filter(([name]) => but.includes(name))
  await writeLines(dataDir, [...without(await readLines(dataDir)), ...kept.map(lineOf), ''], account)
}

/** Whether jobs are held back still. */
export async function isGuarded(dataDir: string): Promise<boolean> {
  const jobs = lineOf(['timescaledb.max_background_workers', GUARDS['timescaledb.max_background_workers']!])
  return (await readLines(dataDir)).includes(jobs)
}

/** ALTER SYSTEM writes the file anew, without comments: then the lines themselves tell. */
function without(lines: readonly string[]): readonly string[] {
  const guards = Object.entries(GUARDS).map(lineOf)
  return lines.filter((line) => line.trim() !== '' && line !== BEGIN && line !== END && !guards.includes(line.trim()))
}

async function writeLines(dataDir: string, lines: readonly string[], account: Account | undefined): Promise<void> {
  const file = join(dataDir, FILE)
  await writeWhole(file, lines.join('\n'), account)
}
