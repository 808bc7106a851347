// Programs that look at the same server.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Debian puts it. */
const PGACTIVITY = '/usr/lib/nagios/plugins/check_pgactivity'

/** Services of check_pgactivity that look at what health looks at; the first one only connects. */
export const SERVICES: readonly (readonly [name: string, ...flags: string[]])[] = [
  ['connection'],
  ['backends', '-w', '80%', '-c', '95%'],
  ['longest_query', '-w', '5m', '-c', '30m'],
  ['oldest_idlexact', '-w', '5m', '-c', '15m'],
  ['max_freeze_age', '-w', '50%', '-c', '75%'],
  ['locks', '-w', '80%', '-c', '95%'],
  ['hit_ratio', '-w', '95%', '-c', '90%'],
  ['invalid_indexes'],
  ['extensions_versions'],
  ['last_analyze', '-w', '7d', '-c', '30d'],
  ['last_vacuum', '-w', '7d', '-c', '30d'],
  ['table_bloat', '-w', '50%', '-c', '80%'],
  ['btree_bloat', '-w', '50%', '-c', '80%'],
  ['sequences_exhausted', '-w', '80%', '-c', '95%'],
]

/** Plugins end with 0 to 3 whatever they find; anything else is no answer. */
function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): void {
  const { status, stderr, error } = spawnSync(file, [...args], { encoding: 'utf8', env: { ...process.env, ...env } })
  if (error || status === null || status > 3) throw error ?? new Error(`${file} ${args[0]}: ${status} ${stderr}`)
}

/** `arxdb health` as cron starts it, with nothing remembered. */
export function runArxdb(url: string): void {
  const state = mkdtempSync(join(tmpdir(), 'arxdb-bench-'))
  try {
    run(process.execPath, ['bin/arxdb.js', 'health', '-o', 'nagios'], { ARXDB_URL: url, XDG_STATE_HOME: state })
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** Runs one service against a database; undefined where the plugin is not installed. */
export function pgactivity(url: string): ((service: readonly [string, ...string[]]) => void) | undefined {
  if (!existsSync(PGACTIVITY)) return undefined
  const { hostname, port, username, password, pathname } = new URL(url)
  const database = pathname.slice(1)
  const where = ['-h', hostname, '-p', port || '5432', '-U', username, '-d', database, '--dbinclude', `^${database}$`]
  const status = join(tmpdir(), `arxdb-bench-${process.pid}.data`)
  return ([service, ...flags]) =>
    run(PGACTIVITY, ['-s', service, ...where, '--status-file', status, ...flags], {
      PGPASSWORD: decodeURIComponent(password),
    })
}
