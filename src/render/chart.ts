// Candlesticks for a terminal: prices on the right, times below, volume beneath when there is room.
import { type DrawOptions, drawSeries } from './draw-series.ts'

export interface ChartRow {
  /** ISO 8601. */
  readonly timestamp: string
  /** Null where there is no candle. */
  readonly open: string | number | null
  readonly high: string | number | null
  readonly low: string | number | null
  readonly close: string | number | null
  readonly volume: string | number | null
}

const LEAST = { width: 24, height: 8 }

/** Candles of at most `width` x `height` cells (never less than 24 x 8), ending in a newline; empty without any. */
export function candleChart(rows: readonly ChartRow[], options: DrawOptions): string {
  return drawSeries(
    { columns: [], rows, notes: [] },
    { kind: 'series', x: 'timestamp', by: [], panes: [{ kind: 'candles' }] },
    { ...options, width: Math.max(LEAST.width, options.width), height: Math.max(LEAST.height, options.height) },
  )
}
