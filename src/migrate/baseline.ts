// Marks migrations as there without running them: for a database that already holds what they make.
import { usageError } from '../errors.ts'
import { BUILT_IN, compareVersions, label } from './files.ts'
import { bootstrap, record, recordTier } from './ledger.ts'
import { locked, type RunWish } from './run.ts'
import { type Survey, survey } from './survey.ts'
import { transaction, withWorker } from './worker.ts'

export interface BaselineWish extends RunWish {
  /** Last version that is there already. */
  readonly to: string
  /** Which directory's; arxdb's own unless given. */
  readonly source?: string | undefined
  readonly dryRun?: boolean | undefined
}

function chosen({ entries }: Survey, { to, source = BUILT_IN }: BaselineWish): Survey['entries'] {
  const own = entries.filter((e) => e.source === source && e.file)
  if (!/^\d+$/.test(to) || !own.some((e) => compareVersions(e.version, to) === 0)) {
    throw usageError(`no version ${to} in "${source}"`, `one of: ${own.map((e) => e.version).join(', ') || 'none'}`)
  }
  return own.filter((e) => !e.row && compareVersions(e.version, to) <= 0)
}

/** Labels of what was marked, or with `dryRun` would be. Whether the objects exist is not checked: `verify` does. */
export async function baseline(wish: BaselineWish): Promise<readonly string[]> {
  if (wish.dryRun) {
    const entries = await withWorker(wish.connection, async ({ client }) => chosen(await survey(client, wish), wish))
    return entries.map((entry) => label(entry))
  }
  return locked(wish, (run) =>
    withWorker(wish.connection, ({ client }) =>
      transaction(run, client, run.lockTimeoutMs, async () => {
        await bootstrap(client)
        // An extension that could be made is no sign that this database was made with it.
        const { creatable } = await survey(client, wish)
        const found = creatable ? await survey(client, { ...wish, tier: 'plain' }) : await survey(client, wish)
        const entries = chosen(found, wish)
        if (entries.length > 0) await recordTier(client, found.now)
        for (const { file } of entries) {
          const { checksum, up } = file!
          const progress = { state: 'baseline', checksum, duration_ms: 0, note: 'marked as there, not run' } as const
          await record(client, file!, { ...progress, statements_done: up.length })
        }
        return entries.map((entry) => label(entry))
      }),
    ),
  )
}
