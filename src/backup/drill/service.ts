// The face of drills for `arxdb backup drill` and for the upper levels of `backup verify`: what was found is kept as proof.
import type { Env } from '../../programs/run.ts'
import { keepProof } from '../proofs.ts'
import { openRepository } from '../repository.ts'
import { readTarget } from '../restore/target.ts'
import { beginRun } from '../runs.ts'
import { findKey } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { type Drilled, drill } from './drill.ts'

export interface DrillOptions {
  readonly label: string | undefined
  readonly to: string | undefined
  readonly tz: string | undefined
  readonly level: 4 | 5
  readonly env: Env
  readonly signal: AbortSignal
  progress(text: string): void
}

/** Drills and records: a failed drill is an answer, kept like every other; only what cannot be tried throws. */
export async function practise(settings: BackupSettings, options: DrillOptions): Promise<Drilled> {
  const target = options.to === undefined ? undefined : readTarget(options.to, options.tz)
  const key = await findKey(settings.keyFile)
  const repository = await openRepository(settings, 'must exist')
  try {
    const record = await beginRun(repository, 'drill')
    try {
      const done = await drill(options.label, { ...options, settings, repository, key, target })
      const { label, passed, problems, level, restoredSeconds, rpoSeconds } = done
      await keepProof(repository, key, {
        ...{ label, passed, problems, level, at: new Date().toISOString() },
        ...{ rtoSeconds: restoredSeconds, rpoSeconds },
      })
      const message = passed ? `restored in ${restoredSeconds} s` : problems[0]!
      await record.end(passed ? 'ok' : 'failed', { label, message })
      return done
    } catch (error) {
      await record.end('failed', { message: (error as Error).message }).catch(() => {})
      throw error
    }
  } finally {
    await repository.close()
  }
}
