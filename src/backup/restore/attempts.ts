// A restore that goes on with an older backup where the chosen one turns out not to lead to the target.
import { ArxError } from '../../errors.ts'
import { type Ran, type RunOptions, runRestore } from './run.ts'
import { targetText } from './target.ts'

/**
 * As `runRestore`; where nobody named the backup, and the plan could not know that the target lies before its end, one
 * backup after the other is tried, newest first. What is to be confirmed is asked once,
 * unless something else stands there by then.
 */
export async function restoreReaching(options: RunOptions): Promise<Ran> {
  const tried = new Set<string>()
  let agreed: string | undefined
  for (let first: unknown; ; ) {
    let chosen: string | undefined
    let sure = true
    try {
      const ran = await runRestore({
        ...options,
        without: tried,
        chose(label, certainty) {
          chosen = label
          sure = certainty === 'sure'
        },
        async confirm(what) {
          if (agreed !== what.what) await options.confirm(what)
          agreed = what.what
        },
      })
      const missed = [...tried].map((label) => `${label} does not lead to ${targetText(options.target)}`)
      return { ...ran, notes: [...missed, ...ran.notes] }
    } catch (error) {
      first ??= error
      const code = error instanceof ArxError ? error.code : undefined
      const missed = code === 'target-too-early' || (code === 'target-not-reached' && !sure)
      if (missed && chosen !== undefined && options.label === undefined) {
        options.progress(`${chosen} does not lead to ${targetText(options.target)}: on with the next older backup`)
        tried.add(chosen)
        continue
      }
      // Where no older one is left, the first answer is the one that says what is wrong.
      throw tried.size > 0 && chosen === undefined && !options.signal.aborted ? first : error
    }
  }
}
