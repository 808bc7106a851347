// --map and --ignore: what the user says about single columns of the file.
import { usageError } from '../../errors.ts'
import type { PlanFlags } from './plan.ts'
import { ambiguous, meant } from './plan-errors.ts'
import type { Sniffed } from './sniff.ts'
import { IDENTITY, TABLES, TARGETS } from './targets.ts'

export interface Mapped {
  /** Column of a table, or part of the identity, to its place in the file. */
  readonly map: ReadonlyMap<string, number>
  /** Places named by number: a header word that occurs twice is no question there. */
  readonly exact: ReadonlySet<number>
  /** Places left out on purpose. */
  readonly left: ReadonlySet<number>
}

export const ORIGIN = ['source', 'attribution'] as const

/** As the views call them. */
const VIEW_NAMES: Readonly<Record<string, string>> = {
  ...{ usd_price: 'price', last_updated: 'timestamp' },
  ...{ open_price: 'open', high_price: 'high', low_price: 'low', close_price: 'close' },
}

const targetNames = (tables: readonly (keyof typeof TARGETS)[]): readonly string[] =>
  tables.flatMap((table) => TARGETS[table].columns.map(({ name }) => name))

/** All that can be said of a column of a file for these tables. */
export const mappable = (tables: readonly (keyof typeof TARGETS)[]): readonly string[] => [
  ...new Set([...targetNames(tables), ...IDENTITY, ...ORIGIN]),
]

export function readMap(file: string, seen: Sniffed, flags: PlanFlags): Mapped {
  const exact = new Set<number>()
  const left = new Set(list(flags.ignore).map((word) => place(file, seen, word, new Set(), exact)))
  const map = new Map<string, number>()
  for (const part of list(flags.map)) {
    const cut = part.lastIndexOf('=')
    const column = part
      .slice(cut + 1)
      .trim()
      .toLowerCase()
    const word = part.slice(0, Math.max(0, cut)).trim()
    if (word === '' || column === '')
      throw usageError(`cannot read --map "${part}"`, "--map 'COLUMN=price,#3=volume_24h'")
    const name = VIEW_NAMES[column] ?? column
    const known = mappable(TABLES)
    // A trade's own values have no column of a table.
    if (![...known, 'amount'].includes(name)) throw usageError(`no column "${column}" to map to`, meant(column, known))
    if (map.has(name)) throw usageError(`--map gives ${name} twice`, 'leave out one of them')
    map.set(name, place(file, seen, word, left, exact))
  }
  return { map, exact, left }
}

const list = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** Where the file has the column that the user calls `word`. */
function place(file: string, seen: Sniffed, word: string, left: ReadonlySet<number>, exact: Set<number>): number {
  const number = /^#(\d+)$/.exec(word)?.[1]
  if (number !== undefined) {
    const field = Number(number) - 1
    if (field < 0 || field >= seen.fields) throw usageError(`no column ${word} in the file`, `#1 up to #${seen.fields}`)
    exact.add(field)
    return field
  }
  if (!seen.header) throw usageError(`the file has no header, so no column "${word}"`, `#1 up to #${seen.fields}`)
  const name = word.toLowerCase()
  const found = seen.header.flatMap((other, index) => (other === name && !left.has(index) ? [index] : []))
  if (found.length > 1) throw ambiguous(file, name)
  if (found.length === 0) throw usageError(`no column "${word}" in the file`, meant(name, seen.header.filter(Boolean)))
  return found[0]!
}
