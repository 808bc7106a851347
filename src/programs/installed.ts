// Finds PostgreSQL on this machine, and TimescaleDB in it.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Tier } from '../engines/engine.ts'
import type { Account } from './account.ts'
import { type Env, run } from './run.ts'

export const OLDEST_MAJOR = 15

/** The programs of one PostgreSQL, in one folder. */
export interface Installation {
  readonly bindir: string
  readonly version: string
  readonly major: number
  /** What these binaries can offer. */
  readonly tier: Tier
}

/** Folders that packagers use: the part before and after the one that carries the version. */
const PLACES: readonly (readonly [string, RegExp, string])[] = [
  ['/usr/lib/postgresql', /^\d+$/, 'bin'],
  ['/usr', /^pgsql-\d+$/, 'bin'],
  ['/usr/libexec', /^postgresql\d+$/, ''],
  ['/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'],
  ['/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin'],
  ['/usr/local', /^pgsql$/, 'bin'],
]

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const hasServer = (bindir: string): boolean =>
  existsSync(join(bindir, 'postgres')) && existsSync(join(bindir, 'initdb'))

/** Every folder that holds a server, each once, whatever links lead to it. */
function bindirs(env: Env): readonly string[] {
  const packaged = PLACES.flatMap(([root, name, rest]) =>
    list(root)
      .filter((entry) => name.test(entry))
      .map((entry) => join(root, entry, rest)),
  )
  const onPath = (env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/'))
  const real = [...packaged, ...onPath]
    .filter(hasServer)
    .map((folder) => dirname(realpathSync(join(folder, 'postgres'))))
  return [...new Set(real)].filter(hasServer)
}

export interface Inspection {
  readonly env: Env
  readonly account?: Account | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the server in `bindir` is; undefined when there is none, or the account that must run it cannot. */
export async function inspect(bindir: string, how: Inspection): Promise<Installation | undefined> {
  if (!hasServer(bindir)) return undefined
  const { ok, stdout } = await run(join(bindir, 'postgres'), ['-V'], how)
  const version = /\(PostgreSQL\) (\d+\S*)/.exec(stdout)?.[1]
  if (!ok || !version) return undefined
  const major = Number.parseInt(version, 10)
  return { bindir, version, major, tier: await tierOf(bindir, major, how) }
}

/** Which TimescaleDB stands beside these binaries: its control file, its loader, and the part of the Timescale licence. */
async function tierOf(bindir: string, major: number, how: Inspection): Promise<Tier> {
  const { shares, libraries } = await folders(bindir, major, how)
  const control = shares.some((share) => existsSync(join(share, 'extension', 'timescaledb.control')))
  const files = libraries.flatMap(list)
  if (!control || !files.some((file) => /^timescaledb\.(so|dylib)$/.test(file))) return 'plain'
  return files.some((file) => file.startsWith('timescaledb-tsl-')) ? 'community' : 'apache'
}

/** Where extensions are. pg_config knows, also where the installation was moved; where it is missing, the usual places. */
async function folders(bindir: string, major: number, how: Inspection) {
  const told = existsSync(join(bindir, 'pg_config'))
    ? await run(join(bindir, 'pg_config'), ['--sharedir', '--pkglibdir'], how)
    : undefined
  const [share, library] = told?.ok ? told.stdout.trim().split('\n') : []
  if (share && library) return { shares: [share], libraries: [library] }
  const prefix = dirname(bindir)
  return {
    shares: [join(prefix, 'share', 'postgresql'), join(prefix, 'share'), `/usr/share/postgresql/${major}`],
    libraries: [join(prefix, 'lib', 'postgresql'), join(prefix, 'lib')],
  }
}

const better = (a: Installation, b: Installation): number =>
  Number(b.tier !== 'plain') - Number(a.tier !== 'plain') || b.major - a.major

/** The best installed server: one with TimescaleDB before any without, then the newest. */
export async function bestInstalled(how: Inspection): Promise<Installation | undefined> {
  const found = await Promise.all(bindirs(how.env).map((bindir) => inspect(bindir, how)))
  return found
    .filter((one) => one !== undefined)
    .filter((one) => one.major >= OLDEST_MAJOR)
    .sort(better)[0]
}
