// Segments of a real server: ticks inserted and updated until there are enough of them.
import { execFileSync } from 'node:child_process'
import { appendFileSync, chownSync, copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { caller, unprivilegedAccount } from '../../../src/programs/account.ts'

export interface Segments {
  /** A data directory whose server is stopped: its control file names the cluster. */
  readonly data: string
  readonly names: readonly string[]
  readonly bytes: number
}

const LOAD = `create table ticks (symbol text, at timestamptz, price numeric, size numeric, primary key (symbol, at));
  insert into ticks select 'S' || i % 50, timestamptz '2025-01-01' + i * interval '1 second', round((random() * 1e5)::numeric, 2), round(random()::numeric, 8) from generate_series(1, :rows) as i;
  update ticks set price = price + 1 where hashtext(symbol) % 3 = 0;`

/** Makes a cluster below `folder` and has it write so many segments of 16 MB, all marked as ready. */
export function makeSegments(folder: string, bindir: string, count: number): Segments {
  const data = join(folder, 'data')
  const account = caller().uid === 0 ? unprivilegedAccount() : undefined
  if (account) chownSync(folder, account.uid, account.gid)
  const how = {
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
    cwd: '/',
    stdio: ['pipe', 'ignore', 'inherit'] as ['pipe', 'ignore', 'inherit'],
  }
  const pg = (program: string, args: readonly string[], input?: string) =>
    execFileSync(join(bindir, program), [...args], { ...how, input })
  pg('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-N'])
  appendFileSync(
    join(data, 'postgresql.conf'),
    `listen_addresses = ''\nunix_socket_directories = '${folder}'\nfsync = off\nwal_keep_size = 100GB\nmax_wal_size = 4GB\n`,
  )
  pg('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), 'start'])
  try {
    // Some 250 bytes of WAL a row, with its index and its share of the update.
    pg('psql', ['-h', folder, '-U', 'postgres', '-qX', '-v', `rows=${count * 75_000}`, '-f', '-'], LOAD)
  } finally {
    pg('pg_ctl', ['-D', data, '-w', '-m', 'fast', 'stop'])
  }
  const wal = join(data, 'pg_wal')
  const names = readdirSync(wal)
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .sort()
    .slice(0, -1)
    .slice(0, count)
  if (names.length < count) throw new Error(`the load has written ${names.length} segments, not ${count}`)
  const kept = join(folder, 'kept')
  mkdirSync(kept)
  mkdirSync(join(wal, 'archive_status'), { recursive: true })
  for (const name of names) {
    copyFileSync(join(wal, name), join(kept, name))
    writeFileSync(join(wal, 'archive_status', `${name}.ready`), '')
  }
  return { data, names, bytes: statSync(join(wal, names[0]!)).size }
}
