// Reads the database as it is, and advises what policies should be. Nothing is changed, and no table is read whole.
import type { Connection } from '../../connect/connection.ts'
import { tableName, writtenName } from '../../db/identifier.ts'
import { detect } from '../../engines/detect.ts'
import type { Tier } from '../../engines/engine.ts'
import { ArxError } from '../../errors.ts'
import { openSession, type Run, reading, type StorageSession } from '../../storage/session.ts'
import { factsOf, isFacts } from '../names.ts'
import { type TablePolicy, type WrittenPolicy, wantedPolicies } from '../wanted.ts'
import { advise, entryOfAll } from './advice.ts'
import type { AdviceRow, ServerFacts, TableFacts } from './facts.ts'
import { HISTORY } from './lateness.ts'
import {
  type Columns,
  NEWEST,
  type PartRow,
  readArrivals,
  readDistinct,
  readTables,
  rowsOf,
  type Sampled,
  type TableRow,
  toSample,
  valuesOf,
} from './read.ts'
import { type SampleRow, sampleStatement } from './sample.ts'
import { memorySize, size } from './words.ts'

const LIMITS = { statementTimeoutMs: 30_000, lockTimeoutMs: 5_000, command: 'policy advise' }

export interface AdviseOptions {
  /** `candles`, `public.ticks`; none for all. */
  readonly tables: readonly string[]
  /** The config's policies, as written. */
  readonly written: Readonly<Record<string, WrittenPolicy>>
  /** `16GB`: of the whole machine. */
  readonly memory?: string | undefined
  readonly signal: AbortSignal
}

export interface Advised {
  readonly rows: readonly AdviceRow[]
  readonly warnings: readonly string[]
  readonly remarks: readonly string[]
  /** What to write in a config for what should change; undefined where nothing should. */
  readonly entry: string | undefined
}

interface ServerRow {
  readonly shared_buffers: number
  readonly cache: number
  readonly locks_per_transaction: number
  readonly lock_slots: number
  readonly autovacuum: boolean
  readonly relations: number
}

/** Advice for arxdb's own tables, those that the config names, and every hypertable. */
export async function adviseTables(connection: Connection, options: AdviseOptions): Promise<Advised> {
  const memory = options.memory === undefined ? undefined : memorySize(options.memory)
  const asked = options.tables.map((written) => {
    const { schema, name } = tableName(written)
    return writtenName({ schema: schema ?? (isFacts(name) ? 'arxdb' : 'public'), name })
  })
  const session = await openSession(connection, LIMITS)
  try {
    return await reading(session, (run) => adviseIn(session, run, { ...options, asked, memory }), options.signal)
  } finally {
    await session.close()
  }
}

type Asked = Omit<AdviseOptions, 'memory'> & { readonly asked: readonly string[]; readonly memory: number | undefined }

async function adviseIn(session: StorageSession, run: Run, { asked, memory, written }: Asked): Promise<Advised> {
  const { tier } = await detect((name) => run(name))
  const wanted = wantedPolicies(written, tier)
  const [server] = await run<ServerRow>('policy/advise-server')
  const names = [...new Set([...wanted.map(({ table }) => table), ...asked])]
  const found = await readTables(run, names)
  const missing = names.filter((name) => !found.some(({ table_name }) => table_name === name))
  for (const name of missing) if (asked.includes(name)) throw unknown(name, tier)
  const told = found.filter(({ numbered }) => !numbered)
  const facts = await readFacts(session, run, told, wanted, tier)
  const { cache, shared_buffers, relations, ...rest } = server!
  const limits: ServerFacts = { tier, memory: memory ?? Math.max(cache, shared_buffers), ...rest }
  const enabled = facts.filter(({ policy }) => policy.enabled)
  const all = advise(enabled, limits)
  const rows = all.filter(({ table }) => asked.length === 0 || table === '*' || asked.includes(table))
  return {
    rows,
    warnings: [
      ...missing.map((name) => `${name} is in the config, and not among the partitioned tables of this database`),
      ...found
        .filter(({ numbered }) => numbered)
        .map((t) => `${t.table_name}: its ${t.time_column} is no moment: left out`),
      ...tooMany(relations),
    ],
    remarks: [...remarks(rows, facts, limits, memory), ...unread(told)],
    entry: entryOfAll(rows),
  }
}

const unknown = (name: string, tier: Tier): ArxError =>
  new ArxError({
    code: 'unknown-table',
    message: `no policy can be advised for "${name}"`,
    detail: `no ${tier === 'plain' ? 'table partitioned by one column' : 'hypertable'} of that name is here`,
    hint: 'name the schema too: public.ticks, or one of prices, candles, analytics',
  })

/** What could not be looked at, and how it could. */
const unread = (tables: readonly TableRow[]): readonly string[] => {
  const names = tables.filter(({ readable }) => !readable).map(({ table_name }) => table_name)
  return names.length === 0
    ? []
    : [`no rows were sampled of ${names.join(', ')}: this role may not select from them, and knows their sizes only`]
}

