// Spells the migrated schema as TypeScript, for kysely and for programs that use the library.
import type pg from 'pg'

interface ColumnInfo {
  readonly schema: string
  readonly relation: string
  readonly column: string
  readonly type: string
  readonly nullable: boolean
}

/** As src/db/types.ts hands values over. */
const SPELLING: Readonly<Record<string, string>> = {
  integer: 'number',
  bigint: 'number',
  numeric: 'string',
  text: 'string',
  boolean: 'boolean',
  bytea: 'Buffer',
  jsonb: 'unknown',
  interval: 'string',
  'timestamp with time zone': 'string',
}

const COLUMNS = `
  select n.nspname as schema, c.relname as relation, a.attname as column, format_type(a.atttypid, null) as type,
         not a.attnotnull as nullable
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and not c.relispartition and c.relkind in ('r', 'p', 'v')
      and (n.nspname = 'arxdb' or (n.nspname = 'public' and c.relname like 'crypto\\_%'))
      -- The ledger is the runner's own, and the width of partitions is one tier's.
      and c.relname not in ('migrations', 'schema_tier', 'partitioning')
    order by 1, 2, a.attnum`

function spell({ relation, column, type, nullable }: ColumnInfo): string {
  const plain = SPELLING[type]
  if (!plain) throw new Error(`no TypeScript for ${relation}.${column} ${type}; add it to SPELLING`)
  return `    readonly ${column}: ${plain}${nullable ? ' | null' : ''}`
}

/** The whole file, from a migrated database. */
export async function schemaTypes(client: pg.Client): Promise<string> {
  const { rows } = await client.query<ColumnInfo>(COLUMNS)
  const relations = new Map<string, ColumnInfo[]>()
  for (const row of rows) {
    const name = row.schema === 'public' ? row.relation : `${row.schema}.${row.relation}`
    relations.set(name, [...(relations.get(name) ?? []), row])
  }
  const bodies = [...relations].map(([name, columns]) => `  '${name}': {\n${columns.map(spell).join('\n')}\n  }`)
  return `// Made from the migrated schema by \`npm run docs\`; a test compares. Do not edit.
/** Rows as they are read: numeric and timestamps are text. A view's columns are all nullable to PostgreSQL. */
export interface Schema {
${bodies.join('\n')}
}
`
}
