// What `tune` shows, and what it has to say of the whole.
import { columns, echoes, info, type Note, warn } from './result.ts'

const MORE = { obstacle: 'text', group: 'text', source: 'text' } as const

export const tuneColumns = [
  ...columns({ setting: 'text', current: 'text', recommended: 'text', diff: 'text', needs: 'text', seed: 'text' }),
  ...columns({ reason: 'text', differs: 'bool' }),
  ...echoes(Object.keys(MORE), MORE),
]

export const appliedColumns = columns({
  ...{ setting: 'text', before: 'text', now: 'text', outcome: 'text', reason: 'text' },
})

interface Row {
  readonly setting: string
  readonly current: string
  readonly recommended: string
  readonly differs: boolean
  readonly obstacle: string | null
  readonly needs: string | null
  readonly reason: string
}

interface Tuned {
  readonly rows: readonly Row[]
  readonly machine: string
  readonly warnings: readonly string[]
}

/** For what it is meant, what is dangerous as it is, and what to type. */
export function tuneNotes({ rows, machine, warnings }: Tuned, workload: string, storage: string): readonly Note[] {
  const differ = rows.filter(({ differs }) => differs)
  const settable = differ.filter(({ obstacle }) => obstacle === null)
  return [
    info(`for ${machine}, workload ${workload}, storage ${storage}`),
    ...warnings.map(warn),
    info(
      differ.length === 0
        ? `all ${rows.length} settings are right as they are`
        : `${differ.length} of ${rows.length} settings differ${settable.length > 0 ? ': arxdb tune --apply' : ''}`,
    ),
    ...(settable.length < differ.length ? [leftNote(differ)] : []),
  ]
}

const leftNote = (differ: readonly Row[]): Note =>
  warn(
    `left alone by --apply: ${differ.flatMap(({ setting, obstacle }) => (obstacle === null ? [] : [`${setting} (${obstacle})`])).join('; ')}`,
  )

export interface Outcome {
  readonly outcomes: ReadonlyMap<string, string>
  readonly undo: readonly string[]
  readonly verified: boolean
}

/** A row for each setting that differed. */
export const appliedRows = (rows: readonly Row[], applied: Outcome | undefined) =>
  rows
    .filter(({ differs }) => differs)
    .map(({ setting, current, recommended, obstacle, reason }) => ({
      ...{ setting, before: current, now: obstacle === null ? recommended : current },
      outcome: obstacle === null ? (applied?.outcomes.get(setting) ?? 'left alone') : `left alone: ${obstacle}`,
      reason,
    }))

/** What is done, what it still takes, and how to take it back. */
export function appliedNotes({ rows, warnings }: Tuned, applied: Outcome | undefined): readonly Note[] {
  if (!applied) return [...warnings.map(warn), info('nothing that can be set differs: nothing was changed')]
  const by = (wanted: string) => [...applied.outcomes].flatMap(([name, outcome]) => (outcome === wanted ? [name] : []))
  const [late, not] = [by('after a restart'), by('set, not in force')]
  return [
    info(`${applied.outcomes.size} settings were written by ALTER SYSTEM and the configuration was reloaded`),
    ...(applied.verified
      ? []
      : [warn('this role may not look into pg_file_settings: what the file holds was not checked')]),
    ...(late.length > 0 ? [warn(`takes a restart of the server: ${late.join(', ')}`)] : []),
    ...(not.length > 0 ? [warn(`set, but another value still stands over it: ${not.join(', ')}`)] : []),
    ...(rows.some(({ differs, obstacle }) => differs && obstacle !== null)
      ? [leftNote(rows.filter((row) => row.differs))]
      : []),
    info(`to take it back: ${applied.undo.join('; ')};`),
  ]
}

export const poolerColumns = columns({
  ...({ setting: 'text', current: 'text', recommended: 'text', needs: 'text', seed: 'text', reason: 'text' } as const),
  differs: 'bool',
})

export function poolerNotes(rows: readonly { readonly setting: string; readonly differs: boolean }[]): readonly Note[] {
  const differ = rows.filter(({ differs }) => differs).map(({ setting }) => setting)
  if (differ.length === 0) return [info(`all ${rows.length} settings are right as they are`)]
  return [warn(`${differ.length} of ${rows.length} settings differ: ${differ.join(', ')}`)]
}
