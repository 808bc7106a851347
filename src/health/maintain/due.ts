// What is due. Nothing is written down between two runs: what one did is no longer due for the next, and what one left
// behind, killed, the next one finds.
import type { Run } from '../../storage/session.ts'
import { humanBytes, percent } from '../../wording.ts'
import type { Step } from './step.ts'

/** Half of what autovacuum waits for by default: upkeep comes at a quiet hour, so that autovacuum need not at a busy one. */
const DEAD = 0.1
const CHANGED = 0.05
/** Below, rebuilding gives back too little to be worth its locks. */
const BLOATED = { least: 10 * 1024 * 1024, share: 0.5 }

interface Owned {
  readonly owner: string
  readonly may: boolean
}

const owned = ({ owner, may }: Owned): Pick<Step, 'obstacle'> => (may ? {} : { obstacle: `it belongs to ${owner}` })

interface Table extends Owned {
  readonly relation: string
  readonly root: string
  readonly vacuum: boolean
  readonly analyze: boolean
  readonly dead: number
  readonly changed: number
  readonly never: boolean
  readonly frozen: number
}

interface Root extends Owned {
  readonly relation: string
  readonly parts: number
}

/** Tables, partitions and chunks one by one; analyzing a whole analyzes its parts with it. */
export async function dueTables(run: Run): Promise<readonly Step[]> {
  const roots = await run<Root>('health/maintain-roots')
  const tables = await run<Table>('health/maintain-tables', { dead: DEAD, changed: CHANGED })
  const whole = new Set(roots.filter(({ may }) => may).map(({ relation }) => relation))
  const vacuums = tables.filter(({ vacuum }) => vacuum)
  const analyses = tables.filter(({ vacuum, analyze, root }) => analyze && !vacuum && !whole.has(root))
  return [
    ...vacuums.map((table): Step => {
      const { relation, root, analyze, dead, frozen } = table
      return {
        ...{ kind: 'vacuum', table: root, relation },
        sql: `vacuum ${analyze ? '(analyze) ' : ''}${relation}`,
        why:
          frozen > 0.75 ? `its oldest rows are ${percent(frozen)} of the way to a forced vacuum` : `${dead} dead rows`,
        ...owned(table),
      }
    }),
    ...roots.map((root): Step => {
      const { relation, parts } = root
      return {
        ...{ kind: 'analyze', table: relation, relation, sql: `analyze ${relation}` },
        ...{ why: `no statistics over its ${parts} parts together`, ...owned(root) },
      }
    }),
    ...analyses.map((table): Step => {
      const { relation, root, never, changed } = table
      return {
        ...{ kind: 'analyze', table: root, relation, sql: `analyze ${relation}` },
        ...{ why: never ? 'never analyzed' : `${changed} rows changed`, ...owned(table) },
      }
    }),
  ]
}

export interface Invalid extends Owned {
  readonly index: string
  readonly relation: string
  readonly root: string
  readonly bytes: number
  readonly leftover: boolean
  readonly on_whole: boolean
  readonly exclusion: boolean
  readonly building: number | null
}

export const invalidIndexes = (run: Run): Promise<readonly Invalid[]> => run<Invalid>('health/maintain-invalid')

const cleaning = (one: Invalid): Step => ({
  ...{ kind: 'clean', table: one.root, relation: one.index, sql: `drop index concurrently if exists ${one.index}` },
  ...{ why: 'left by a rebuild that was not finished', ...(building(one) ?? owned(one)) },
})

const building = ({ building, relation }: Invalid): Pick<Step, 'obstacle'> | undefined =>
  building === null ? undefined : { obstacle: `pid ${building} is at work on ${relation}` }

/** Leftovers of rebuilds go; an index that was never finished is built again where that can be. */
export function dueInvalid(found: readonly Invalid[]): readonly Step[] {
  return [
    ...found.filter(({ leftover }) => leftover).map(cleaning),
    ...found.filter(({ leftover }) => !leftover).map(rebuilding),
  ]
}

/** The leftovers at one table, after a rebuild there has failed. */
export const leftoversAt = (found: readonly Invalid[], root: string): readonly Step[] =>
  found.filter((one) => one.leftover && one.root === root).map(cleaning)

function rebuilding(one: Invalid): Step {
  const { index, relation, root, on_whole, exclusion } = one
  const impossible = on_whole
    ? `${relation} consists of parts, some of which lack it: drop index ${index}, and create it again`
    : exclusion
      ? 'an exclusion constraint cannot be rebuilt beside its use'
      : undefined
  return {
    ...{ kind: 'reindex', table: root, relation: index, sql: `reindex index concurrently ${index}` },
    why: 'it is not valid: it costs every write and answers nothing',
    ...(impossible === undefined ? (building(one) ?? owned(one)) : { obstacle: impossible }),
  }
}

interface Bloated extends Owned {
  readonly index: string
  readonly relation: string
  readonly root: string
  readonly bytes: number
  readonly expected: number
}

/** After vacuum, which counts what is in an index. */
export async function dueBloated(run: Run): Promise<readonly Step[]> {
  const found = await run<Bloated>('health/maintain-bloated', BLOATED)
  return found.map((one) => ({
    ...{ kind: 'reindex', table: one.root, relation: one.index, sql: `reindex index concurrently ${one.index}` },
    ...{ why: `${humanBytes(one.bytes)} for what takes ${humanBytes(one.expected)}`, ...owned(one) },
  }))
}
