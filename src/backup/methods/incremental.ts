// kind incremental: the blocks that changed since another backup, by PostgreSQL 17's WAL summaries. It is worth nothing
// without the backups that it adds to.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ArxError, EXIT, unsupportedError } from '../../errors.ts'
import type { Manifest } from '../manifest.ts'
import { readObject } from '../objects.ts'
import { readShelf } from '../prune/shelf.ts'
import { BACKUP_MANIFEST, objectNamed, objectText } from '../restore/unpack.ts'
import { decodeBase, makeBase } from './base.ts'
import { type Cluster, surveyedCluster } from './cluster.ts'
import type { Making, Method } from './method.ts'

export const incrementalMethod: Method = {
  async preflight(making) {
    await surveyed(making)
    await parentOf(making)
  },

  async make(making) {
    const cluster = await surveyed(making)
    const parent = await parentOf(making)
    const stream = await readObject(making.repository, parent.label, objectNamed(parent, BACKUP_MANIFEST), making.key)
    const file = join(making.staging, 'parent_manifest')
    await writeFile(file, await objectText(stream))
    return makeBase(making, cluster, { label: parent.label, file })
  },

  decode: decodeBase,
}

async function surveyed(making: Making): Promise<Cluster> {
  if (making.server.major < 17) {
    throw unsupportedError(
      `incremental backups need PostgreSQL 17, and this server is ${making.server.version}`,
      '--kind base; or --kind pgbackrest, whose incremental backups need no newer server',
    )
  }
  const cluster = await surveyedCluster(making)
  if (cluster.summarize_wal === 'on') return cluster
  throw unsupportedError(
    'incremental backups need summarize_wal, and it is off on this server',
    'alter system set summarize_wal = on; select pg_reload_conf(); then a full one: arxdb backup run --kind base',
  )
}

/**
 * The newest whole-cluster backup of this cluster that is good, with all that it stands on: what adds to one that is
 * damaged can never be restored, however well its own runs end.
 */
export async function parentOf({ repository, key, server }: Pick<Making, 'repository' | 'key' | 'server'>) {
  const all = (await readShelf(repository, key)).backups.filter(({ entry: { trust, manifest } }) => {
    if (trust !== 'signed' || !['base', 'incremental'].includes(manifest!.kind)) return false
    return manifest!.server.systemId === server.systemId && manifest!.server.major === server.major
  })
  const found = all.findLast(({ status }) => status === 'good')?.entry.manifest
  if (found) return found
  const last = all.at(-1)
  throw new ArxError({
    code: 'no-parent',
    message: `there is no ${last ? 'good ' : ''}base backup of this cluster that an incremental one could add to`,
    detail: last ? `${last.entry.label} in ${repository.store.where}: ${last.status}` : repository.store.where,
    hint: 'arxdb backup run --kind base',
    exit: EXIT.refused,
  })
}

/**
 * The backups that are needed to restore `manifest`, from the full one on, itself last; from all manifests that can be
 * trusted. Throws, naming it, when one is gone.
 */
export function chainOf(manifest: Manifest, all: readonly Manifest[]): readonly Manifest[] {
  const chain = [manifest]
  for (let { parent } = manifest; parent !== null; parent = chain[0]!.parent) {
    const found = all.find(({ label }) => label === parent)
    if (!found || chain.includes(found)) {
      throw new ArxError({
        code: 'chain-broken',
        message: `${manifest.label} adds to ${parent}, which is not there`,
        hint: 'arxdb backup list shows what else there is',
      })
    }
    chain.unshift(found)
  }
  return chain
}
