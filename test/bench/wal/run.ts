// Segments a second into and out of an archive, one process for each as PostgreSQL calls them:
// node test/bench/run.js wal [segments] [rounds]
// Beside cp and pgBackRest in the same run. Needs PostgreSQL's programs; runs as root or not, and leaves nothing behind.
import { spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../src/embedded/sockets.ts'
import { caller, identity, unprivilegedAccount } from '../../../src/programs/account.ts'
import { bestInstalled } from '../../../src/programs/installed.ts'
import { inTurns, median } from '../measure.ts'

const [count, rounds] = [Number(process.argv[2] ?? 24), Number(process.argv[3] ?? 3)]
const account = caller().uid === 0 ? unprivilegedAccount() : undefined
const found = await bestInstalled({ env: process.env })
if (!found) throw new Error('no PostgreSQL is installed here')
const bin = (program: string): string => join(found.bindir, program)
const work = mkdtempSync('/tmp/arxdb-bench-wal-')
if (account) chownSync(work, account.uid, account.gid)
const env = { PATH: process.env.PATH ?? '', HOME: work, LC_ALL: 'C', XDG_STATE_HOME: join(work, 'state') }
const options = { cwd: work, env, ...identity(account) }

function ran(file: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    ...options,
    encoding: 'utf8',
    ...(input ? { input } : {}),
  })
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}
const folder = (name: string): string => {
  const path = join(work, name)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path)
  if (account) chownSync(path, account.uid, account.gid)
  return path
}

