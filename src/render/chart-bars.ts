// Candles made ready to draw: parsed, placed in time, merged where there are more than columns.

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

export interface Bar {
  /** Milliseconds since the epoch, start of the (first) candle. */
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number | null
}

export interface Columns {
  /** One entry a column of the chart; undefined where no candle is. */
  readonly bars: readonly (Bar | undefined)[]
  /** Candle widths a column stands for. */
  readonly merged: number
  /** Candles drawn, and candle widths between them without one. */
  readonly count: number
  readonly missing: number
  /** Milliseconds from one candle to the next. */
  readonly step: number
}

/** Rows as numbers, in order of time; those without a finite price or time are left out. */
export function parseBars(rows: readonly ChartRow[]): readonly Bar[] {
  const bars = rows.map(({ timestamp, open, high, low, close, volume }) => ({
    time: Date.parse(timestamp),
    open: open === null ? Number.NaN : Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: volume === null || !Number.isFinite(Number(volume)) ? null : Number(volume),
  }))
  return bars
    .filter(({ volume, ...numbers }) => Object.values(numbers).every(Number.isFinite))
    .sort((a, b) => a.time - b.time)
}

/** A gap longer than the chart has room for would push the candles together until nothing can be seen. */
const MOST_GAP = 10

/** Places bars on at most `room` columns, so that a missing candle leaves a hole. */
export function placeBars(bars: readonly Bar[], room: number): Columns {
  const steps = bars.slice(1).map((bar, i) => bar.time - bars[i]!.time)
  const step = [...steps].filter((each) => each > 0).sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
  const slots: (Bar | undefined)[] = []
  let missing = 0
  for (const [i, bar] of bars.entries()) {
    // Counted from the candle before, so that months of 28 to 31 days do not drift.
    const skipped = i === 0 || step === 0 ? 0 : Math.max(0, Math.round(steps[i - 1]! / step) - 1)
    missing += skipped
    for (let hole = 0; hole < Math.min(skipped, MOST_GAP); hole++) slots.push(undefined)
    slots.push(bar)
  }
  const merged = Math.max(1, Math.ceil(slots.length / room))
  const columns = Array.from({ length: Math.ceil(slots.length / merged) }, (_, column) =>
    mergeBars(slots.slice(column * merged, (column + 1) * merged)),
  )
  return { bars: columns, merged, count: bars.length, missing, step }
}

function mergeBars(slots: readonly (Bar | undefined)[]): Bar | undefined {
  const bars = slots.filter((slot) => slot !== undefined)
  const first = bars[0]
  if (!first) return undefined
  const volumes = bars.map(({ volume }) => volume).filter((volume) => volume !== null)
  return {
    time: first.time,
    open: first.open,
    high: Math.max(...bars.map(({ high }) => high)),
    low: Math.min(...bars.map(({ low }) => low)),
    close: bars.at(-1)!.close,
    volume: volumes.length === 0 ? null : volumes.reduce((sum, volume) => sum + volume, 0),
  }
}
