// What every benchmark needs: rivals take turns in one run, and medians are compared.
import { performance } from 'node:perf_hooks'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Rival {
  readonly name: string
  /** Not timed: puts things back as they were. */
  readonly before?: () => unknown
  readonly run: () => unknown
}

/** Milliseconds of each rival, `rounds` times in turns, after one round that does not count. */
export async function inTurns(
  rivals: readonly Rival[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(rivals.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, before, run } of rivals) {
      await before?.()
      const start = performance.now()
      await run()
      if (round > 0) times.get(name)!.push(performance.now() - start)
    }
  }
  return times
}
