// The same answer as a square: a row and a column a coin.
import type { CorrelationRow } from './correlation.ts'
import { groupBy } from './market.ts'
import { type Column, columns, echoes, type Result, type Value, WINDOW_COLUMNS } from './result.ts'

/**
 * Pivots the pairs: one square for each exchange and quote, each coin with itself 1. `n_least` is the fewest returns that
 * a figure of the row rests on. Pairs that no exchange has are null.
 */
export function correlationMatrix({ rows, notes }: Result<CorrelationRow>): Result {
  const labels = [...new Set(rows.flatMap(({ x, y }) => [x, y]))]
  const squares = [...groupBy(rows, ({ exchange_id, quote }) => `${exchange_id} ${quote}`).values()]
  return {
    columns: [
      ...columns({ exchange_id: 'text', quote: 'text', x: 'text' }),
      ...labels.map((name): Column => ({ name, kind: 'float' })),
      ...echoes(['every'], { n_least: 'int', every: 'text' }),
      ...WINDOW_COLUMNS,
      ...echoes(['definition'], { definition: 'text' }),
    ],
    rows: squares.flatMap((square) => {
      const here = labels.filter((label) => square.some(({ x, y }) => x === label || y === label))
      return here.map((x) => line(x, labels, square))
    }),
    notes,
  }
}

function line(x: string, labels: readonly string[], square: readonly CorrelationRow[]): Record<string, Value> {
  const own = square.filter((pair) => pair.x === x || pair.y === x)
  const with_ = (label: string): number | null =>
    label === x ? 1 : (own.find((pair) => pair.x === label || pair.y === label)?.correlation ?? null)
  const { exchange_id, quote, every, from, to, definition } = own[0]!
  return {
    ...{ exchange_id, quote, x },
    ...Object.fromEntries(labels.map((label) => [label, with_(label)])),
    n_least: Math.min(...own.map(({ n }) => n)),
    ...{ every, from, to, definition },
  }
}
