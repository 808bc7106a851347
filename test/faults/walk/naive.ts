// The same walk with naive.sh in arxdb's place, and what its user believes: a file whose run ended with 0, and that passes
// the check, is a backup of then. Nothing of it fails a test: it is counted, to be shown.
import { spawn } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeCluster, ownFolder, type Server, start, who } from './cluster.ts'
import { harmed } from './do-harm.ts'
import type { Operation } from './operations.ts'
import { type Random, random } from './random.ts'
import { contentOf, difference, load, makeTables, type Rows, revise } from './rows.ts'
import type { Place } from './walk.ts'
import { DATABASE } from './world.ts'

export interface Believed {
  /** Files whose run ended with 0. */
  readonly backups: number
  readonly restores: number
  /** Every row as it was, and nothing else. */
  readonly exact: number
  /** The restore ended with an error. */
  readonly failed: number
  /** It ended with 0, and rows are missing or other ones. */
  readonly silent: number
  /** Of those that failed or were wrong: the check had passed just before. */
  readonly checked: number
  /** Moments at which no file was left that would have come back. */
  readonly bare: number
}

/** What is kept of each file: the rows as they were before and after its run. */
interface Kept {
  readonly rows: readonly Rows[]
  readonly original: Buffer
}

/** Walks with the script; loads, changes, harms and kills as the other walk does. */
export async function naiveWalk(list: readonly Operation[], place: Place): Promise<Believed> {
  const folder = mkdtempSync('/tmp/arxdb-naive-')
  const shelf = join(folder, 'shelf')
  for (const path of [folder, shelf]) ownFolder(path)
  const dataDir = join(folder, 'data')
  makeCluster(place.bindir, dataDir, {
    ...{
      unix_socket_directories: '',
      fsync: 'off',
      shared_buffers: '32MB',
      autovacuum: 'off',
      max_locks_per_transaction: '256',
    },
    ...(place.timescaledb ? { shared_preload_libraries: 'timescaledb', 'timescaledb.telemetry_level': 'off' } : {}),
  })
  let server: Server = await start(place.bindir, dataDir, 'postgres')
  await server.client.query(`create database ${DATABASE}`)
  await server.stop()
  server = await start(place.bindir, dataDir, DATABASE)
  await makeTables(server.client, place.timescaledb)
  const script = join(place.root, 'test/faults/walk/naive.sh')
  let rows: Rows = new Map()
  let count = 0
  const kept = new Map<string, Kept>()
  const told = { backups: 0, restores: 0, exact: 0, failed: 0, silent: 0, checked: 0, bare: 0 }

  // A pg_dump that the kernel kills when it has written half.
  const halfway = ownFolder(join(folder, 'bin'))
  const shim = `#!/bin/bash\nhalf=$(mktemp)\n${place.bindir}/pg_dump "$@" > "$half"\nhead -c $(($(stat -c %s "$half") / 2)) "$half"\nrm "$half"\nkill -9 $$\n`
  writeFileSync(join(halfway, 'pg_dump'), shim, { mode: 0o755 })

  const run = (words: readonly string[], killed = false): Promise<number> => {
    const path = `${killed ? `${halfway}:` : ''}${place.bindir}:${process.env.PATH ?? ''}`
    const env = { PATH: path, HOME: folder, TMPDIR: folder }
    const child = spawn('bash', [script, ...words], { ...who, cwd: folder, env, stdio: 'ignore' })
    return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 255)))
  }
  const backup = async (dice: Random, killed = false): Promise<void> => {
    const before = new Set(readdirSync(shelf))
    const code = await run(['backup', dice.pick(['custom', 'sql']), server.url(), shelf], killed)
    const made = readdirSync(shelf).find((name) => !before.has(name) && name.endsWith('.gz'))
    if (code !== 0 || !made) return
    told.backups++
    kept.set(made, { rows: [rows], original: readFileSync(join(shelf, made)) })
  }
  const restore = async (): Promise<void> => {
    const newest = readdirSync(shelf)
      .filter((name) => kept.has(name))
      .sort()
      .at(-1)
    if (!newest) return
    const name = `again_${count++}`
    const passed = (await run(['check', join(shelf, newest)])) === 0
    await server.client.query(`create database ${name}`)
    const code = await run(['restore', join(shelf, newest), server.url(name)])
    const found = await server.within(name, contentOf).catch((): readonly string[] => ['no tables'])
    const right = kept.get(newest)!.rows.some((one) => difference(one, found) === undefined)
    told.restores++
    if (right) told.exact++
    else {
      if (code === 0) told.silent++
      else told.failed++
      if (passed) told.checked++
    }
    await server.client.query(`drop database ${name} with (force)`)
  }
  const files = (): readonly string[] => readdirSync(shelf).sort()

  try {
    for (const { name, salt } of list) {
      const dice = random(salt)
      if (name === 'load') rows = await load(server.client, rows, dice)
      else if (name === 'revise') rows = await revise(server.client, rows, dice)
      else if (name === 'backup') await backup(dice)
      else if (name === 'kill') await backup(dice, true)
      else if (name === 'damage' && files().length > 0) {
        const file = join(shelf, dice.pick(files()))
        const other = readFileSync(join(shelf, dice.pick(files())))
        const how = dice.pick(['cut', 'flipped', 'emptied', 'removed', 'exchanged'] as const)
        const changed = harmed(readFileSync(file), other, how, dice)
        if (changed) writeFileSync(file, changed)
        else unlinkSync(file)
      } else if (name === 'mend') {
        for (const file of files()) if (kept.has(file)) writeFileSync(join(shelf, file), kept.get(file)!.original)
      } else if (name === 'prune') {
        // Days go by, as many as there may be between two looks at a crontab's mail.
        const days = dice.below(20)
        for (const file of files()) {
          const then = statSync(join(shelf, file)).mtimeMs / 1000 - days * 86_400
          utimesSync(join(shelf, file), then, then)
        }
      } else if (['restore', 'database', 'clone', 'promote'].includes(name)) await restore()
      const left = files().some((file) => kept.get(file)?.original.equals(readFileSync(join(shelf, file))))
      if (told.backups > 0 && !left) told.bare++
    }
    return told
  } finally {
    await server.crash().catch(() => {})
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
