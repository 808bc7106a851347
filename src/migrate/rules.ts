// The rules of `migrate lint`: what fails on TimescaleDB, what stops a busy table, what this runner cannot keep.
import { type IndexBuild, isTransactionControl, NAME, needsNoTransaction } from './shape.ts'
import type { Statement } from './split.ts'
import { hypertableCall, type TableFacts, topLevel, uniqueKeys } from './tables.ts'

/** One statement, and what is known around it. */
export interface Case {
  readonly statement: Statement
  readonly text: string
  /** The file is one transaction. */
  readonly transactional: boolean
  readonly build: IndexBuild | undefined
  readonly facts: (table: string) => TableFacts
  /** Made earlier in the same file: nobody else uses it yet. */
  readonly fresh: (table: string) => boolean
}

export interface Complaint {
  readonly message: string
  readonly fix: string
}

export interface Rule {
  readonly name: string
  check(c: Case): Complaint | undefined
}

const NO_TX = '-- arxdb: no-transaction'
const ALTER = new RegExp(`^alter table (?:if exists )?(?:only )?${NAME} (.*)$`)

interface Alteration {
  readonly table: string
  readonly actions: readonly string[]
}

const alteration = (text: string): Alteration | undefined => {
  const [, table, actions] = ALTER.exec(text) ?? []
  return table && actions ? { table, actions: topLevel(actions) } : undefined
}

const rule = (name: string, check: Rule['check']): Rule => ({ name, check })

/** Where the action of an ALTER TABLE on a table that others may use matches. */
const onExisting = (name: string, test: (action: string, facts: TableFacts) => Complaint | undefined): Rule =>
  rule(name, ({ text, fresh, facts }) => {
    const found = alteration(text)
    if (!found || fresh(found.table)) return undefined
    return found.actions.map((action) => test(action, facts(found.table))).find((c) => c !== undefined)
  })

