// The same values in other types: what a column may be made of, how a value goes in and comes out again.
import { isOffered, type Layout, type Offer } from './layouts.ts'

/** Of a column of arxdb's table: the digits behind the point that some row has, and the greatest value. */
export interface Column {
  readonly name: string
  readonly scale: number
  readonly most: number
}

export interface Encoded {
  /** Of the raw table. */
  readonly type: string
  /** SQL over arxdb's row. */
  readonly put: string
  /** SQL over the raw row, giving what arxdb has. */
  readonly get: string
  /** SQL over the raw row that a question asks for, where that is another one. */
  readonly ask?: string
}

export interface RawType {
  readonly name: string
  /** Made before the tables. */
  readonly setUp?: string
  readonly layout?: Pick<Layout, 'batch' | 'toast'>
  encode(column: Column, all: readonly Column[]): Encoded
}

/** The greatest bigint is 9.2e18. */
const MOST_BIGINT = 9e18

const plain =
  (type: string): RawType['encode'] =>
  (column) => ({ type, put: column.name, get: column.name })
const whole = ({ name, scale }: Column): string => `(${name} * 1e${scale})::bigint`
const back = (sql: string, { scale }: Column): string => `(${sql}) * 1e-${scale}::numeric`

const scaled: RawType['encode'] = (column) => ({
  type: 'bigint',
  put: whole(column),
  get: back(column.name, column),
})

/** High, low and close as their distances from the body of the bar: all prices have one scale for that. */
const distances: RawType['encode'] = (column, all) => {
  const prices = all.filter(({ name }) => ['open', 'high', 'low', 'close'].includes(name))
  const money = { ...column, scale: Math.max(...prices.map(({ scale }) => scale)) }
  const close = '(open + close)'
  const of: Readonly<Record<string, readonly [put: string, get: string]>> = {
    open: ['open', 'open'],
    close: ['close - open', close],
    high: ['high - greatest(open, close)', `(greatest(open, ${close}) + high)`],
    low: ['least(open, close) - low', `(least(open, ${close}) - low)`],
  }
  const found = of[column.name]
  if (!found) return scaled(column, all)
  return { type: 'bigint', put: whole({ ...money, name: `(${found[0]})` }), get: back(found[1], money) }
}

const LARGE = 5_000

const ALL: readonly RawType[] = [
  { name: 'numeric', encode: plain('numeric') },
  { name: 'numeric, lz4', layout: { toast: 'lz4' }, encode: plain('numeric') },
  {
    name: 'domain over numeric',
    setUp: 'create domain bench_money as numeric',
    encode: plain('bench_money'),
  },
  {
    name: 'float8',
    encode: ({ name }) => ({ type: 'float8', put: `${name}::float8`, get: `${name}::text::numeric`, ask: name }),
  },
  { name: 'scaled bigint', encode: scaled },
  { name: 'scaled bigint, distances', encode: distances },
  {
    name: `scaled bigint, distances, batches of ${LARGE.toLocaleString('en')}`,
    layout: { batch: LARGE },
    encode: distances,
  },
]

/** The types that can hold these columns, and why others cannot. */
export function rawTypes(columns: readonly Column[], offer: Offer) {
  const tooLarge = columns.find(({ scale, most }) => most * 10 ** scale > MOST_BIGINT)
  const hasBars = columns.some(({ name }) => name === 'open')
  const reason = ({ name, layout }: RawType): string | undefined => {
    if (!isOffered(layout ?? {}, offer)) return 'this server has no such setting'
    if (name.includes('distances') && !hasBars) return 'a tick has one price'
    if (name.startsWith('scaled') && tooLarge)
      return `${tooLarge.name} has ${tooLarge.scale} places and values up to ${tooLarge.most.toExponential(1)}`
    return undefined
  }
  const judged = ALL.map((type) => ({ type, why: reason(type) }))
  return {
    types: judged.filter(({ why }) => why === undefined).map(({ type }) => type),
    left: judged.flatMap(({ type, why }) => (why === undefined ? [] : [`${type.name}: ${why}`])),
  }
}
