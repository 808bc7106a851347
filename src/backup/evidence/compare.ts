// What was restored beside what was backed up, in words that name the thing and both figures.
import type { Evidence, RelationEvidence } from './evidence.ts'

type Lines =
  | 'indexes'
  | 'constraints'
  | 'triggers'
  | 'views'
  | 'functions'
  | 'jobs'
  | 'rollups'
  | 'extensions'
  | 'grants'
  | 'settings'
  | 'others'
  | 'largeObjects'
  | 'markets'

const KINDS: Readonly<Record<Lines, string>> = {
  indexes: 'index',
  constraints: 'constraint or column',
  triggers: 'trigger',
  views: 'view',
  functions: 'function',
  jobs: 'job',
  rollups: 'continuous aggregate',
  extensions: 'extension',
  grants: 'owner or grant',
  settings: 'setting',
  others: 'object',
  largeObjects: 'count',
  markets: 'newest of market',
}

/** Of the moment, as rows are. */
const OF_MOMENT: ReadonlySet<Lines> = new Set(['markets', 'largeObjects'])

/** Of one kind no more are named. */
const MOST = 10

/**
 * The differences; empty when the restored database holds what the source held. Rows, times and newest bars of evidence
 * that is not exact are not compared: they are of another moment, and the caller has to say so.
 */
export function compareEvidence(source: Evidence, restored: Evidence): readonly string[] {
  const kinds = (Object.keys(KINDS) as Lines[]).filter((kind) => source.exact || !OF_MOMENT.has(kind))
  return [
    ...relations(source, restored),
    // An older backup does not tell all of them.
    ...kinds.flatMap((kind) => lines(KINDS[kind], source[kind] ?? restored[kind] ?? [], restored[kind] ?? [])),
    ...(source.exact ? sequences(source.sequences, restored.sequences) : []),
  ]
}

const nameOf = ({ schema, name }: RelationEvidence): string => `${schema}.${name}`

function relations(source: Evidence, restored: Evidence): readonly string[] {
  const found = new Map(restored.relations.map((relation) => [nameOf(relation), relation]))
  const known = new Set(source.relations.map(nameOf))
  return [
    ...source.relations.flatMap((was) => {
      const is = found.get(nameOf(was))
      return is ? differences(was, is, source.exact) : [`${was.kind} ${nameOf(was)} is missing`]
    }),
    ...restored.relations
      .filter((one) => !known.has(nameOf(one)))
      .map((one) => `${one.kind} ${nameOf(one)} was not there before`),
  ]
}

function differences(was: RelationEvidence, is: RelationEvidence, exact: boolean): readonly string[] {
  const name = nameOf(was)
  const told: string[] = []
  if (was.kind !== is.kind) told.push(`${name} was a ${was.kind} and is a ${is.kind}`)
  if (!exact) return told
  if (was.rows !== is.rows) told.push(`${name}: ${was.rows} rows, restored ${is.rows}`)
  else if (was.from !== is.from || was.to !== is.to) {
    told.push(`${name}: from ${was.from} to ${was.to}, restored from ${is.from} to ${is.to}`)
  } else if (was.digest !== null && is.digest !== null && was.digest !== is.digest) {
    told.push(`${name}: as many rows, with other values (digest ${was.digest}, restored ${is.digest})`)
  }
  return told
}

/** Both are lists with repeats: one that is there twice where it was once is a difference too. */
function lines(kind: string, was: readonly string[], is: readonly string[]): readonly string[] {
  const missing = without(was, is).map((line) => `${kind} is missing: ${line}`)
  const added = without(is, was).map((line) => `${kind} was not there before: ${line}`)
  return [...few(missing, kind), ...few(added, kind)]
}

function without(all: readonly string[], taken: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const line of taken) left.set(line, (left.get(line) ?? 0) + 1)
  return all.filter((line) => {
    const count = left.get(line) ?? 0
    if (count > 0) left.set(line, count - 1)
    return count === 0
  })
}

const few = (told: readonly string[], kind: string): readonly string[] =>
  told.length <= MOST ? told : [...told.slice(0, MOST), `and ${told.length - MOST} more of kind ${kind}`]

/**
 * Sequences are outside of transactions and logged ahead, and were read before the backup: a restored one stands there or
 * further on in its direction, never back. One that cycles may stand anywhere.
 */
function sequences(was: readonly string[], is: readonly string[]): readonly string[] {
  const restored = new Map(is.map(readSequence).map((one) => [one.name, one]))
  return was.map(readSequence).flatMap(({ name, value, step, cycles }) => {
    const now = restored.get(name)
    if (now === undefined) return [`sequence ${name} is missing`]
    if (now.step !== step) return [`sequence ${name} went by ${step}, restored by ${now.step}`]
    if (value === null || (cycles && now.value !== null)) return []
    const back = now.value === null || (step > 0n ? now.value < value : now.value > value)
    return back ? [`sequence ${name} stood at ${value}, restored at ${now.value ?? 'its start'}`] : []
  })
}

/** A line of backup/evidence/sequences: `schema.name 42 by -1 cycle`. */
function readSequence(line: string) {
  // A name with blanks ends with a quote: the shortest beginning that leaves figures alone is the name.
  const found = /^(.*?) (unused|-?\d+)(?: by (-?\d+))?( cycle)?$/s.exec(line)
  const [name, value, step, cycle] = found?.slice(1) ?? [line, 'unused']
  return {
    ...{ name: name!, value: value === 'unused' ? null : BigInt(value!) },
    ...{ step: BigInt(step ?? '1'), cycles: cycle !== undefined },
  }
}
