// How the time of a question grows with the length of its window.
import { median, toldInTurns } from '../measure.ts'
import { ms } from '../report.ts'
import { type Asking, bothWays } from './in-server.ts'
import { isoOf, type Span } from './market.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

const LENGTHS: readonly (readonly [string, number])[] = [
  ['1 hour', HOUR],
  ['1 day', DAY],
  ['7 days', 7 * DAY],
  ['30 days', 30 * DAY],
  ['90 days', 90 * DAY],
  ['1 year', 365 * DAY],
  ['5 years', 5 * 365 * DAY],
]

const QUESTIONS: readonly (readonly string[])[] = [
  ['twap', 'BTC'],
  ['vwap', 'BTC'],
  ['candles', 'BTC', '--every', '1d'],
]

/** Neither end is a whole hour, as it is when somebody asks for the last 30 days. */
const END = -(7 * HOUR + 23 * 60)

export async function growth(asking: Asking, { since, until }: Span): Promise<void> {
  const { report, rounds } = asking
  const rows: string[][] = []
  const lacking: string[] = []
  for (const [name, seconds] of LENGTHS) {
    const from = isoOf(until, END - seconds)
    if (Date.parse(from) < since.getTime()) {
      lacking.push(name)
      continue
    }
    const cells: string[] = []
    for (const question of QUESTIONS) {
      const took = await toldInTurns(bothWays([...question, '--from', from, '--to', isoOf(until, END)], asking), rounds)
      cells.push(ms(median(took.get('rollups')!)), ms(median(took.get('raw')!)))
    }
    rows.push([name, ...cells])
  }
  report.table({
    title: 'growth with the window, ends at no whole hour: ms of the statements',
    header: ['window', ...QUESTIONS.flatMap(([name, , , every]) => [name + (every ? ` ${every}` : ''), 'raw rows'])],
    rows,
  })
  if (lacking.length > 0) report.say(`- not run, longer than what is there: ${lacking.join(', ')}`)
}
