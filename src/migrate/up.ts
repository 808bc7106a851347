// Applies what is pending, or rehearses it.

import { sqlState, translate } from '../db/sqlstate.ts'
import { ArxError, usageError } from '../errors.ts'
import { apply, runStatement } from './apply.ts'
import type { Client } from './ask.ts'
import { isToDo } from './compare.ts'
import { label } from './files.ts'
import { bootstrap, record, recordTier } from './ledger.ts'
import { locked, type RunWish } from './run.ts'
import { checkBoundaries, checkGround, type Survey, survey } from './survey.ts'
import { checkRequirements, type Situation } from './tier.ts'
import { endedBy, type Run, transaction, withWorker } from './worker.ts'

export interface UpWish extends RunWish {
  readonly outOfOrder?: boolean | undefined
  /** Run everything in one transaction and roll it back. */
  readonly dryRun?: boolean | undefined
}

export interface UpReport {
  readonly tier: Situation['tier']
  /** Labels, in the order they were committed; with `dryRun`, were run and rolled back. */
  readonly applied: readonly string[]
  readonly upToDate: number
  readonly dryRun: boolean
}

/** Checks everything that can be known before the first statement; what is to be done. */
function toDo(found: Survey, wish: UpWish): Survey['entries'] {
  checkGround(found.entries, wish.outOfOrder ?? false)
  const entries = found.entries.filter(isToDo)
  const files = entries.map((e) => e.file!)
  checkBoundaries(files)
  if (!found.creatable) checkRequirements(files, found.now)
  return entries
}

const report = (found: Survey, applied: readonly string[], dryRun: boolean): UpReport => ({
  tier: found.now.tier,
  applied,
  upToDate: found.entries.filter((e) => e.state === 'applied' || e.state === 'baseline').length,
  dryRun,
})

/**
 * Creates TimescaleDB where that is allowed, and looks again. A refusal means plain, unless a tier was wished.
 * `client` is a fresh session, or one transaction with a savepoint to go back to.
 */
async function withExtension(run: Run, client: Client, wish: UpWish, refused: () => Promise<unknown>): Promise<void> {
  try {
    await client.query('create extension if not exists timescaledb')
    run.emit({ kind: 'extension', text: 'created extension timescaledb' })
  } catch (error) {
    if (wish.tier !== undefined || sqlState(error) === undefined) throw translate(error, wish.connection)
    await refused()
    const why = error instanceof Error ? error.message : String(error)
    run.emit({ kind: 'warning', text: `timescaledb could not be created (${why}): this database becomes tier plain` })
  }
}

/** Still creatable after the attempt means that it was refused: what it promised does not hold. */
async function lookAgain(client: Client, wish: UpWish): Promise<Survey> {
  const found = await survey(client, wish)
  return found.creatable ? survey(client, { ...wish, tier: 'plain' }) : found
}

async function migrate(run: Run, wish: UpWish): Promise<UpReport> {
  let found = await withWorker(wish.connection, ({ client }) => survey(client, wish))
  if (found.creatable) {
    await withWorker(wish.connection, ({ client }) => withExtension(run, client, wish, async () => {}))
    // The licence is known to sessions that begin with the extension.
    found = await withWorker(wish.connection, ({ client }) => lookAgain(client, wish))
  }
  const entries = toDo(found, wish)
  if (entries.length > 0) {
    await withWorker(wish.connection, ({ client }) =>
      transaction(run, client, run.lockTimeoutMs, () => bootstrap(client)),
    )
  }
  for (const entry of entries) await apply(run, entry, found.now)
  return report(
    found,
    entries.map((e) => label(e)),
    false,
  )
}

const ROLL_BACK = 'dry-run'

/** All pending files in one transaction that ends in a rollback; refused where that would not hold. */
async function rehearse(run: Run, wish: UpWish): Promise<UpReport> {
  let result: UpReport | undefined
  await withWorker(wish.connection, ({ client }) =>
    transaction(run, client, run.lockTimeoutMs, async () => {
      let found = await survey(client, wish)
      if (found.creatable) {
        await client.query('savepoint before_extension')
        await withExtension(run, client, wish, () => client.query('rollback to before_extension'))
        found = await lookAgain(client, wish)
      }
      const entries = toDo(found, wish)
      const alone = entries.find((e) => !e.file!.directives.transaction || e.state === 'partial')
      if (alone) {
        throw usageError(
          `${alone.file!.file} is marked no-transaction, so a dry run cannot roll it back`,
          'see what it would do: arxdb migrate plan',
        )
      }
      await bootstrap(client)
      await recordTier(client, found.now)
      for (const { file } of entries) {
        const start = performance.now()
        for (const statement of file!.up) await runStatement(run, client, file!, statement)
        const progress = { state: 'applied', checksum: file!.checksum, duration_ms: 0, note: null } as const
        await record(client, file!, { ...progress, statements_done: file!.up.length })
        run.emit({ kind: 'rehearsed', migration: label(file!), ms: performance.now() - start })
      }
      result = report(
        found,
        entries.map((e) => label(e)),
        true,
      )
      throw new ArxError({ code: ROLL_BACK, message: 'rolled back' })
    }).catch((error: unknown) => {
      if (!(error instanceof ArxError && error.code === ROLL_BACK))
        throw endedBy(run, 'all of it is rolled back') ?? error
    }),
  )
  return result!
}

/**
 * Applies pending migrations, each in its own transaction or statement by statement. Returns at once, without the lock,
 * where nothing is pending. Throws: exit 3 edited or out of order, 5 the server cannot, 6 lock busy.
 */
export async function up(wish: UpWish): Promise<UpReport> {
  const before = await withWorker(wish.connection, ({ client }) => survey(client, wish))
  if (toDo(before, wish).length === 0) return report(before, [], wish.dryRun ?? false)
  return locked(wish, (run) => (wish.dryRun ? rehearse(run, wish) : migrate(run, wish)))
}
