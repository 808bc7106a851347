// What a killed run left behind: servers without an owner, their folders, databases on servers that were given.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { discard, FOLDER } from './server.ts'

const DAY = 86_400_000

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** The postmaster of a folder, if the process with its number is one: after a reboot it may be anybody's. */
function postmaster(folder: string): number | undefined {
  const pid = Number.parseInt(read(join(folder, 'data', 'postmaster.pid')), 10)
  const name = folder.slice(folder.lastIndexOf('/') + 1)
  return pid > 0 && read(`/proc/${pid}/cmdline`).includes(name) ? pid : undefined
}

/** Stops and removes what runs that are gone left in a temporary folder. */
export function sweepFolders(temporary: string): void {
  for (const name of readdirSync(temporary)) {
    const owner = Number(FOLDER.exec(name)?.[1])
    const folder = join(temporary, name)
    const stat = owner ? statSync(folder, { throwIfNoEntry: false }) : undefined
    const mine = process.geteuid?.() === 0 || stat?.uid === process.geteuid?.()
    if (!stat?.isDirectory() || !mine) continue
    if (!runs(owner) || Date.now() - stat.mtimeMs > DAY) discard(folder, postmaster(folder))
  }
}

const NAME = /^arxdb_test_(\d+)_\d+_/

/** Drops the databases with this prefix, and those that a run of more than six hours ago left. */
export async function sweepDatabases(url: string, prefix?: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database')
    const before = Date.now() / 1000 - 6 * 3600
    for (const { datname } of rows) {
      const made = Number(NAME.exec(datname)?.[1])
      const old = made < before
      if (!old && !(prefix && datname.startsWith(prefix))) continue
      await client.query(`drop database if exists ${client.escapeIdentifier(datname)} with (force)`)
    }
  } finally {
    await client.end()
  }
}
