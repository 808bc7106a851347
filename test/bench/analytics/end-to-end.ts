// From the start of the process to its end, beside psql with the same SQL.
import type { Target } from '../../../src/statements/load.ts'
import type { BenchDatabase } from '../database.ts'
import { inTurns, median } from '../measure.ts'
import { ms, type Report, times } from '../report.ts'
import { isoOf, type Span } from './market.ts'
import { arxdb, conversationOf, lacking, nothing, psql, psqlVersion, scriptOf } from './program.ts'

const MOST = 3

/** Each over the last day that is there. */
function questions({ until }: Span): readonly (readonly string[])[] {
  const day = ['--from', isoOf(until, -86_400), '--to', isoOf(until)]
  const hourly = [...day, '--every', '1h']
  const at = ['--at', isoOf(until)]
  return [
    ['price', 'BTC', 'ETH', ...at],
    ['candles', 'BTC', ...hourly],
    ['twap', 'BTC', ...day],
    ['vwap', 'BTC', ...day],
    ['change', 'BTC', ...day],
    ['volatility', 'BTC', ...hourly],
    ['correlation', 'BTC', 'ETH', ...hourly],
    ['trend', 'BTC', ...hourly],
    ['rsi', 'BTC', ...hourly],
    ['macd', 'BTC', ...hourly],
    ['bollinger', 'BTC', ...hourly],
    ['arbitrage', 'BTC', ...at],
    ['gaps', 'BTC', ...day],
    ['coverage', 'BTC', ...day],
  ]
}

export async function endToEnd(
  { url }: BenchDatabase,
  span: Span,
  target: Target,
  { rounds, folder, report }: { readonly rounds: number; readonly folder: string; readonly report: Report },
): Promise<void> {
  if ((await psqlVersion()) === undefined) return report.say('\nend to end: not run (no psql; PSQL names one)')
  const rows: string[][] = []
  const skipped: string[] = []
  const slow: string[] = []
  let worst = 0
  for (const question of questions(span)) {
    const why = await lacking(question, url)
    if (why !== undefined) {
      skipped.push(`- ${question[0]}: skipped, ${why}`)
      continue
    }
    const script = await scriptOf(question, url, folder)
    const all = await conversationOf(question, url, folder, target)
    const took = await inTurns(
      [
        { name: 'arxdb', run: () => arxdb(question, { url, unheard: true }) },
        { name: 'node', run: () => nothing(url) },
        { name: 'psql', run: () => psql(['-f', all], { url, unheard: true }) },
        { name: 'alone', run: () => psql(['-f', script], { url, unheard: true }) },
      ],
      rounds,
    )
    const [own, floor, rival, alone] = ['arxdb', 'node', 'psql', 'alone'].map((name) => median(took.get(name)!)) as [
      number,
      number,
      number,
      number,
    ]
    worst = Math.max(worst, own / rival)
    if (own / rival > MOST) slow.push(question[0]!)
    rows.push([question[0]!, ms(own), ms(floor), ms(rival), times(own / rival), ms(alone), times(own / alone)])
  }
  report.table({
    title: 'one day, end to end: ms from process start to exit, stdout to /dev/null',
    header: [
      'question',
      'arxdb',
      'node -e 0',
      'psql, same SQL',
      'arxdb / that',
      'psql, last statement',
      'arxdb / that',
    ],
    rows,
  })
  for (const line of skipped) report.say(line)
  const names = slow.length > 0 ? `, more in ${slow.join(', ')}` : ''
  report.claim(
    'end to end, of psql with the same SQL',
    `${times(worst)} at most${names}`,
    `<= ${MOST}x`,
    slow.length === 0,
  )
}
