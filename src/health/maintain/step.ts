// What upkeep is made of: one statement a step, each of which stands by itself.

export type Kind = 'clean' | 'vacuum' | 'analyze' | 'reindex' | 'refresh'

export interface Step {
  readonly kind: Kind
  /** Under which it is told: a hypertable, a partitioned table, a table. */
  readonly table: string
  /** The relation that the statement names; what it left is looked up by it. */
  readonly relation: string
  readonly sql: string
  /** Why it is due: one clause. */
  readonly why: string
  /** Why it cannot be done; undefined where it can. */
  readonly obstacle?: string | undefined
}

export type Fate = 'done' | 'locked' | 'failed' | 'skipped' | 'over budget'

/** What became of a step. */
export interface Deed {
  readonly step: Step
  readonly fate: Fate
  readonly seconds: number
  /** Freed. */
  readonly bytes: number
  readonly detail?: string | undefined
}

/** What all steps of a kind came to at one table. */
export interface DeedRow {
  readonly step: Kind
  readonly table: string
  /** The worst of them: `failed`, `locked`, `over budget`, `skipped`, `done`. */
  readonly outcome: Fate
  readonly due: number
  readonly done: number
  readonly left: number
  readonly bytes: number | null
  readonly seconds: number
  readonly detail: string | null
}

const WORST: readonly Fate[] = ['failed', 'locked', 'over budget', 'skipped', 'done']
const MOST_TOLD = 3

/** A row for each kind and table, in the order of the work; what went wrong is told, up to three times. */
export function rolledUp(deeds: readonly Deed[]): readonly DeedRow[] {
  const groups = new Map<string, Deed[]>()
  for (const deed of deeds) {
    const key = `${deed.step.kind} ${deed.step.table}`
    groups.set(key, [...(groups.get(key) ?? []), deed])
  }
  return [...groups.values()].map((all) => {
    const done = all.filter(({ fate }) => fate === 'done').length
    const told = [...new Set(all.flatMap(({ detail }) => detail ?? []))]
    const more = told.length > MOST_TOLD ? `; and ${told.length - MOST_TOLD} more` : ''
    const bytes = all.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      ...{ step: all[0]!.step.kind, table: all[0]!.step.table },
      outcome: WORST.find((fate) => all.some((deed) => deed.fate === fate))!,
      ...{ due: all.length, done, left: all.length - done, bytes: bytes === 0 ? null : bytes },
      seconds: Math.round(all.reduce((sum, { seconds }) => sum + seconds, 0) * 1000) / 1000,
      detail: told.length > 0 ? `${told.slice(0, MOST_TOLD).join('; ')}${more}` : null,
    }
  })
}
