// Axes: which price stands on which line, round numbers to label, and times below.

export interface Scale {
  readonly low: number
  readonly high: number
}

/** The range of all highs and lows; flat prices get a little room on both sides. */
export function priceScale(bars: readonly { readonly high: number; readonly low: number }[]): Scale {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const bar of bars) {
    low = Math.min(low, bar.low, bar.high)
    high = Math.max(high, bar.high, bar.low)
  }
  // Less than the noise of the numbers themselves is flat.
  if (high - low > Math.max(1e-290, Math.abs(high) * 1e-12, Math.abs(low) * 1e-12)) return { low, high }
  const room = Math.abs(low) * 0.01 || 1
  return { low: low - room, high: high + room }
}

/** Which of `cells` equal parts, counted from the top, a price falls into. */
export function cellOf(price: number, { low, high }: Scale, cells: number): number {
  const share = (high - price) / (high - low)
  return Math.min(cells - 1, Math.max(0, Math.floor(share * cells)))
}

/** Round prices inside the scale, about `count` of them, each with its text. */
export function priceTicks({ low, high }: Scale, count: number): readonly { price: number; text: string }[] {
  const rough = (high - low) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.75) ?? rough
  const places = placesOf(step)
  const first = Math.ceil(low / step)
  const last = Math.floor(high / step)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const price = (first + i) * step
    return { price, text: priceText(price, step, places) }
  })
}

/** Decimals needed to tell two neighbours of a step apart. */
function placesOf(step: number): number {
  for (let places = 0; places < 20; places++) {
    const scaled = step * 10 ** places
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, scaled) && Math.round(scaled) > 0) return places
  }
  return 20
}

function priceText(price: number, step: number, places: number): string {
  if (places <= 12 && Math.abs(price) < 1e15) return price.toFixed(places)
  const digits = price === 0 ? 0 : Math.floor(Math.log10(Math.abs(price))) - Math.floor(Math.log10(step))
  return price.toExponential(Math.min(12, Math.max(3, digits)))
}

const DAY = 86_400_000

/** Labels as short as the span of the chart allows. All times are UTC. */
export function timeText(time: number, { span, step }: { readonly span: number; readonly step: number }): string {
  const iso = new Date(time).toISOString()
  if (step >= DAY || span > 90 * DAY) return iso.slice(0, 10)
  return span <= 1.5 * DAY ? iso.slice(11, 16) : iso.slice(5, 16).replace('T', ' ')
}

/** `2025-01-01 00:00Z` */
export const minuteText = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`
