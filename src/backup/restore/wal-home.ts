// Where the WAL lies that follows a backup: in this repository, or in the archive of pgBackRest that made it.
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import type { Manifest } from '../manifest.ts'
import { archiveOf as pgbackrestFolder, readPgbackrestArchive } from '../methods/pgbackrest/archive.ts'
import { stanzaOf } from '../methods/pgbackrest/info.ts'
import { programOf } from '../methods/pgbackrest/program.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { SystemArchive } from '../wal/archive.ts'
import type { Finding } from './fitness.ts'
import { pgbackrestWal } from './pgbackrest-wal.ts'
import { archivedWal, type WalSource } from './wal-source.ts'
import { archiveOf } from './windows.ts'

export interface WalHome {
  /** Where it is, for people. */
  readonly where: string
  readonly source: WalSource
  readonly archive: SystemArchive
  /** Labels of pgBackRest's own that it has still; undefined for what lies in this repository. */
  readonly kept?: ReadonlySet<string> | undefined
}

export interface HomeSearch {
  readonly repository: Repository
  readonly key: Key | undefined
  readonly env: Env
  readonly signal: AbortSignal
}

/** One home for all backups of a cluster that were made in one way: in a stanza, or by arxdb. */
const homeName = ({ kind, method, server }: Manifest): string =>
  kind === 'pgbackrest' ? `pgbackrest ${method.stanza} ${method.database} ${method.config}` : server.systemId

/** What is there of the WAL behind a backup. Throws where pgBackRest is missing or knows nothing of it. */
export async function homeOf(manifest: Manifest, { repository, key, env, signal }: HomeSearch): Promise<WalHome> {
  const { systemId } = manifest.server
  if (manifest.kind !== 'pgbackrest') {
    const source = archivedWal(repository, systemId, key)
    return { where: repository.store.where, source, archive: await archiveOf(repository, systemId, key) }
  }
  const program = programOf(manifest, env, signal)
  const stanza = await stanzaOf(program)
  const folder = pgbackrestFolder(stanza, manifest)
  const segmentBytes = manifest.wal?.segmentBytes ?? 16 << 20
  return {
    where: `${folder} of pgBackRest`,
    source: pgbackrestWal(program, folder),
    archive: await readPgbackrestArchive(program, folder, { systemId, segmentBytes }),
    kept: new Set(stanza.backup.map(({ label }) => label)),
  }
}

/** The homes of some backups; of what has none that can be looked into, why. */
export interface Homes {
  of(manifest: Manifest): WalHome | undefined
  readonly findings: readonly Finding[]
  /** The first reason, for where nothing else is left to restore from. */
  readonly failure: ArxError | undefined
}

/** Looks into every home of `manifests`; a pgBackRest that is missing or broken hides its own backups only. */
export async function homesOf(manifests: readonly Manifest[], search: HomeSearch): Promise<Homes> {
  const homes = new Map<string, WalHome | undefined>()
  const findings: Finding[] = []
  const warn = (detail: string) => findings.push({ check: 'pgbackrest', outcome: 'warning', detail })
  let failure: ArxError | undefined
  for (const manifest of manifests) {
    const name = homeName(manifest)
    if (homes.has(name)) continue
    try {
      homes.set(name, await homeOf(manifest, search))
    } catch (error) {
      if (manifest.kind !== 'pgbackrest' || !(error instanceof ArxError) || search.signal.aborted) throw error
      homes.set(name, undefined)
      failure ??= error
      warn(`backups of stanza ${manifest.method.stanza} cannot be judged: ${error.message}`)
    }
  }
  const of = (manifest: Manifest) => homes.get(homeName(manifest))
  const lost = manifests.filter((manifest) => isGone(manifest, of(manifest)))
  const newest = lost.at(-1)
  if (newest) warn(`${gone(newest).message}${lost.length > 1 ? `, as of ${lost.length - 1} older ones` : ''}`)
  return { of, findings, failure: failure ?? (newest && gone(newest)) }
}

/** pgBackRest expires its backups by itself. */
export const isGone = ({ method }: Manifest, home: WalHome | undefined): boolean =>
  home?.kept?.has(String(method.label)) === false

const gone = ({ label, method }: Manifest): ArxError =>
  new ArxError({
    code: 'pgbackrest-expired',
    message: `${label} is ${method.label} of stanza ${method.stanza}, which pgBackRest has no more`,
    hint: 'pgbackrest info shows what it keeps; arxdb backup list shows what else there is',
    exit: EXIT.refused,
  })

/** WAL for a recovery in `into`, where the backup was laid out. */
export async function walFor(
  manifest: Manifest,
  { repository, key, env, signal }: HomeSearch,
  into: string,
): Promise<WalSource> {
  if (manifest.kind !== 'pgbackrest') return archivedWal(repository, manifest.server.systemId, key)
  const program = programOf(manifest, env, signal)
  return pgbackrestWal(program, pgbackrestFolder(await stanzaOf(program), manifest), into)
}
