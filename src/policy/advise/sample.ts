// A look at some blocks of the newest partitions: bounded, however big they are.
import { identifier } from '../../db/identifier.ts'

/** Blocks that are read of a partition, and rows that are looked at. */
const BLOCKS = 100
const MOST_ROWS = 30_000

/** Older than this when they were seen, rows are history: see advice-lateness.ts. */
const SEEN_DAYS = 90

export interface SampleOf {
  readonly relation: string
  readonly schema: string
  readonly name: string
  readonly time: string
  /** When the source saw the row, where the table tells. */
  readonly seen: boolean
  readonly columns: readonly string[]
  readonly lower: number
  readonly upper: number
  readonly blocks: number
}

export interface SampleRow {
  /** Place in what was asked. */
  readonly at: number
  readonly rows: number
  readonly first: number | null
  readonly last: number | null
  readonly seen: number
  readonly late: number | null
  /** By column: how many values there are in the sample, and how many that are there once. */
  readonly kinds: readonly number[]
  readonly singles: readonly number[]
}

/** The share of a partition's blocks that is read, in per cent. */
export const sampledShare = (blocks: number): number => Math.min(100, (100 * BLOCKS) / Math.max(1, blocks))

/**
 * One statement for all samples. From the table, bound to the partition's time, which prunes the others: so that who may
 * read the table need not be granted its partitions. Each parameter is a bound, in seconds.
 */
export function sampleStatement(asked: readonly SampleOf[]): { readonly text: string; readonly values: number[] } {
  const parts = asked.map((of, i) => {
    const time = identifier(of.time)
    const columns = of.columns.map((column, c) => `, ${identifier(column)} as c${c}`).join('')
    const seen = of.seen ? 'observed_at' : 'null::timestamptz'
    const counts = (having: string) =>
      `array[${of.columns.map((_, c) => `(select count(*)::int from (select from r group by c${c} ${having}) k)`).join(', ')}]::int[]`
    return `(with r as materialized (
  select ${time}::timestamptz as moment, ${seen} as seen_at${columns}
    from ${identifier(of.schema)}.${identifier(of.name)} tablesample system (${sampledShare(of.blocks)}) repeatable (0)
    where ${time} >= to_timestamp($${2 * i + 1}::float8) and ${time} < to_timestamp($${2 * i + 2}::float8)
    limit ${MOST_ROWS})
select ${i} as at, count(*)::int as rows, extract(epoch from min(moment))::float8 as first,
       extract(epoch from max(moment))::float8 as last, count(*) filter (where regular)::int as seen,
       (percentile_disc(0.995) within group (order by extract(epoch from seen_at - moment)::float8)
         filter (where regular)) as late,
       ${counts('')} as kinds, ${counts('having count(*) = 1')} as singles
  from (select *, seen_at - moment between interval '0' and interval '${SEEN_DAYS} days' as regular from r) r)`
  })
  return { text: parts.join('\nunion all\n'), values: asked.flatMap(({ lower, upper }) => [lower, upper]) }
}

/**
 * How many values a column has among `total` rows, from a sample of `n` with `kinds` values of which `singles` are there
 * once: the estimator of Haas and Stokes (1998) that ANALYZE uses, n d / (n - f1 + f1 n / N).
 */
export function distinctOf(n: number, kinds: number, singles: number, total: number): number {
  if (n === 0) return 0
  if (n >= total) return kinds
  return Math.min(total, Math.max(kinds, (n * kinds) / (n - singles + (singles * n) / total)))
}
