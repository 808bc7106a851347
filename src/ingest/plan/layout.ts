// A format laid over one file: where the file has what the format speaks of.

import type { Format } from '../formats/format.ts'
import { QUOTES, splitPair } from '../values/symbol.ts'
import type { NameParts } from './file-name.ts'
import type { Mapped } from './map-flags.ts'
import type { PlanFlags } from './plan.ts'
import type { Sniffed } from './sniff.ts'
import { TABLES, TARGETS, type Table, type Target } from './targets.ts'

/** All that is known of a file before a format is chosen. */
export interface Given extends Mapped {
  readonly file: string
  readonly seen: Sniffed
  readonly flags: PlanFlags
  readonly name: NameParts
}

export interface Layout {
  readonly format: Format
  readonly given: Given
  /** Where the file has it: all places, best first. */
  all(name: string): readonly number[]
  /** The best place, -1 for nowhere. */
  at(name: string): number
  /** How errors and reports call a place. */
  called(name: string, field: number): string
}

/** What a header's words have in common: `Volume BTC` is `volume_btc`. */
const plain = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_')

/** The cells of a column in the first rows that are not blank. */
export const cells = (seen: Sniffed, field: number): readonly string[] =>
  seen.rows.map((row) => (row[field] ?? '').trim()).filter((cell) => cell !== '')

export const isEpoch = (cell: string): boolean => /^\d{9,19}(\.\d+)?$/.test(cell)

/** Whether a column holds epochs; an epoch is preferred to a text of the same moment. */
export function holdsEpochs(seen: Sniffed, field: number): boolean {
  const found = cells(seen, field)
  return found.length > 0 && found.every(isEpoch)
}

export function layOut(format: Format, given: Given): Layout {
  const { seen, map, left } = given
  const header = seen.header?.map(plain)
  const places = new Map<string, readonly number[]>()

  function find(name: string): readonly number[] {
    const mapped = map.get(name)
    if (mapped !== undefined) return [mapped]
    const where = format.columns[name]
    if (where === undefined) return []
    // A field that the user has called something else is no longer what the format says.
    const taken = new Set([...map.values(), ...left])
    if (typeof where === 'number') return header || taken.has(where) || where >= seen.fields ? [] : [where]
    const words = where.flatMap((alias) => spelled(alias, marketOf()))
    const found = words.flatMap(
      (word) => header?.flatMap((other, i) => (other === word && !taken.has(i) ? [i] : [])) ?? [],
    )
    const unique = [...new Set(found)]
    if (name !== 'timestamp') return unique
    const epochs = unique.filter((field) => holdsEpochs(seen, field))
    return [...epochs, ...unique.filter((field) => !epochs.includes(field))]
  }

  /** The market of the first rows, for headers that name it: `Volume BTC`. */
  function marketOf(): Words {
    const { flags, name } = given
    const told =
      flags.symbol === undefined ? undefined : (splitPair(flags.symbol) ?? { base: flags.symbol, quote: undefined })
    const field =
      typeof format.columns.pair === 'object'
        ? (header?.findIndex((word) => (format.columns.pair as readonly string[]).includes(word)) ?? -1)
        : -1
    const pair = told ?? splitPair(cells(seen, map.get('pair') ?? field)[0] ?? '') ?? name.pair
    return { base: pair?.base, quote: flags.quote ?? pair?.quote ?? format.quote }
  }

  const all = (name: string): readonly number[] => {
    const found = places.get(name) ?? find(name)
    places.set(name, found)
    return found
  }
  return {
    format,
    given,
    all,
    at: (name) => all(name)[0] ?? -1,
    called: (name, field) => (seen.header ? seen.header[field] || `#${field + 1}` : `${name} (#${field + 1})`),
  }
}

interface Words {
  readonly base: string | undefined
  readonly quote: string | undefined
}

/** An alias with the market's names filled in; none where they are not known. */
function spelled(alias: string, { base, quote }: Words): readonly string[] {
  if (!alias.includes('{')) return [plain(alias)]
  const bases = base === undefined ? [] : base.toUpperCase() === 'BTC' ? ['btc', 'xbt'] : [base]
  const quotes = quote === undefined ? (alias.includes('price') ? QUOTES : []) : [quote]
  if (alias.includes('{base}')) return bases.map((word) => plain(alias.replace('{base}', word)))
  return quotes.map((word) => plain(alias.replace('{quote}', word)))
}

/** The quote that the price's header names: `price_eur`, `usd_price`. */
export function quoteInHeader({ at, given }: Layout): string | undefined {
  const words = plain(given.seen.header?.[at('price')] ?? '').split('_')
  return words.includes('price') ? QUOTES.find((quote) => words.includes(quote.toLowerCase())) : undefined
}

/** Where the rows go; a metric that is a column of another table goes there. */
export function targetOf({ table }: Format): Target {
  return TARGETS[TABLES.includes(table as Table) ? (table as Table) : 'prices']
}
