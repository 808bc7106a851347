// The face of the migration area: what the commands call. Functions return plain data or throw an ArxError.
import { parseDuration } from '../duration.ts'
import * as baselining from './baseline.ts'
import * as downward from './down.ts'
import { eventText, type MigrateEvent } from './events.ts'
import { type Directory, directories, label } from './files.ts'
import * as granting from './grants.ts'
import * as linting from './lint.ts'
import * as planning from './plan.ts'
import * as repairing from './repair.ts'
import type { RunWish } from './run.ts'
import * as standing from './status.ts'
import type { SurveyWish } from './survey.ts'
import * as upward from './up.ts'
import * as verifying from './verify.ts'

/** Options as commands have them: a directory of the user's beside the built-in one, durations as text. */
export interface Flags {
  readonly dir?: string | undefined
  readonly source?: string | undefined
  readonly lockWait?: string | undefined
  readonly lockTimeout?: string | undefined
  readonly timeout?: string | undefined
}

/** arxdb's own migrations, then those of `--dir`. */
export const directoriesOf = ({ dir, source }: Flags): readonly Directory[] =>
  directories(dir === undefined ? [] : [{ path: dir, source }])

/** Reads the flags that all changing commands share; throws usage errors. */
export const readFlags = (flags: Flags) => ({
  directories: directoriesOf(flags),
  lockWaitMs: parseDuration(flags.lockWait ?? '60s'),
  lockTimeoutMs: parseDuration(flags.lockTimeout ?? '2s'),
  statementTimeoutMs: flags.timeout === undefined ? 0 : parseDuration(flags.timeout),
})

export const up = (wish: upward.UpWish): Promise<upward.UpReport> => upward.up(wish)
export const status = (wish: SurveyWish): Promise<standing.Status> => standing.status(wish)
export const assertClean = (report: standing.Status): void => standing.assertClean(report)
export const plan = (wish: SurveyWish): Promise<readonly planning.PlanStep[]> => planning.plan(wish)
export const planText = (steps: readonly planning.PlanStep[]): string => planning.planText(steps)
export const verify = (wish: verifying.VerifyWish): Promise<verifying.Verification> => verifying.verify(wish)
export const assertVerified = (report: verifying.Verification): void => verifying.assertVerified(report)
export const planRepair = (wish: SurveyWish): Promise<readonly repairing.Repair[]> => repairing.planRepair(wish)
export const repair = (wish: RunWish & { readonly note: string }): Promise<readonly repairing.Repair[]> =>
  repairing.repair(wish)
export const repairText = (change: repairing.Repair): string => repairing.repairText(change)
export const baseline = (wish: baselining.BaselineWish): Promise<readonly string[]> => baselining.baseline(wish)
export const down = (wish: RunWish & downward.DownTarget): Promise<readonly string[]> => downward.down(wish)
export const grants = (prefix: string): string => granting.grants(prefix)
export const describeEvent = (event: MigrateEvent): string => eventText(event)

/** What `down` would take back, newest first, and the SQL it would send. */
export async function planDown(wish: SurveyWish & downward.DownTarget) {
  const files = await downward.planDown(wish)
  const sql = files.map((file) => `-- ${label(file)}\n${file.down!.map((s) => `${s.text};\n`).join('')}`).join('\n')
  return { migrations: files.map((file) => label(file)), sql }
}

/** Findings in `dir`, which may build on arxdb's own tables; without it, in arxdb's own migrations. */
export function lint(dir: string | undefined): readonly linting.Finding[] {
  const [builtIn, own] = directoriesOf(dir === undefined ? {} : { dir, source: 'linted' })
  return linting.lint(own ? { directory: own, context: [builtIn!] } : { directory: builtIn!, context: [] })
}
export const assertNoFindings = (findings: readonly linting.Finding[]): void => linting.assertNoFindings(findings)