/** Every autovacuum worker reads about each when it starts. */
const MANY_RELATIONS = 20_000
const tooMany = (relations: number): readonly string[] =>
  relations > MANY_RELATIONS
    ? [
        `${relations.toLocaleString('en-US')} tables and partitions: autovacuum looks at each every time it starts, fewer and wider ones would be better`,
      ]
    : []

/** Settings that a table without a config has are its wanted ones. */
function policyOf(table: TableRow, wanted: readonly TablePolicy[], tier: Tier): TablePolicy {
  const configured = wanted.find((policy) => policy.table === table.table_name)
  if (configured) return configured
  const usual = wantedPolicies({ [table.table_name]: {} }, tier).at(-1)!
  return {
    ...usual,
    chunk_interval: table.chunk_interval ?? usual.chunk_interval,
    segment_by: table.segment_by ?? [],
    order_by: table.order_by ?? [],
    compress_after: table.compress_after,
  }
}

async function readFacts(
  session: StorageSession,
  run: Run,
  tables: readonly TableRow[],
  wanted: readonly TablePolicy[],
  tier: Tier,
): Promise<readonly TableFacts[]> {
  const policies = tables.map((table) => policyOf(table, wanted, tier))
  const columns: Columns = new Map(
    tables.map((table, i) => [table.relation, [...new Set([...policies[i]!.segment_by, ...table.leading])]]),
  )
  const parts = await run<PartRow>('policy/advise-parts', { tables: tables.map((t) => t.relation), most: NEWEST })
  const known = await readDistinct(run, parts, columns)
  const arrivals = await readArrivals(run)
  const sampled = await sample(session, toSample(tables, parts, columns))
  return tables.map((table, i) => {
    const { table_name: name, relation } = table
    const own = parts.filter((part) => part.relation === relation)
    const sampleOf = (part: PartRow): Sampled | undefined =>
      sampled.find(({ of }) => of.relation === relation && of.lower === part.lower)
    const recent = own.map((part) => {
      const found = sampleOf(part)
      const covered = found?.first == null || found.last === null ? null : found.last - found.first
      const { lower, upper, bytes } = part
      return { lower, upper, bytes, rows: rowsOf(part, found), covered, found }
    })
    const counted = recent.flatMap(({ found, rows }) => (found ? [{ sample: found, rows: rows ?? 0 }] : []))
    const typical = Math.max(0, ...recent.map(({ rows }) => rows ?? 0))
    const values = columns.get(relation)!.flatMap((column) => {
      const about = known.filter((row) => row.relation === relation && row.column_name === column)
      const found = valuesOf(column, about, counted, typical)
      return found ? [{ column, ...found }] : []
    })
    const target = factsOf(name)
    const seen = counted.filter(({ sample }) => sample.seen > 0)
    return {
      policy: policies[i]!,
      configured: wanted.some((policy) => policy.table === name),
      actual: table,
      ...{ time_column: table.time_column, indexes: table.indexes, leading: table.leading },
      ...{ parts: own[0]?.parts ?? 0, span: own[0]?.span ?? 0, recent },
      distinct: Object.fromEntries(values.map((value) => [value.column, value.values])),
      guessed: values.filter(({ guessed }) => guessed).map(({ column }) => column),
      arrivals: target
        ? {
            imports: arrivals.filter((arrival) => arrival.target === target),
            seen: {
              n: seen.reduce((sum, one) => sum + one.sample.seen, 0),
              late: Math.max(0, ...seen.map((one) => one.sample.late ?? 0)),
            },
          }
        : null,
    }
  })
}

/** In the transaction that is open: what varies is names, which no statement of sql/ takes. */
async function sample(session: StorageSession, asked: ReturnType<typeof toSample>): Promise<readonly Sampled[]> {
  if (asked.length === 0) return []
  const { text, values } = sampleStatement(asked)
  const { rows } = await session.client.query<SampleRow>(text, values)
  return rows.map((row) => ({ ...row, of: asked[row.at]! }))
}

function remarks(
  rows: readonly AdviceRow[],
  facts: readonly TableFacts[],
  { memory, tier }: ServerFacts,
  given: number | undefined,
): readonly string[] {
  const disabled = facts.filter(({ policy }) => !policy.enabled).map(({ policy }) => policy.table)
  return [
    given === undefined
      ? `memory is taken to be effective_cache_size, ${size(memory)}: a server does not tell its machine's; --memory 16GB does`
      : `memory is ${size(memory)}`,
    'rows are estimates: of the planner, and of samples where there are none',
    ...(tier === 'community'
      ? []
      : ['segment_by, order_by, compress_after and merge_to take TimescaleDB Community: not advised']),
    ...(rows.some(({ setting, n }) => setting === 'compress_after' && n > 0) ? [HISTORY] : []),
    ...(disabled.length > 0 ? [`left alone, as the config says: ${disabled.join(', ')}`] : []),
  ]
}
