// The tables of one set of rows.
import { median } from '../measure.ts'
import { ms, type Report, times, whole } from '../report.ts'
import type { DataSet } from './data-sets.ts'
import type { Sample } from './hypertable.ts'
import { type Layout, USUAL } from './layouts.ts'
import type { RawSample } from './raw.ts'

interface Measured {
  readonly data: DataSet
  readonly layouts: readonly Layout[]
  readonly own: ReadonlyMap<string, readonly Sample[]>
  readonly raw: ReadonlyMap<string, readonly RawSample[]>
  /** Types that cannot hold these rows, and why. */
  readonly left: readonly string[]
  /** Bytes a row of the table that people make. */
  readonly usual: number
}

/** Per cent that the usual layout is to save of it. */
const LEAST_SAVED = 90

const FIGURES = [
  ...['chunks', 'B/row before', 'B/row after', 'factor', 'of default', '1h before, ms', '1h after, ms', 'of default'],
  ...['compress, rows/s', 'load, rows/s', 'late, rows/s'],
]

const middle = (samples: readonly Sample[], of: (sample: Sample) => number): number => median(samples.map(of))

function figures(samples: readonly Sample[], base: readonly Sample[]): readonly string[] {
  const after = middle(samples, (s) => s.after)
  const query = middle(samples, (s) => s.queryAfterMs)
  const rate = (of: (sample: Sample) => number) => whole(middle(samples, of))
  return [
    whole(middle(samples, (s) => s.chunks)),
    middle(samples, (s) => s.before).toFixed(1),
    after.toFixed(2),
    times(middle(samples, (s) => s.before / s.after)),
    times(after / middle(base, (s) => s.after)),
    ms(middle(samples, (s) => s.queryBeforeMs)),
    ms(query),
    times(query / middle(base, (s) => s.queryAfterMs)),
    rate((s) => (s.rows / s.compressMs) * 1000),
    rate((s) => (s.rows / s.loadMs) * 1000),
    rate((s) => (s.late.rows / s.late.ms) * 1000),
  ]
}

export function printSet(report: Report, { data, layouts, own, raw, left, usual }: Measured): void {
  const base = own.get(USUAL)!
  report.say(`\n## ${data.name}: ${whole(base[0]!.rows)} rows of ${data.facts} (${data.about})`)
  report.table({
    title: `${data.name}: arxdb.${data.facts}, loaded by arxdb ingest`,
    header: ['layout', 'interval', 'merge', 'order by', 'segment by', ...FIGURES],
    rows: layouts.map(({ name, interval, merge, orderBy, segmentBy }) => [
      name,
      `${interval} d`,
      merge === undefined ? '-' : `${merge} d`,
      orderBy,
      segmentBy || '-',
      ...figures(own.get(name)!, base),
    ]),
  })
  report.table({
    title: `${data.name}: other types, in the default's layout, loaded by COPY`,
    header: ['type', ...FIGURES, 'rows changed'],
    rows: [...raw].map(([name, samples]) => [name, ...figures(samples, base), whole(samples[0]!.changed)]),
  })
  for (const reason of left) report.say(`- not run, ${reason}`)
  const after = middle(base, (s) => s.after)
  const saved = (1 - after / usual) * 100
  report.say(`- the table that people make, with its indexes: ${usual.toFixed(1)} B/row`)
  report.claim(
    `${data.name}: the default is smaller by`,
    `${saved.toFixed(1)} %`,
    `at least ${LEAST_SAVED} %`,
    saved >= LEAST_SAVED,
  )
  for (const [name, samples] of raw)
    if (!name.startsWith('float8') && samples.some(({ changed }) => changed > 0))
      report.wrong(`${name} gives back ${samples[0]!.changed} rows that were not put in`)
}
