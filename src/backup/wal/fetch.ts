// `wal fetch`: what restore_command calls. PostgreSQL takes a failure for the end of the archive and promotes, so absence
// has to be the store's own word; everything else must look like the failure that it is.
import { access, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import { step } from '../../steps.ts'
import { mustStillBe } from '../marker.ts'
import { openRepository, type Repository, type RepositoryAddress } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { ObjectAbsent } from '../stores/outcomes.ts'
import { draftOf, RECOVERY, sweepDrafts } from './drafts.ts'
import type { WalHeader } from './header.ts'
import { refuseHole } from './holes.ts'
import { walFile, walFolder, walKey } from './names.ts'
import { controlSystemId } from './segment-file.ts'
import { unpack } from './unpack.ts'

export interface FetchTask {
  readonly address: RepositoryAddress
  key(): Promise<Key | undefined>
  readonly cwd: string
  readonly systemId?: string | undefined
  readonly signal: AbortSignal
}

/**
 * Brings one file of the archive to `path`: checked, and under that name only when it is whole. Throws an error
 * with EXIT.absent when the repository confirms that it has no such file, and with another for everything else.
 */
export async function fetchFile(name: string, path: string, task: FetchTask): Promise<WalHeader> {
  const file = walFile(name)
  const repository = await openRepository(task.address, 'must exist')
  try {
    // PostgreSQL probes for more than it archives; such a name is absent for certain.
    if (!file) throw absent(name, repository)
    const target = resolve(task.cwd, path)
    const systemId = task.systemId ?? (await systemOf(target, task.cwd)) ?? (await onlySystem(repository))
    return await bring(name, systemId, target, repository, task)
  } finally {
    await repository.close()
  }
}

/** The cluster that is being recovered: its folder is where PostgreSQL calls us, and above its pg_wal. */
async function systemOf(target: string, cwd: string): Promise<string | undefined> {
  return (await controlSystemId(cwd)) ?? controlSystemId(join(dirname(target), '..'))
}

/** Whether the cluster that asks is a standby. */
async function isStandby(target: string, cwd: string): Promise<boolean> {
  const folders = [cwd, join(dirname(target), '..')]
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, 'standby.signal')).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}

/** Of a repository that holds the WAL of one cluster. */
async function onlySystem({ store }: Repository): Promise<string> {
  const systems = [...new Set((await store.list('wal/')).map(({ key }) => key.split('/')[1]!))]
  if (systems.length === 1) return systems[0]!
  throw new ArxError({
    code: 'which-system',
    message:
      systems.length === 0
        ? `${store.where} holds no WAL`
        : `${store.where} holds the WAL of ${systems.length} clusters`,
    detail: systems.length === 0 ? 'so it cannot be the archive of this cluster' : systems.join(', '),
    hint: 'run it in the data directory, as restore_command does, or give --system-id',
  })
}

async function bring(
  name: string,
  systemId: string,
  target: string,
  repository: Repository,
  task: FetchTask,
): Promise<WalHeader> {
  const { store } = repository
  const key = walKey(systemId, name)
  const draft = draftOf(target)
  await sweepDrafts(target)
  step('fetching', name)
  try {
    // What recovery asks for by these names it asks for again after a crash, and syncs itself where it keeps it.
    const durable = !RECOVERY.includes(basename(target))
    const read = () => unpack(store, key, draft, { key: task.key, signal: task.signal, durable })
    const unpacked = await read().catch(async (error) => {
      if (!(error instanceof ObjectAbsent)) throw error
      await confirm(repository, systemId)
      // A standby asks again and again, and promotes for nobody's absence.
      if (await isStandby(target, task.cwd)) throw absent(name, repository)
      if ((await refuseHole(repository, systemId, name, task.signal)) === 'came late') return read()
      throw absent(name, repository)
    })
    if (!unpacked) throw damaged(key, 'it does not begin with a header of arxdb')
    const { header, written } = unpacked
    if (header.name !== name) throw damaged(key, `it holds ${header.name}`)
    if (header.systemId !== systemId) throw damaged(key, `it is of system ${header.systemId}`)
    const { bytes, sha256 } = written
    if (bytes !== header.bytes || sha256 !== header.sha256) {
      throw damaged(key, `${bytes} of ${header.bytes} bytes, sha256 ${sha256} instead of ${header.sha256}`)
    }
    step('fetched', name)
    await rename(draft, target)
    step('placed', name)
    if (durable) await syncFolder(dirname(target))
    return header
  } catch (error) {
    await rm(draft, { force: true })
    if (error instanceof ArxError) throw error
    throw damaged(key, (error as Error).message)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle
    .sync()
    .catch(() => {})
    .finally(() => handle.close())
}

/**
 * That the file is not there says that the archive ends only where this is the cluster's archive. A repository without
 * any WAL of it knows nothing of its end, whether it holds another cluster's or none at all: a mistyped --repo looks the
 * same as an archive that was never begun, and taking the one for the other would lose all that was written since the
 * backup. Who really has no archive needs no restore_command; a server that archives has archived a segment before its
 * first backup ends.
 */
async function confirm(repository: Repository, systemId: string): Promise<void> {
  const { store } = repository
  if (!(await store.holds(walFolder(systemId)))) throw foreign(store.where, systemId)
  await mustStillBe(repository)
}

const absent = (name: string, { store }: Repository): ArxError =>
  new ArxError({ code: 'wal-absent', message: `${store.where} has no ${name}`, exit: EXIT.absent })

const foreign = (where: string, systemId: string): ArxError =>
  new ArxError({
    code: 'wal-foreign',
    message: `${where} holds no WAL of system ${systemId}`,
    detail: 'so it cannot say where the archive of this cluster ends; is this the repository that it archives to?',
    hint: 'correct --repo in restore_command; a cluster that was never archived is recovered without a restore_command',
    exit: EXIT.refused,
  })

const damaged = (key: string, why: string): ArxError =>
  new ArxError({
    code: 'wal-damaged',
    message: `${key} cannot be used: ${why}`,
    hint: 'recovery stops here rather than lose what follows; look for another copy of it, or restore to a moment before it, with recovery_prefetch = off where that is close',
  })