const data = join(work, 'data')
const port = await freePort()
ran(bin('initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-k', '-N'])
writeFileSync(
  join(data, 'postgresql.auto.conf'),
  `port = ${port}\nlisten_addresses = ''\nunix_socket_directories = '${work}'\nwal_level = replica\narchive_mode = on\narchive_command = 'false'\nfsync = off\nmax_wal_size = 8GB\n`,
)
const server = spawn(bin('postgres'), ['-D', data], { ...options, stdio: 'ignore' })
try {
  const sql = (text: string): string =>
    ran(bin('psql'), ['-X', '-h', work, '-p', String(port), '-U', 'postgres', '-At', '-c', text])
  for (
    let tries = 0;
    spawnSync(bin('psql'), ['-h', work, '-p', String(port), '-U', 'postgres', '-c', 'select 1'], options).status !== 0;
    tries++
  ) {
    if (tries > 100) throw new Error('the server does not answer')
    await sleep(100)
  }
  // Rows as candles have them, so that the WAL compresses as a market's does.
  sql(
    'create table candles (market int, at timestamptz, o numeric, h numeric, l numeric, c numeric, v numeric, primary key (market, at))',
  )
  const wal = join(data, 'pg_wal')
  const segments = (): readonly string[] =>
    readdirSync(wal)
      .filter((name) => /^[0-9A-F]{24}$/.test(name))
      .sort()
      .slice(0, -1)
  for (let batch = 0; segments().length < count + 1; batch++) {
    sql(
      `insert into candles select ${batch}, timestamptz '2026-01-01Z' + i * interval '1 minute', 100 + random(), 101 + random(), 99 + random(), 100 + random(), random() * 50 from generate_series(1, 100000) i`,
    )
  }
  const names = segments().slice(0, count)
  const arxdb = join(process.cwd(), 'bin', 'arxdb.js')
  const repo = () => join(work, 'arxdb')
  const hasPgbackrest = spawnSync('pgbackrest', ['version']).status === 0
  const stanza = [
    '--stanza=bench',
    `--pg1-path=${data}`,
    `--pg1-port=${port}`,
    `--pg1-socket-path=${work}`,
    '--pg1-user=postgres',
    `--repo1-path=${join(work, 'pgbackrest')}`,
    `--lock-path=${join(work, 'lock')}`,
    `--spool-path=${join(work, 'spool')}`,
    '--log-level-file=off',
    '--log-level-console=error',
    '--compress-type=zst',
    '--compress-level=3',
  ]
  const begin = { cwd: work, env, ...identity(account) }
  const empty = {
    cp: () => void folder('cp'),
    arxdb: () => {
      folder('state')
      folder('arxdb')
      spawnSync(process.execPath, [arxdb, 'wal', 'setup', '--begin', '--no-server', '--repo', repo()], begin)
    },
    pgbackrest: () => {
      for (const name of ['pgbackrest', 'lock', 'spool']) folder(name)
      ran('pgbackrest', [...stanza, 'stanza-create'])
    },
  }
  const each = (line: (name: string) => readonly string[]) => () => {
    for (const name of names) ran(line(name)[0]!, line(name).slice(1))
  }
  const node = process.execPath
  const push = [
    {
      name: 'cp',
      before: empty.cp,
      run: each((name) => ['sh', '-c', `test ! -f cp/${name} && cp ${wal}/${name} cp/${name}`]),
    },
    {
      name: 'arxdb wal push',
      before: empty.arxdb,
      run: each((name) => [node, arxdb, 'wal', 'push', join(wal, name), '--repo', repo()]),
    },
    {
      name: 'arxdb wal push --no-batch',
      before: empty.arxdb,
      run: each((name) => [node, arxdb, 'wal', 'push', join(wal, name), '--repo', repo(), '--no-batch']),
    },
    ...(hasPgbackrest
      ? [
          {
            name: 'pgbackrest archive-push',
            before: empty.pgbackrest,
            run: each((name) => ['pgbackrest', ...stanza, 'archive-push', join(wal, name)]),
          },
        ]
      : []),
  ]
  tell('pushed', await inTurns(push, rounds))
  const target = () => void folder('out')
  const fetched = [
    { name: 'cp', before: target, run: each((name) => ['cp', `cp/${name}`, `out/${name}`]) },
    {
      name: 'arxdb wal fetch',
      before: target,
      run: each((name) => [
        node,
        arxdb,
        'wal',
        'fetch',
        name,
        join(work, 'out', name),
        '--repo',
        repo(),
        '--system-id',
        systemId(),
      ]),
    },
    ...(hasPgbackrest
      ? [
          {
            name: 'pgbackrest archive-get',
            before: target,
            run: each((name) => ['pgbackrest', ...stanza, 'archive-get', name, join(work, 'out', name)]),
          },
        ]
      : []),
  ]
  tell('fetched', await inTurns(fetched, rounds))
  for (const name of names) {
    if (!readFileSync(join(wal, name)).equals(readFileSync(join(work, 'out', name))))
      throw new Error(`${name} came back changed`)
  }
  empty.arxdb()
  const peaks: number[] = []
  for (const name of names)
    peaks.push(await peak([arxdb, 'wal', 'push', join(wal, name), '--repo', repo(), '--no-batch']))
  console.log(
    `\nmost memory of a push: ${Math.max(...peaks)} MB; of the first five ${Math.max(...peaks.slice(0, 5))}, of the last five ${Math.max(...peaks.slice(-5))}`,
  )

  function systemId(): string {
    return readdirSync(join(repo(), 'wal'))[0]!
  }
} finally {
  server.kill('SIGQUIT')
  await sleep(500)
  rmSync(work, { recursive: true, force: true })
}

function tell(what: string, times: ReadonlyMap<string, readonly number[]>): void {
  const floor = median(times.get('cp')!)
  console.log(`\n${count} segments of 16 MB ${what}, medians of ${rounds}\n\n| | segments/s | of cp |\n|---|---|---|`)
  for (const [name, values] of times) {
    const ms = median(values)
    console.log(`| ${name} | ${((count * 1000) / ms).toFixed(1)} | ${(floor / ms).toFixed(2)}x |`)
  }
}

/** Most resident memory of one call, in MB. */
async function peak(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { ...options, stdio: 'ignore' })
  let most = 0
  while (child.exitCode === null && child.signalCode === null) {
    const status = `/proc/${child.pid}/status`
    const held = existsSync(status) ? /VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] : undefined
    most = Math.max(most, Number(held ?? 0))
    await sleep(3)
  }
  return Math.round(most / 1024)
}
