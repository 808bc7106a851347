// Brings the ledger back in line with the files, when a person has decided that the files are right.

import { usageError } from '../errors.ts'
import { ask } from './ask.ts'
import { checksum } from './checksum.ts'
import type { Entry } from './compare.ts'
import { label } from './files.ts'
import { bootstrap } from './ledger.ts'
import { locked, type RunWish } from './run.ts'
import { type SurveyWish, survey } from './survey.ts'
import { type Run, transaction, withWorker } from './worker.ts'

export interface Repair {
  readonly action: 'checksum' | 'forget'
  readonly source: string
  readonly version: string
  readonly name: string
  readonly old_checksum: string
  readonly new_checksum: string | null
}

const repairOf = ({ source, version, name, row, file }: Entry): Repair => {
  const base = { source, version, name, old_checksum: row!.checksum }
  if (!file) return { ...base, action: 'forget', new_checksum: null }
  const done = row!.state === 'partial' ? file.up.slice(0, row!.statements_done) : file.up
  return { ...base, action: 'checksum', new_checksum: checksum(done) }
}

const needsRepair = ({ state }: Entry): boolean => state === 'edited' || state === 'missing'

/** What `repair` would change: edited files get their new checksum, rows without a file go. */
export const planRepair = (wish: SurveyWish): Promise<readonly Repair[]> =>
  withWorker(wish.connection, async ({ client }) =>
    (await survey(client, wish)).entries.filter(needsRepair).map(repairOf),
  )

async function apply(run: Run, wish: RunWish, note: string): Promise<readonly Repair[]> {
  return withWorker(wish.connection, ({ client }) =>
    transaction(run, client, run.lockTimeoutMs, async () => {
      await bootstrap(client)
      const entries = (await survey(client, wish)).entries.filter(needsRepair)
      for (const entry of entries) {
        const repair = repairOf(entry)
        await ask(client, 'migrate/record-repair', { ...repair, note })
        if (repair.action === 'forget') await ask(client, 'migrate/forget', { ...repair })
        else {
          const raw_checksum = entry.file!.rawChecksum
          const change = { ...repair, checksum: repair.new_checksum, raw_checksum, note: `repaired: ${note}` }
          await ask(client, 'migrate/repair-checksum', change)
        }
      }
      return entries.map(repairOf)
    }),
  )
}

/** Changes the ledger only, in one transaction; who did it is kept in arxdb.migration_repairs with `note`, the why. */
export async function repair(wish: RunWish & { readonly note: string }): Promise<readonly Repair[]> {
  if (wish.note.trim() === '') throw usageError('a repair needs its reason', "--note 'reindented by the formatter'")
  return locked(wish, (run) => apply(run, wish, wish.note))
}

export const repairText = (repair: Repair): string =>
  repair.action === 'forget'
    ? `${label(repair)}: taken out of the ledger, its file is gone`
    : `${label(repair)}: checksum ${repair.old_checksum.slice(0, 8)} becomes ${repair.new_checksum!.slice(0, 8)}`
