// How the same rows may lie: the usual layout, and each of its parts changed by itself.
import type { Facts } from '../../../src/policy/names.ts'
import { wantedPolicies } from '../../../src/policy/wanted.ts'

export interface Layout {
  readonly name: string
  /** Days. */
  readonly interval: number
  /** Days that compressed chunks are merged to. */
  readonly merge: number | undefined
  readonly orderBy: string
  /** Empty for none. */
  readonly segmentBy: string
  /** Rows a batch of compressed ones has at most; undefined leaves TimescaleDB's own 1,000. */
  readonly batch?: number | undefined
  /** What PostgreSQL compresses the batches' columns with once more: its own pglz when undefined. */
  readonly toast?: 'lz4' | undefined
}

export const USUAL = 'default'

/** What src/policy/wanted.ts has for a table on Community where the config says nothing. */
export function usualLayout(facts: Facts): Layout {
  const policy = wantedPolicies({}, 'community').find(({ table }) => table === `arxdb.${facts}`)!
  return {
    name: USUAL,
    interval: policy.chunk_interval / 86_400,
    merge: policy.merge_to === null ? undefined : policy.merge_to / 86_400,
    orderBy: policy.order_by.join(', '),
    segmentBy: policy.segment_by.join(', '),
  }
}

const INTERVALS: readonly (readonly [days: number, merge?: number])[] = [
  [7],
  [7, 364],
  [30],
  [30, 360],
  [90],
  [90, 360],
  [365],
]
const BATCHES = [5_000, 32_767]

/** What the server lets a session set. */
export interface Offer {
  /** Rows a batch may have. */
  readonly mostRows: number
  readonly lz4: boolean
}

export const isOffered = ({ batch = 0, toast }: Pick<Layout, 'batch' | 'toast'>, { mostRows, lz4 }: Offer): boolean =>
  batch <= mostRows && (toast !== 'lz4' || lz4)

export function layoutsOf(facts: Facts, offer: Offer): readonly Layout[] {
  const usual = usualLayout(facts)
  const others: readonly Layout[] = [
    ...INTERVALS.map(([interval, merge]) => ({
      ...usual,
      ...{ name: `${interval} d${merge === undefined ? '' : ` merged to ${merge} d`}`, interval, merge },
    })).filter(({ interval, merge }) => interval !== usual.interval || merge !== usual.merge),
    { ...usual, name: 'newest first', orderBy: 'timestamp desc' },
    { ...usual, name: 'no segments', segmentBy: '' },
    { ...usual, name: 'no segments, by market', segmentBy: '', orderBy: 'market_id, timestamp' },
    ...BATCHES.map((batch) => ({
      ...usual,
      ...{ name: `batches of ${batch.toLocaleString('en')}`, batch },
    })),
    { ...usual, name: 'lz4', toast: 'lz4' },
    ...BATCHES.map((batch) => ({
      ...usual,
      ...{ name: `lz4, batches of ${batch.toLocaleString('en')}`, batch, toast: 'lz4' as const },
    })),
  ]
  return [usual, ...others.filter((layout) => isOffered(layout, offer))]
}