const VOLATILE =
  /\bdefault .*\b(random|clock_timestamp|statement_timestamp|timeofday|gen_random_uuid|uuid_generate_\w+|uuidv[47]|nextval) \(|\b(small|big)?serial\b|generated (always|by default) as identity|generated always as \(/
const ADD_COLUMN = /^add (?:column )?(?!constraint|check|unique|primary|foreign|exclude)/

const timescale: readonly Rule[] = [
  rule('cagg-with-data', ({ text, transactional }) =>
    transactional &&
    /^create materialized view .*\btimescaledb\.continuous\b/.test(text) &&
    !/\bwith no data$/.test(text)
      ? {
          message: 'a continuous aggregate with data cannot be made in a transaction',
          fix: `end it in "with no data", or ${NO_TX}`,
        }
      : undefined,
  ),
  rule('cagg-refresh', ({ text, transactional }) =>
    transactional && /\brefresh_continuous_aggregate \(/.test(text)
      ? { message: 'a continuous aggregate cannot be refreshed in a transaction', fix: NO_TX }
      : undefined,
  ),
  rule('concurrent-index-hypertable', ({ build, facts }) =>
    build?.concurrent && facts(build.table).hypertable
      ? {
          message: 'a hypertable refuses create index concurrently',
          fix: build.unique
            ? 'create the unique index without concurrently, when writers can wait'
            : `create index ... with (timescaledb.transaction_per_chunk), in a file with ${NO_TX}`,
        }
      : undefined,
  ),
  rule('chunk-index-transaction', ({ build, transactional }) =>
    build?.perChunk && transactional
      ? { message: 'timescaledb.transaction_per_chunk cannot run in a transaction', fix: NO_TX }
      : undefined,
  ),
  rule('chunk-index-unique', ({ build }) =>
    build?.perChunk && build.unique
      ? { message: 'a unique index cannot be built chunk by chunk', fix: 'take timescaledb.transaction_per_chunk out' }
      : undefined,
  ),
  rule('unique-without-time', ({ text, build, facts }) => {
    const lacks = (keys: readonly (readonly string[])[], { key }: TableFacts) =>
      key !== undefined && keys.some((columns) => !columns.includes(key))
    const complaint = (key: string | undefined) => ({
      message: `a unique key of a table spread over "${key}" has to hold that column`,
      fix: `add ${key} to the key`,
    })
    const call = hypertableCall(text)
    if (call && lacks(facts(call.table).uniques ?? [], { key: call.key })) return complaint(call.key)
    const change = alteration(text)
    if (change) {
      const keys = uniqueKeys(
        change.actions.map((a) => a.replace(/^add /, '')).filter((a) => /^(constraint|primary|unique)/.test(a)),
      )
      return lacks(keys, facts(change.table)) ? complaint(facts(change.table).key) : undefined
    }
    if (!build?.unique) return undefined
    const list = /\) *$|\) (?:include|nulls|with|where|tablespace)\b/.test(text) ? text.slice(text.indexOf('(')) : ''
    const keys = uniqueKeys([`unique ${list}`])
    return lacks(keys, facts(build.table)) ? complaint(facts(build.table).key) : undefined
  }),
  rule('extension-update', ({ text, transactional }) =>
    transactional && /^alter extension timescaledb update\b/.test(text)
      ? {
          message: 'the update of timescaledb has to be the first command of a session',
          fix: `a file of its own, with ${NO_TX}`,
        }
      : undefined,
  ),
  rule('chunk-maintenance', ({ text, transactional, facts }) => {
    const clustered = new RegExp(`^cluster (?:verbose )?${NAME}`).exec(text)?.[1]
    const moves = /\b(reorder_chunk|move_chunk|merge_chunks|split_chunk) \(/.test(text)
    return transactional && (moves || (clustered && facts(clustered).hypertable))
      ? { message: 'chunks cannot be rewritten in a transaction', fix: NO_TX }
      : undefined
  }),
  onExisting('columnstore-type', (action, { columnstore }) =>
    columnstore && /^alter (?:column )?\S+ (?:set data )?type\b/.test(action)
      ? {
          message: 'a column of a table with compressed chunks cannot change its type',
          fix: 'add a new column, or decompress first',
        }
      : undefined,
  ),
  onExisting('columnstore-default', (action, { columnstore }) =>
    columnstore && ADD_COLUMN.test(action) && VOLATILE.test(action)
      ? {
          message: 'with compressed chunks a new column cannot have a volatile default',
          fix: 'a constant default, or none',
        }
      : undefined,
  ),
]

const locks: readonly Rule[] = [
  rule('index-blocks-writes', ({ build, fresh, facts }) => {
    if (!build || build.concurrent || build.perChunk || fresh(build.table)) return undefined
    const fix = facts(build.table).hypertable
      ? `create index ... with (timescaledb.transaction_per_chunk), in a file with ${NO_TX}`
      : `create index concurrently, in a file with ${NO_TX}`
    return { message: 'building this index blocks writes until it is done', fix }
  }),
  rule('concurrent-index-partitioned', ({ build, facts }) =>
    build?.concurrent && facts(build.table).partitioned
      ? {
          message: 'a partitioned table refuses create index concurrently',
          fix: 'create index on only the parent, concurrently on each partition, then alter index ... attach partition',
        }
      : undefined,
  ),
  rule('needs-no-transaction', ({ text, transactional }) =>
    transactional && needsNoTransaction(text)
      ? { message: 'this statement cannot run in a transaction', fix: NO_TX }
      : undefined,
  ),
  rule('unnamed-index', ({ build }) =>
    build?.concurrent && build.name === undefined
      ? {
          message: 'a build that fails could not be found again without a name',
          fix: 'create index concurrently NAME on ...',
        }
      : undefined,
  ),
  onExisting('constraint-not-valid', (action) =>
    /^add (?:constraint \S+ )?(?:check|foreign key)\b/.test(action) && !/\bnot valid$/.test(action)
      ? {
          message: 'checking every row blocks writes until it is done',
          fix: 'add it "not valid", then validate constraint in a later file',
        }
      : undefined,
  ),
  onExisting('constraint-builds-index', (action, { hypertable }) =>
    /^add (?:constraint \S+ )?(?:unique|primary key)\b/.test(action) && !/\busing index\b/.test(action) && !hypertable
      ? {
          message: 'building its index blocks reads and writes',
          fix: 'create unique index concurrently, then add constraint ... using index',
        }
      : undefined,
  ),
  onExisting('set-not-null', (action) =>
    /^alter (?:column )?\S+ set not null$/.test(action)
      ? {
          message: 'checking every row blocks reads and writes',
          fix: 'add check (... is not null) not valid, validate it, then set not null',
        }
      : undefined,
  ),
  onExisting('column-type', (action, { columnstore }) =>
    !columnstore && /^alter (?:column )?\S+ (?:set data )?type\b/.test(action)
      ? {
          message: 'most type changes rewrite the table and block reads and writes',
          fix: 'add a new column, copy in batches, swap',
        }
      : undefined,
  ),
  onExisting('volatile-default', (action, { columnstore }) =>
    !columnstore && ADD_COLUMN.test(action) && VOLATILE.test(action)
      ? {
          message: 'this default rewrites the table and blocks reads and writes',
          fix: 'add the column without it, fill in batches, then set default',
        }
      : undefined,
  ),
  onExisting('not-null-without-default', (action) =>
    ADD_COLUMN.test(action) && /\bnot null\b/.test(action) && !/\b(default|generated|serial|bigserial)\b/.test(action)
      ? {
          message: 'fails as soon as the table has a row (and always with compressed chunks)',
          fix: 'give it a constant default',
        }
      : undefined,
  ),
  onExisting('drop-column', (action) =>
    /^drop (?:column )?(?!constraint\b)/.test(action)
      ? {
          message: 'the data of the column is gone, and programs that name it fail',
          fix: 'stop using it first; then allow this rule with the reason',
        }
      : undefined,
  ),
  rule('drop-table', ({ text, fresh }) => {
    const list = /^drop table (?:if exists )?(.*?)(?: cascade| restrict)?$/.exec(text)?.[1]
    if (list === undefined || list.split(' , ').every(fresh)) return undefined
    return { message: 'the data of the table is gone', fix: 'keep it, or allow this rule with the reason' }
  }),
]

const boundaries: readonly Rule[] = [
  rule('transaction-control', ({ statement }) =>
    isTransactionControl(statement) ? { message: 'arxdb begins and commits by itself', fix: 'take it out' } : undefined,
  ),
  rule('session-set', ({ text }) =>
    /^set (?!local\b|constraints\b|transaction\b)/.test(text)
      ? {
          message: 'a session setting outlives the file, and behind a pooler reaches other clients',
          fix: 'set local ...',
        }
      : undefined,
  ),
]

export const RULES: readonly Rule[] = [...timescale, ...locks, ...boundaries]
