// The definitions once more, as a textbook states them: every value from the raw prices, no state carried along, no package.
// Slow on purpose, and written without looking at src.

type Numbers = readonly number[]
type Values = readonly (number | null)[]

const mean = (values: Numbers): number => values.reduce((a, b) => a + b, 0) / values.length

const each = (prices: Numbers, first: number, value: (i: number) => number | null): Values =>
  prices.map((_, i) => (i < first ? null : value(i)))

/** y(i) = k x(i) + (1 - k) y(i - 1), the seed at index n - 1 being the mean of x(0) .. x(n - 1); unrolled as a sum. */
function recursive(x: Numbers, n: number, k: number): Values {
  const seed = mean(x.slice(0, n))
  return each(x, n - 1, (i) => {
    let sum = seed * (1 - k) ** (i - n + 1)
    for (let j = n; j <= i; j++) sum += k * (1 - k) ** (i - j) * x[j]!
    return sum
  })
}

export const ema = (x: Numbers, n: number): Values => recursive(x, n, 2 / (n + 1))
const wilder = (x: Numbers, n: number): Values => recursive(x, n, 1 / n)

export const sma = (x: Numbers, n: number): Values => each(x, n - 1, (i) => mean(x.slice(i - n + 1, i + 1)))

/** Population standard deviation of the last n. */
export const deviation = (x: Numbers, n: number): Values =>
  each(x, n - 1, (i) => {
    const last = x.slice(i - n + 1, i + 1)
    return Math.sqrt(mean(last.map((value) => (value - mean(last)) ** 2)))
  })

/** 100 - 100 / (1 + RS), RS the ratio of the averages. */
export function rsi(closes: Numbers, n: number): Values {
  const moves = closes.slice(1).map((close, i) => close - closes[i]!)
  const up = wilder(
    moves.map((move) => Math.max(move, 0)),
    n,
  )
  const down = wilder(
    moves.map((move) => Math.max(-move, 0)),
    n,
  )
  const value = (i: number): number | null => {
    const [g, l] = [up[i]!, down[i]!]
    if (l === 0) return g === 0 ? null : 100
    return 100 - 100 / (1 + g / l)
  }
  return each(closes, n, (i) => value(i - 1))
}

export function macd(closes: Numbers, fast: number, slow: number, signal: number) {
  const [f, s] = [ema(closes, fast), ema(closes, slow)]
  const line = each(closes, slow - 1, (i) => f[i]! - s[i]!)
  const smoothed = ema(line.slice(slow - 1) as number[], signal)
  const signals = each(closes, slow + signal - 2, (i) => smoothed[i - slow + 1]!)
  return { line, signals, histogram: each(closes, slow + signal - 2, (i) => line[i]! - signals[i]!) }
}

export function atr(high: Numbers, low: Numbers, close: Numbers, n: number): Values {
  const ranges = close.slice(1).map((_, i) => Math.max(high[i + 1]!, close[i]!) - Math.min(low[i + 1]!, close[i]!))
  const averages = wilder(ranges, n)
  return each(close, n, (i) => averages[i - 1]!)
}
