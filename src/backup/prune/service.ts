// The face of retention for `arxdb backup prune`.
import { CLOCKS_APART_MS } from '../../clocks.ts'
import { formatDuration } from '../../duration.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { leaseKey, takeLease } from '../lease.ts'
import { markReading, PRUNE, sweepReaders } from '../reading.ts'
import { openRepository, type Repository } from '../repository.ts'
import { beginRun } from '../runs.ts'
import { findKey } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { type PrunePlan, planPrune, YOUNG_MS } from './plan.ts'
import { carryOut, type Removed } from './remove.ts'

export interface PruneOptions {
  readonly dryRun: boolean
  readonly now: Date
  /** Asked with the whole plan in hand; throws when it is not to be. */
  agree(what: string): Promise<void>
  readonly onStep?: ((text: string) => void) | undefined
}

export interface Pruned {
  readonly plan: PrunePlan
  /** Null for a dry run, and when there was nothing to do. */
  readonly removed: Removed | null
}

/** Plans, asks, and removes under the repository's lease (exit 6 when somebody else has it). */
export async function prune(settings: BackupSettings, options: PruneOptions): Promise<Pruned> {
  const key = await findKey(settings.keyFile)
  const repository = await openRepository(settings, 'must exist')
  try {
    const look = () => planPrune(repository, key, settings.retention, options.now.getTime())
    if (options.dryRun) {
      // It takes no lease, and reads beside whoever is at work; a mark of no backup is all that it writes.
      const mark = await markReading(repository, [], `${PRUNE} --dry-run`)
      try {
        assertSameTime(repository, await mark.written())
        return { plan: await look(), removed: null }
      } finally {
        await mark.end()
      }
    }
    const lease = await takeLease(repository, 'repository', PRUNE)
    try {
      assertSameTime(repository, (await repository.store.stat(leaseKey('repository')))?.modified)
      await sweepReaders(repository, options.now.getTime())
      const plan = await look()
      if (isEmpty(plan)) return { plan, removed: null }
      await options.agree(asked(plan, repository))
      // The question may have stood for hours, and a list that answers otherwise the second time is not to be acted on.
      const again = await look()
      if (essence(again) !== essence(plan)) throw changed(repository.store.where)
      return { plan, removed: await recorded(repository, () => carryOut(repository, plan, { ...lease, ...options })) }
    } finally {
      await lease.release()
    }
  } finally {
    await repository.close()
  }
}

/** Age decides here, so a clock that is a year ahead must not: what was `written` just now bears the store's time. */
function assertSameTime({ store }: Repository, written: Date | undefined): void {
  const apart = written ? Math.abs(Date.now() - written.getTime()) : 0
  if (apart < CLOCKS_APART_MS) return
  throw new ArxError({
    code: 'clocks-differ',
    message: `the clock of this host is ${formatDuration(apart)} off that of ${store.where}: nothing was removed`,
    hint: 'set the clock; ages of backups are reckoned by it',
    exit: EXIT.refused,
  })
}

async function recorded(repository: Repository, act: () => Promise<Removed>): Promise<Removed> {
  const run = await beginRun(repository, 'prune')
  try {
    const removed = await act()
    // Uploads and temporary files that nobody ends any more.
    await repository.store.sweep(YOUNG_MS)
    const refused = removed.refused.length > 0 ? `, ${removed.refused.length} refused` : ''
    await run.end('ok', { message: `${removed.labels.length} backups, ${removed.wal} WAL segments removed${refused}` })
    return removed
  } catch (error) {
    await run.end('failed', { message: (error as Error).message }).catch(() => {})
    throw error
  }
}

const isEmpty = ({ remove, sweep, wal, memory }: PrunePlan): boolean =>
  remove.length + sweep.length + wal.length + memory.length === 0

const essence = ({ remove, sweep, wal }: PrunePlan): string =>
  JSON.stringify([remove.map(({ label }) => label), sweep.map(({ label }) => label), wal])

function asked({ remove, sweep, wal, backups }: PrunePlan, { store }: Repository): string {
  const going = backups.filter(({ keep }) => !keep)
  const bytes = going.reduce((sum, one) => sum + one.bytes, 0)
  const parts = [
    ...(remove.length > 0 ? [`${remove.length} backups`] : []),
    ...(sweep.length > 0 ? [`${sweep.length} unfinished folders`] : []),
    ...(wal.length > 0 ? [`${wal.length} WAL segments`] : []),
  ]
  return `remove ${parts.join(', ') || 'old records'} (${(bytes / 1e6).toFixed(1)} MB) from ${store.where}`
}

const changed = (where: string): ArxError =>
  new ArxError({
    code: 'plan-changed',
    message: `${where} changed after the plan was made: nothing was removed`,
    hint: 'arxdb backup prune again',
    exit: EXIT.refused,
  })
