// Candles made ready to draw: parsed, placed in time, merged where there are more than columns.

export interface Bar {
  /** Milliseconds since the epoch, start of the (first) candle. */
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number | null
}

export interface Placed {
  /** For each column of the chart the rows in it, as indices; none where a hole is. */
  readonly slots: readonly (readonly number[])[]
  /** Row widths a column stands for. */
  readonly merged: number
  /** Row widths between the rows without one. */
  readonly missing: number
  /** Milliseconds from one row to the next. */
  readonly step: number
}

/** A gap longer than the chart has room for would push the candles together until nothing can be seen. */
const MOST_GAP = 10

/** Places ascending times on at most `room` columns, so that a missing row leaves a hole. */
export function placeTimes(times: readonly number[], room: number): Placed {
  const steps = times.slice(1).map((time, i) => time - times[i]!)
  const known = steps.filter((each) => each > 0).sort((a, b) => a - b)
  const step = known[Math.floor(known.length / 2)] ?? 0
  const places: (number | undefined)[] = []
  let missing = 0
  for (const i of times.keys()) {
    // Counted from the row before, so that months of 28 to 31 days do not drift.
    const skipped = i === 0 || step === 0 ? 0 : Math.max(0, Math.round(steps[i - 1]! / step) - 1)
    missing += skipped
    for (let hole = 0; hole < Math.min(skipped, MOST_GAP); hole++) places.push(undefined)
    places.push(i)
  }
  const merged = Math.max(1, Math.ceil(places.length / Math.max(1, room)))
  const slots = Array.from({ length: Math.ceil(places.length / merged) }, (_, column) =>
    places.slice(column * merged, (column + 1) * merged).filter((place) => place !== undefined),
  )
  return { slots, merged, missing, step }
}

/** Several bars as one; undefined when none of them is there. */
export function mergeBars(slots: readonly (Bar | undefined)[]): Bar | undefined {
  const bars = slots.filter((slot) => slot !== undefined)
  const first = bars[0]
  if (!first) return undefined
  let { high, low, volume } = first
  for (const bar of bars.slice(1)) {
    high = Math.max(high, bar.high)
    low = Math.min(low, bar.low)
    if (bar.volume !== null) volume = (volume ?? 0) + bar.volume
  }
  return { time: first.time, open: first.open, high, low, close: bars.at(-1)!.close, volume }
}
