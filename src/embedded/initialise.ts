// Makes the local server's folder: all of it beside its place, then one rename. Of two at once, one rename wins.
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ArxError } from '../errors.ts'
import { run } from '../programs/run.ts'
import { chooseBinaries } from './binaries.ts'
import { folderMode, type Home, inFolder, isOwn, makeFolder } from './home.ts'
import type { LocalOptions } from './options.ts'
import { type Binaries, type ServerRecord, writeRecord } from './record.ts'
import { settings } from './settings.ts'
import { freePort } from './sockets.ts'

/** The owner of everything in the server, and the database that arxdb works in. */
export const ROLE = 'arxdb'
export const DATABASE = 'arxdb'

export const UNFINISHED = /^\.local-[0-9a-f]{12}$/

const TIERS = { plain: 'without TimescaleDB', apache: 'with TimescaleDB (Apache)', community: 'with TimescaleDB' }

/** Makes the server unless another process does so first; both outcomes leave one that can be started. */
export async function initialise(home: Home, options: LocalOptions, idleStopMs: number): Promise<void> {
  if (home.insteadOf) options.note(elsewhere(home))
  makeFolder(home.root, folderMode(home))
  if (home.insteadOf && !isOwn(home.root)) throw taken(home.root)
  const binaries = await chooseBinaries(home, { ...options, account: home.account })
  sweep(home)
  const beside = join(home.root, `.local-${randomBytes(6).toString('hex')}`)
  const draft: Home = { ...home, ...inFolder(beside) }
  try {
    await makeData(draft, binaries, options)
    const record: ServerRecord = {
      arxdb: 1,
      ...binaries,
      port: await freePort(),
      socket: '',
      idleStopMs,
      idleStopChosen: false,
      created: new Date().toISOString(),
    }
    writeRecord(draft, record)
    if (publish(beside, home)) {
      const from = `PostgreSQL ${binaries.version} ${TIERS[binaries.tier]} from ${binaries.bindir}`
      options.note(`made a local server: ${from}, data in ${home.data}`)
    }
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

const elsewhere = ({ account, insteadOf, root }: Home): string =>
  account
    ? `${account.name} cannot enter ${insteadOf}; the local server lives in ${root}`
    : `you cannot write to ${insteadOf}; the local server lives in ${root}, where some systems remove what is old: set ARXDB_HOME for data to keep`

const taken = (root: string): ArxError =>
  new ArxError({
    code: 'local-home',
    message: `${root} belongs to somebody else`,
    hint: 'choose a folder that you may write with ARXDB_HOME, or set DATABASE_URL',
  })

async function makeData(draft: Home, binaries: Binaries, options: LocalOptions): Promise<void> {
  const { account } = draft
  mkdirSync(draft.folder)
  chmodSync(draft.folder, folderMode(draft))
  mkdirSync(draft.data, { mode: 0o700 })
  const password = randomBytes(24).toString('base64url')
  writeFileSync(draft.password, `${password}\n`, { mode: 0o600, flag: 'wx' })
  // initdb reads it as the server's account; our own copy stays with whoever asks.
  const handed = join(draft.folder, 'pwfile')
  writeFileSync(handed, `${password}\n`, { mode: 0o600, flag: 'wx' })
  if (account) for (const path of [draft.data, handed]) chownSync(path, account.uid, account.gid)
  const how = { env: options.env, account, signal: options.signal }
  const flags = ['--locale=C', '--encoding=UTF8', '--auth=scram-sha-256', '--data-checksums', '--no-instructions']
  const initdb = await run(
    join(binaries.bindir, 'initdb'),
    ['-D', draft.data, '-U', ROLE, `--pwfile=${handed}`, ...flags],
    how,
  )
  if (!initdb.ok) throw failed('initdb', initdb.complaint)
  rmSync(handed)
  // In single-user mode and before the rename: whoever sees the server sees its database.
  const single = await run(join(binaries.bindir, 'postgres'), ['--single', '-D', draft.data, 'postgres'], {
    ...how,
    input: `create database ${DATABASE};\n`,
  })
  // Its exit code does not speak of the statement.
  if (!single.ok || /ERROR|FATAL/.test(single.complaint)) throw failed('create database', single.complaint)
  appendFileSync(join(draft.data, 'postgresql.conf'), settings(binaries))
}

const failed = (step: string, complaint: string): ArxError =>
  new ArxError({
    code: 'local-init',
    message: `cannot make the local server: ${step} failed`,
    detail: complaint,
    hint: 'choose another PostgreSQL with ARXDB_PG_BINDIR, another place with ARXDB_HOME, or set DATABASE_URL',
  })

/** False when another process was first. */
function publish(beside: string, home: Home): boolean {
  try {
    renameSync(beside, home.folder)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if ((code === 'ENOTEMPTY' || code === 'EEXIST') && existsSync(home.record)) return false
    throw error
  }
}

const HOUR = 3_600_000

/** What a killed initialisation left behind; young ones may be at work. */
function sweep(home: Home): void {
  for (const name of readdirSync(home.root).filter((entry) => UNFINISHED.test(entry))) {
    const path = join(home.root, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat && Date.now() - stat.mtimeMs > HOUR) rmSync(path, { recursive: true, force: true })
  }
}
