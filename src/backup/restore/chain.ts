// One backup, or a full one and what was added to it, as one data directory.
import { chown, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { interrupted } from '../../db/session.ts'
import { ArxError, EXIT, usageError } from '../../errors.ts'
import { type Account, identity } from '../../programs/account.ts'
import { serverEnv } from '../../programs/run.ts'
import type { Manifest } from '../manifest.ts'
import type { Tablespace } from '../methods/cluster.ts'
import { readObject } from '../objects.ts'
import type { PhysicalRestore } from './physical.ts'
import { unpackBase } from './unpack.ts'

type Unpack = Pick<
  PhysicalRestore,
  'repository' | 'key' | 'chain' | 'into' | 'tablespaces' | 'programs' | 'env' | 'signal' | 'progress'
> & {
  readonly account: Account | undefined
  /** Called for the directory when all but its control file is there: a server that somebody starts on it sees what it did. */
  readonly beforeControl?: ((dataDir: string) => Promise<void>) | undefined
}

/** Where a tablespace's files go. pgBackRest restores none below the data directory. */
export function placeOf(
  { into, tablespaces, chain }: Pick<Unpack, 'into' | 'tablespaces' | 'chain'>,
  { oid, location }: Tablespace,
): string {
  const beside = chain.at(-1)!.kind === 'pgbackrest'
  return tablespaces?.get(location) ?? join(beside ? `${into}.tablespaces` : join(into, 'tablespaces'), oid)
}

/** Those of a backup. */
export const tablespacesOf = (chain: readonly Manifest[]): readonly Tablespace[] =>
  (chain.at(-1)!.method.tablespaces ?? []) as readonly Tablespace[]

/**
 * Refuses what nothing may be written into: a directory that holds anything (production's own tablespaces do), and a
 * mapping of a tablespace that the backup does not have. What lies in a directory that is moved aside first is in nobody's way.
 */
export async function refusePlaces(
  restore: Pick<Unpack, 'chain' | 'into' | 'tablespaces'>,
  inside: 'looked at' | 'moved aside' = 'looked at',
): Promise<void> {
  const spaces = tablespacesOf(restore.chain)
  for (const from of restore.tablespaces?.keys() ?? []) {
    if (spaces.some(({ location }) => location === from)) continue
    const known = spaces.map(({ location }) => location).join(', ')
    throw usageError(`the backup has no tablespace in ${from}`, known ? `it has ${known}` : 'it has none at all')
  }
  const places = spaces.map((space) => placeOf(restore, space))
  for (const place of places) {
    if (inside === 'moved aside' && place.startsWith(`${restore.into}${sep}`)) continue
    await emptyFolder(place)
  }
}

/** Refuses (exit 6) what is there and holds anything but `ours`. */
export async function emptyFolder(path: string, ours?: string): Promise<void> {
  const found = await readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new ArxError({ code: 'not-empty', message: `cannot restore into ${path}`, detail: error.message })
  })
  const names = found.filter((name) => name !== ours)
  if (names.length === 0) return
  throw new ArxError({
    code: 'not-empty',
    message: `${path} is not empty`,
    detail: names.includes('PG_VERSION') ? 'it holds a data directory' : names.slice(0, 3).join(', '),
    hint: 'give a directory that is not there yet',
    exit: EXIT.refused,
  })
}

/** Fills `into`, which exists and is empty. */
export async function unpackChain(unpack: Unpack): Promise<void> {
  const { chain, into, account } = unpack
  if (chain.length === 1) {
    const place = (tablespace: Tablespace): string => placeOf(unpack, tablespace)
    return unpackOne(unpack, chain[0]!, into, place, { beforeControl: unpack.beforeControl })
  }
  const parts = join(into, 'arxdb-chain')
  await mkdir(parts, { mode: 0o700 })
  if (account) await chown(parts, account.uid, account.gid)
  for (const [index, manifest] of chain.entries()) {
    const place = ({ oid }: Tablespace): string => join(parts, `${index}-tablespace-${oid}`)
    await unpackOne(unpack, manifest, join(parts, String(index)), place, { withoutWal: index < chain.length - 1 })
  }
  await combine(unpack, parts)
  const combined = join(parts, 'combined')
  await unpack.beforeControl?.(combined)
  const names = (await readdir(combined)).filter((name) => name !== 'global')
  for (const name of [...names, 'global']) await rename(join(combined, name), join(into, name))
  await rm(parts, { recursive: true, force: true })
}

async function unpackOne(
  { repository, key, signal, account, progress }: Unpack,
  manifest: Manifest,
  into: string,
  place: (tablespace: Tablespace) => string,
  more: { readonly withoutWal?: boolean; readonly beforeControl?: Unpack['beforeControl'] } = {},
): Promise<void> {
  let told = 0
  progress(`unpacking ${manifest.label}`)
  await unpackBase({
    ...{ manifest, into, place, account, signal },
    withoutWal: more.withoutWal,
    async beforeControl() {
      await more.beforeControl?.(into)
    },
    read: (object) => readObject(repository, manifest.label, object, key, { signal }),
    progress(bytes) {
      if (bytes - told < 50_000_000) return
      told = bytes
      progress(`unpacking ${manifest.label}: ${Math.round(bytes / 1_000_000)} MB`)
    },
  })
}

/** pg_combinebackup, as the account that the files belong to. */
async function combine(unpack: Unpack, parts: string): Promise<void> {
  const { chain, programs, env, signal, account, progress } = unpack
  const last = chain.length - 1
  const tablespaces = tablespacesOf(chain)
  const { execa } = await import('execa')
  progress(`putting ${chain.length} backups together`)
  const args = [
    ...chain.map((_, index) => join(parts, String(index))),
    ...['--output', join(parts, 'combined'), '--no-sync', '--no-manifest'],
    ...tablespaces.flatMap((one) => [
      `--tablespace-mapping=${join(parts, `${last}-tablespace-${one.oid}`)}=${placeOf(unpack, one)}`,
    ]),
  ]
  const result = await execa(programs.need('pg_combinebackup'), args, {
    env: serverEnv(env),
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
    cancelSignal: signal,
    ...identity(account),
  })
  if (signal.aborted) throw interrupted()
  if (!result.failed) return
  throw new ArxError({
    code: 'combine-failed',
    message: 'pg_combinebackup failed',
    detail: result.stderr?.trim().split('\n').slice(-3).join('; ') || result.shortMessage,
    hint: 'restore from the full backup of the chain and replay WAL from there',
  })
}
