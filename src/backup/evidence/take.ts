// What a database holds, in the snapshot that a client stands in. Rows are counted one relation at a time; everything
// beside rows is asked in a fixed number of statements, however many chunks there are.
import type pg from 'pg'
import { identifier, qualified } from '../../db/identifier.ts'
import { detect } from '../../engines/detect.ts'
import type { Target } from '../../statements/load.ts'
import { type Run, runner } from '../../storage/session.ts'
import type { Evidence, RelationEvidence } from './evidence.ts'

export interface EvidenceOptions {
  /** The moment that it stands for, ISO 8601. */
  readonly at: string
  readonly exact: boolean
  readonly remarks?: readonly string[] | undefined
  /** A sum over the hash of every row: reads and prints each of them. */
  readonly digest?: boolean | undefined
  /** Where sequences stood before the backup began to read them; read now when left out. */
  readonly sequences?: readonly string[] | undefined
  readonly progress?: ((text: string) => void) | undefined
}

interface Relation {
  readonly schema: string
  readonly name: string
  readonly kind: RelationEvidence['kind']
  readonly unlogged: boolean
  readonly time_column: string | null
  /** Where its rows lie: of a continuous aggregate, what it has materialised. */
  readonly stored_schema: string
  readonly stored_name: string
}

interface Line {
  readonly kind: string
  readonly line: string
}

/** More markets than this are told by a digest. */
const MOST_MARKETS = 10_000

/**
 * Texts of rows, times and definitions depend on these. Row security is not applied: a count of the rows that this role
 * may see would be no count, so it is an error instead.
 */
const TEXT_SETTINGS = `set local datestyle = 'ISO, YMD'; set local timezone = 'UTC'; set local intervalstyle = 'postgres';
set local extra_float_digits = 1; set local bytea_output = 'hex'; set local lc_monetary = 'C'; set local search_path = pg_catalog;
set local quote_all_identifiers = off; set local row_security = off`

/**
 * Takes the evidence inside the transaction that `client` is in: repeatable read, read only, and with no more of a
 * statement timeout than counting needs. Unlogged tables are left out, and named in the remarks: WAL does not know them.
 */
export async function takeEvidence(client: pg.Client, options: EvidenceOptions): Promise<Evidence> {
  const { at, exact, remarks = [], digest = false, progress } = options
  const target = await targetOf(client)
  const run = runner(client, target)
  await client.query(TEXT_SETTINGS)
  const sequences = options.sequences ?? (await readSequences(client))
  const found = await run<Relation>('backup/evidence/relations')
  const relations: RelationEvidence[] = []
  for (const relation of found.filter(({ unlogged }) => !unlogged)) {
    progress?.(`counting ${relation.schema}.${relation.name}`)
    relations.push(await counted(client, relation, digest))
  }
  const unlogged = found.filter((one) => one.unlogged).map((one) => `${one.schema}.${one.name}`)
  const definitions = await run<Line>('backup/evidence/definitions')
  const surroundings = await run<Line>('backup/evidence/surroundings')
  const jobs = await run<Line>('backup/evidence/jobs')
  const lines = (kind: string): readonly string[] =>
    [...definitions, ...surroundings, ...jobs].filter((one) => one.kind === kind).map(({ line }) => line)
  return {
    ...{ exact, at, relations },
    remarks: [...remarks, ...(unlogged.length > 0 ? [`unlogged, not counted: ${unlogged.join(', ')}`] : [])],
    indexes: lines('index'),
    constraints: lines('constraint'),
    triggers: lines('trigger'),
    views: lines('view'),
    functions: lines('function'),
    sequences,
    jobs: lines('job'),
    rollups: lines('rollup'),
    extensions: lines('extension'),
    grants: lines('grant'),
    settings: lines('setting'),
    others: lines('object'),
    largeObjects: lines('large'),
    roles: lines('role'),
    markets: await markets(run, found),
  }
}

/**
 * Where sequences stand, for what is compared later: they go on beside every snapshot, so they have to be read before the
 * backup reads them, and a restored one then stands there or further on. Inside a transaction.
 */
export async function readSequences(client: pg.Client): Promise<readonly string[]> {
  await client.query('set local quote_all_identifiers = off')
  const run = runner(client, { engine: 'postgres', server: 150_000 })
  return (await run<{ line: string }>('backup/evidence/sequences')).map(({ line }) => line)
}

/** The variants of statements that fit this database, whatever schema it has. */
async function targetOf(client: pg.Client): Promise<Target> {
  const { version } = await detect((name) => runner(client, { engine: 'postgres', server: 150_000 })(name))
  return { engine: version.timescaledb === null ? 'postgres' : 'timescaledb', server: version.server }
}

async function counted(client: pg.Client, relation: Relation, digest: boolean): Promise<RelationEvidence> {
  const { schema, name, kind, time_column, stored_schema, stored_name } = relation
  const stored = qualified({ schema: stored_schema, name: stored_name })
  const time = time_column === null ? undefined : identifier(time_column)
  const figures = [
    'count(*)::text as rows',
    time ? `min(t.${time})::text as first, max(t.${time})::text as last` : 'null as first, null as last',
    // Of the whole row: plain t would be a column of that name.
    digest ? 'coalesce(sum(hashtextextended((t.*)::text, 0)::numeric), 0)::text as digest' : 'null as digest',
  ]
  type Row = {
    readonly rows: string
    readonly first: string | null
    readonly last: string | null
    readonly digest: string | null
  }
  const { rows } = await client.query<Row>(`select ${figures.join(', ')} from ${stored} t`)
  const [row] = rows
  return { schema, name, kind, rows: row!.rows, from: iso(row!.first), to: iso(row!.last), digest: row!.digest }
}

/** `2026-01-02 03:04:05+00` as PostgreSQL writes it here, to ISO 8601. Dates and infinity stay as they are. */
const iso = (text: string | null): string | null =>
  text === null ? null : text.replace(/^(\S+) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00/, '$1T$2Z')

async function markets(run: Run, found: readonly Relation[]): Promise<readonly string[]> {
  const own = found.filter(({ schema }) => schema === 'arxdb').map(({ name }) => name)
  if (!['markets', 'candles', 'prices'].every((name) => own.includes(name))) return []
  return (await run<{ line: string }>('backup/evidence/markets', { most: MOST_MARKETS })).map(({ line }) => line)
}
