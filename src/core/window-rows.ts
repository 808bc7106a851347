// What averages over a window have in common: their rows, of the window or of its buckets, and how these are drawn.
import { basisName } from './basis.ts'
import type { Every } from './interval.ts'
import type { Market } from './market.ts'
import { type Column, echoes, type Result, WINDOW_COLUMNS } from './result.ts'

const DEFINED: readonly Column[] = [{ name: 'definition', kind: 'text', echo: true }]

/** One row a bucket says where it begins and whether it is whole; one row a window says that it is the window's. */
export const windowColumns = (kinds: Parameters<typeof echoes>[1], every: Every | undefined): readonly Column[] => [
  ...echoes(['source_age'], {
    exchange_id: 'text',
    quote: 'text',
    ...(every && { timestamp: 'time' }),
    ...kinds,
    ...(every && { partial: 'bool' }),
    basis: 'text',
  }),
  ...(every ? [] : WINDOW_COLUMNS),
  ...DEFINED,
]

/** How a figure is drawn: over its buckets, or one bar an exchange. */
export const windowChart = (value: string, every: Every | undefined): Result['chart'] =>
  every
    ? {
        kind: 'series',
        x: 'timestamp',
        by: ['exchange_id', 'quote'],
        panes: [{ kind: 'lines', columns: [value] }],
      }
    : { kind: 'bars', label: ['exchange_id', 'quote'], value }

/** What a figure of several markets rests on. */
export const combinedBasis = (markets: readonly Market[]): string => {
  const names = [...new Set(markets.map(basisName))]
  return names.length === 1 ? names[0]! : 'mixed'
}
