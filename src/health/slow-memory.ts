// What `slow --since-last` saw the last time: a file of this user on this host for each database of each cluster.
import { join } from 'node:path'
import type { Remembered } from './check.ts'
import { keep, recall, stateFolder } from './memory.ts'

type Numbers = Readonly<Record<string, number>>

interface Seen {
  readonly at: string
  readonly statsReset: string | null
  readonly evictions: number | null
  readonly statements: Readonly<Record<string, Numbers>>
}

/** Key of what is no statement: those have numbers. */
const HEAD = 'statistics'

/** A memory in the state folder of this environment; where it cannot be written, `note` hears why. */
export function slowMemory<S extends Seen>(
  env: Readonly<Record<string, string | undefined>>,
  note: (text: string) => void,
) {
  const fileOf = (key: string): string => join(stateFolder(env), 'slow', `${encodeURIComponent(key)}.json`)
  return {
    recall(key: string): S | undefined {
      const { [HEAD]: head, ...statements } = recall(fileOf(key)).counters
      if (!head) return undefined
      const { statsReset = null, evictions = null } = head.values
      const values = Object.entries(statements).map(([id, remembered]) => [id, remembered.values] as const)
      return { at: head.at, statsReset, evictions, statements: Object.fromEntries(values) } as unknown as S
    },
    keep(key: string, { at, statsReset, evictions, statements }: S): void {
      const counters: Record<string, Remembered> = { [HEAD]: { at, values: { statsReset, evictions } } }
      for (const [id, values] of Object.entries(statements)) counters[id] = { at, values }
      const failure = keep(fileOf(key), { counters, since: {} })
      if (failure !== undefined) note(`warning: this look is not remembered: ${failure}`)
    },
  }
}
