// Arbitrage in plain TypeScript, straight from its definition: every sample looks at every tick.

export interface OracleTick {
  readonly exchange: string
  /** Seconds from the start of the grid. */
  readonly at: number
  readonly price: number
}

export interface OracleLimits {
  readonly samples: number
  readonly every: number
  readonly staleness: number
  readonly skew: number
  /** Per cent. */
  readonly minGross: number
  /** Share by exchange; missing where not known. */
  readonly taker: Readonly<Record<string, number>>
}

export interface OracleRow {
  readonly sample: number
  readonly pair: string
  readonly gross: number
  readonly net: number | null
  readonly age: number
  readonly skew: number
  readonly persistence: number
  readonly n_obs: number
}

/** Rows in order of sample and pair, those with too little gross left out. */
export function oracle(ticks: readonly OracleTick[], limits: OracleLimits): readonly OracleRow[] {
  const names = [...new Set(ticks.map((tick) => tick.exchange))].sort()
  const seen = (exchange: string, moment: number) =>
    ticks
      .filter((t) => t.exchange === exchange && t.at <= moment && t.at > moment - limits.staleness)
      .reduce<OracleTick | undefined>((last, t) => (last && last.at > t.at ? last : t), undefined)
  const rows: OracleRow[] = []
  for (const buy of names) {
    for (const sell of names.filter((name) => name !== buy)) {
      let [persistence, n_obs] = [0, 0]
      for (let sample = 0; sample < limits.samples; sample++) {
        const moment = sample * limits.every
        const [b, s] = [seen(buy, moment), seen(sell, moment)]
        if (!b || !s || Math.abs(b.at - s.at) > limits.skew) {
          persistence = 0
          continue
        }
        n_obs++
        const [fb, fs] = [limits.taker[buy], limits.taker[sell]]
        const net =
          fb === undefined || fs === undefined ? null : ((s.price * (1 - fs)) / (b.price * (1 + fb)) - 1) * 100
        const wide = s.price * 100 >= b.price * (100 + limits.minGross)
        persistence = (net === null ? wide : net > 0) ? persistence + 1 : 0
        if (!wide) continue
        const gross = ((s.price - b.price) / b.price) * 100
        const age = moment - Math.min(b.at, s.at)
        rows.push({ sample, pair: `${buy}>${sell}`, gross, net, age, skew: Math.abs(b.at - s.at), persistence, n_obs })
      }
    }
  }
  return rows.sort((a, b) => a.sample - b.sample || (a.pair < b.pair ? -1 : 1))
}
