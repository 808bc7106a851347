// Student's t and the normal distribution: how likely a correlation is by chance, and how wide its interval.

/** ln of the gamma function for x > 0: Stirling's series, shifted up to where it is exact to the last digits. */
function logGamma(x: number): number {
  let [at, shift] = [x, 0]
  for (; at < 15; at++) shift += Math.log(at)
  const square = 1 / (at * at)
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / at
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift
}

const TINY = 1e-300

/** The regularised incomplete beta function I_x(a, b), for a, b > 0: its continued fraction, by Lentz's method. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // Converges fast below the mean only; above it the other tail is worked out.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const filled = (value: number): number => (Math.abs(value) < TINY ? TINY : value)
  let [c, d] = [1, 1 / filled(1 - ((a + b) * x) / (a + 1))]
  let fraction = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let step = 1
    for (const term of [even, odd]) {
      d = 1 / filled(1 + term * d)
      c = filled(1 + term / c)
      step = c * d
      fraction *= step
    }
    if (Math.abs(step - 1) < 1e-15) break
  }
  return front * fraction
}

/**
 * Two-sided p-value of a Pearson correlation from n pairs: P(|T| >= |t|) with t = r sqrt((n-2)/(1-r^2)) and n - 2 degrees
 * of freedom, which is I_{1-r^2}((n-2)/2, 1/2). Null below three pairs.
 */
export const correlationP = (r: number, n: number): number | null =>
  n < 3 ? null : incompleteBeta(Math.max(0, (1 - r) * (1 + r)), (n - 2) / 2, 0.5)

/** The z that so large a share of a standard normal lies within: 0.95 gives 1.96. For 0 < share < 1. */
export function normalWithin(share: number): number {
  let z = 1
  for (let i = 0; i < 100; i++) {
    const density = Math.sqrt(2 / Math.PI) * Math.exp((-z * z) / 2)
    // P(|Z| < z) = density x (z + z^3/3 + z^5/(3 5) + ...)
    let [term, sum] = [z, z]
    for (let k = 3; Math.abs(term) > 1e-17 * sum; k += 2) sum += term *= (z * z) / k
    const step = (density * sum - share) / density
    z = Math.max(z / 4, z - Math.max(-1, Math.min(1, step)))
    if (Math.abs(step) < 1e-14) break
  }
  return z
}

/** Interval of a correlation by Fisher's z: tanh(atanh(r) +- z / sqrt(n - 3)). Null below four pairs. */
export function correlationInterval(r: number, n: number, confidence: number): readonly [number, number] | null {
  if (n < 4) return null
  const reach = normalWithin(confidence) / Math.sqrt(n - 3)
  return [Math.tanh(Math.atanh(r) - reach), Math.tanh(Math.atanh(r) + reach)]
}
