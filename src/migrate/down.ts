// Takes migrations back, newest first: the down section and the removal of the ledger row, in one transaction a file.
import { ArxError, usageError } from '../errors.ts'
import { runStatement } from './apply.ts'
import { ask } from './ask.ts'
import type { Entry } from './compare.ts'
import { migrationFailure } from './failure.ts'
import { BUILT_IN, compareVersions, label, type MigrationFile } from './files.ts'
import { locked, type RunWish } from './run.ts'
import { checkBoundaries, type Survey, type SurveyWish, survey } from './survey.ts'
import { endedBy, execute, type Run, retrying, transaction, type Worker, withWorker } from './worker.ts'

/** How far: the last `steps` migrations, or those of `only` above version `to` (0 for all). */
export interface DownTarget {
  readonly steps?: number | undefined
  readonly to?: string | undefined
  /** Only this source's; needed with `to` when several have migrations applied. */
  readonly only?: string | undefined
}

function choose({ entries }: Survey, { steps = 1, to, only }: DownTarget): readonly Entry[] {
  const sources = [...new Set(entries.filter((e) => e.row).map((e) => e.source))]
  if (to !== undefined && only === undefined && sources.length > 1) {
    throw usageError(`version ${to} of which source: ${sources.join(', ')}?`, `--only ${BUILT_IN}`)
  }
  const applied = entries.filter((e) => e.row && (only === undefined || e.source === only)).reverse()
  if (!Number.isInteger(steps) || steps < 1) throw usageError(`cannot take back ${steps} migrations`, '--steps 1')
  if (to === undefined) return applied.slice(0, steps)
  if (!/^\d+$/.test(to)) throw usageError(`"${to}" is not a version`, '--to 0003')
  return applied.filter((e) => compareVersions(e.version, to) > 0)
}

/** Every file has to say how, before the first one runs. */
function checkReversible(entries: readonly Entry[]): readonly MigrationFile[] {
  const mute = entries.filter((e) => !e.file?.down)
  if (mute.length > 0) {
    throw new ArxError({
      code: 'no-down',
      message: `no way back is written for ${mute.map((e) => label(e)).join(', ')}`,
      detail: 'nothing was run',
      hint: 'add a section to the file: -- arxdb: down',
    })
  }
  const files = entries.map((e) => e.file!)
  checkBoundaries(files)
  return files
}

/** What `down` would take back, newest first. Throws when one of them has no down section. */
export const planDown = (wish: SurveyWish & DownTarget): Promise<readonly MigrationFile[]> =>
  withWorker(wish.connection, async ({ client }) => checkReversible(choose(await survey(client, wish), wish)))

async function forget(client: Worker['client'], { source, version }: MigrationFile): Promise<void> {
  await ask(client, 'migrate/forget', { source, version })
  await ask(client, 'migrate/forget-tier')
}

const inOneTransaction = (run: Run, file: MigrationFile, { client }: Worker): Promise<void> =>
  retrying(run, label(file), client, () =>
    transaction(run, client, file.directives.lockTimeoutMs ?? run.lockTimeoutMs, async () => {
      for (const statement of file.down!) await runStatement(run, client, file, statement)
      await forget(client, file)
    }),
  )

/** Its statements should bear being run twice (`if exists`): the ledger row goes only after the last one. */
async function statementByStatement(run: Run, file: MigrationFile, { client }: Worker): Promise<void> {
  for (const [index, statement] of file.down!.entries()) {
    const fate = `${label(file)} still counts as applied; ${index} of its ${file.down!.length} down statements are committed`
    await execute(run, client, statement.text).catch((error: unknown) => {
      throw endedBy(run, fate) ?? migrationFailure(error, { file, statement, fate, journal: run.journal })
    })
  }
  await transaction({ ...run, signal: run.lock.lost }, client, run.lockTimeoutMs, () => forget(client, file))
}

async function revert(run: Run, file: MigrationFile): Promise<void> {
  const start = performance.now()
  run.emit({ kind: 'reverting', migration: label(file), statements: file.down!.length, from: 0 })
  await run.lock.show(`down ${label(file)}`)
  const way = file.directives.transaction ? inOneTransaction : statementByStatement
  await withWorker(run.connection, (worker) => way(run, file, worker)).catch((error: unknown) => {
    throw endedBy(run, `${label(file)} is rolled back`) ?? error
  })
  run.journal.committed.push(`down ${label(file)}`)
  run.emit({ kind: 'reverted', migration: label(file), ms: performance.now() - start })
}

/** Reverts, newest first; the caller has asked. Labels of what was taken back. */
export const down = (wish: RunWish & DownTarget): Promise<readonly string[]> =>
  locked(wish, async (run) => {
    const found = await withWorker(wish.connection, ({ client }) => survey(client, wish))
    const files = checkReversible(choose(found, wish))
    for (const file of files) await revert(run, file)
    return files.map((file) => label(file))
  })
