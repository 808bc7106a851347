// A backup as a running server, in folders that go with it.
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openClient } from '../../db/connect.ts'
import { identifier } from '../../db/identifier.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { step } from '../../steps.ts'
import type { CatalogueEntry } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import type { Programs } from '../programs.ts'
import { restoredFrom } from '../restore/choose.ts'
import { roomFits } from '../restore/fitness.ts'
import { type IsolatedServer, makeIsolated } from '../restore/isolated.ts'
import { sweepLeftovers } from '../restore/leftovers.ts'
import { restoreLogical } from '../restore/logical.ts'
import { restorePhysical } from '../restore/physical.ts'
import { type RecoveryTarget, targetText } from '../restore/target.ts'
import { homeOf } from '../restore/wal-home.ts'
import { runFolder } from '../staging.ts'
import { segmentAt, segmentName } from '../wal/names.ts'
import type { DrillTask, Staged } from './drill.ts'

/** A folder that the server's account may pass through, and nobody read; with room in it, and what killed drills left gone. */
async function folder({ settings }: DrillTask, chain: readonly Manifest[]): Promise<string> {
  await sweepLeftovers()
  const { outcome, detail } = await roomFits(chain, settings.staging)
  if (outcome !== 'ok') {
    throw new ArxError({
      code: 'disk-full',
      message: `too little space for a drill in ${settings.staging}`,
      detail,
      hint: 'free space there, or give another folder with --staging',
      exit: EXIT.refused,
    })
  }
  const made = await runFolder(settings.staging, 'drill')
  await chmod(made, 0o711)
  step('drill folder made')
  return made
}

const clear = (path: string): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 })

/** A dump or a copy in an empty server. */
export async function stagedLogical(manifest: Manifest, programs: Programs, task: DrillTask): Promise<Staged> {
  const parent = await folder(task, [manifest])
  const { repository, key, settings, env, signal } = task
  try {
    task.progress('starting an empty server')
    const server = await makeIsolated({ programs, env, signal, parent })
    try {
      const roles = manifest.evidence?.roles
      if (roles) await makeRoles(server, roles)
      const { warnings } = await restoreLogical({
        // What is fetched goes with the folder, whatever becomes of this process: it is the dump, unsealed.
        ...{
          repository,
          key,
          settings: { ...settings, staging: parent },
          manifest,
          programs,
          env,
          signal,
          jobs: 2,
          owners: roles !== undefined,
        },
        ...{ server: server.connection('postgres'), database: 'drill', progress: task.progress },
      })
      return {
        ...{ server, database: 'drill', atMark: true, reached: 'backup', remarks: warnings },
        async discard() {
          await server.stop()
          await clear(parent)
        },
      }
    } catch (error) {
      await server.stop()
      throw error
    }
  } catch (error) {
    await clear(parent)
    throw error
  }
}

/** Those that the backup names, so that owners and grants come back; nobody can reach the server to be one of them. */
async function makeRoles(server: IsolatedServer, roles: readonly string[]): Promise<void> {
  const client = await openClient(server.connection('postgres'))
  try {
    const { rows } = await client.query<{ name: string }>('select rolname::text as name from pg_roles')
    const there = new Set(rows.map(({ name }) => name))
    // Who has jobs has to be able to log in.
    for (const role of roles) if (!there.has(role)) await client.query(`create role ${identifier(role)} login`)
  } finally {
    await client.end().catch(() => {})
  }
}

/** A base backup, recovered to its mark where the archive leads there, or to what was asked for. */
export async function stagedPhysical(
  manifest: Manifest,
  entries: readonly CatalogueEntry[],
  programs: Programs,
  task: DrillTask,
): Promise<Staged> {
  const { repository, key, settings, env, signal } = task
  const trusted = entries.flatMap((entry) => (entry.manifest && entry.trust !== 'forged' ? [entry.manifest] : []))
  const marked = await markArchived(manifest, task)
  const own: RecoveryTarget = marked ? { kind: 'name', name: manifest.mark!.name } : { kind: 'backup' }
  const target = task.target ?? own
  const chain = restoredFrom(manifest, trusted)
  const parent = await folder(task, chain)
  try {
    const { server } = await restorePhysical({
      ...{ repository, key, settings, chain, target, into: join(parent, 'data') },
      ...{ disposable: true, programs, env, signal, progress: task.progress },
    })
    const atMark = marked && target === own
    return {
      ...{ server, database: manifest.server.database, atMark, reached: targetText(target) },
      remarks: marked || task.target ? [] : ['the WAL behind it is not archived: it was restored to its own end'],
      async discard() {
        await server.stop()
        await clear(parent)
      },
    }
  } catch (error) {
    await clear(parent)
    throw error
  }
}

/** Whether the segment with the restore point has come into the archive. */
async function markArchived(manifest: Manifest, task: DrillTask): Promise<boolean> {
  const { mark, wal } = manifest
  if (!mark || !wal) return false
  const { archive } = await homeOf(manifest, task)
  return archive.stored.has(segmentName(wal.timeline, segmentAt(mark.lsn, wal.segmentBytes), wal.segmentBytes))
}
