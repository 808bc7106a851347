// A batch with keys that are there already: staged in a temporary table, compared, and merged in one statement.
import { copyIn } from '../../db/copy.ts'
import { ArxError } from '../../errors.ts'
import type { Client } from '../../storage/session.ts'
import type { Plan } from '../plan/plan.ts'
import { type Batch, lineOf, sealed, spanOf } from '../rows/batch.ts'
import { isoTime } from '../values/times.ts'
import type { Fates } from './counts.ts'

/** Another load put the same keys in while this one looked: look again. */
export class Raced extends ArxError {
  constructor() {
    super({
      code: 'raced',
      message: 'others kept writing the same rows at the same time',
      hint: 'load it once they are done',
    })
  }
}

/** Names here are arxdb's own (targets.ts), never a file's. */
export const columnList = ({ target, views }: Plan): string =>
  [target.owner, 'import_id', ...views[0]!.columns.map((column) => column.name)].join(', ')

/** Each with a parameter or none: $1 import_id, $2 and $3 the span of time that the batch lies in. */
function mergeSql(plan: Plan): string {
  const { relation, owner } = plan.target
  const names = plan.views[0]!.columns.map((column) => column.name)
  const values = names.filter((name) => name !== 'timestamp' && name !== 'observed_at')
  const list = (of: string): string => values.map((name) => `${of}.${name}`).join(', ')
  const observed = names.includes('observed_at')
  const newer = observed ? "b.observed_at > coalesce(f.observed_at, '-infinity')" : 'false'
  const here = `f.${owner} = b.${owner} and f.timestamp = b.timestamp and f.timestamp between $2::timestamptz and $3::timestamptz`
  return `
    with one as materialized (
      select distinct on (${owner}, timestamp) * from arxdb_batch order by ${owner}, timestamp, line
    ), seen as materialized (
      select b.line, f.import_id is not distinct from $1::int as own, (${list('f')}) is not distinct from (${list('b')}) as same,
             ${newer} as newer
        from one b join arxdb.${relation} f on ${here}
    ), changed as (
      ${changeSql(plan, values, here)}
    ), added as (
      insert into arxdb.${relation} (${columnList(plan)})
        select ${columnList(plan)} from one b where not exists (select from seen s where s.line = b.line)
        order by ${owner}, timestamp
        on conflict do nothing returning 1
    )
    select (select count(*) from arxdb_batch)::int as rows, (select count(*) from one)::int as keys,
           count(*)::int as seen, (count(*) filter (where own))::int as own,
           (count(*) filter (where not own and same))::int as same,
           (select count(*) from changed where not same)::int as changed, (select count(*) from added)::int as added,
           (min(line) filter (where not own))::int as first
      from seen`
}

/** What happens to rows that are there: `changed` gives back one row each, with whether its values had been the same. */
function changeSql({ target, onConflict, views }: Plan, values: readonly string[], here: string): string {
  const { relation } = target
  const observed = views[0]!.columns.some(({ name }) => name === 'observed_at')
  const seen = `update arxdb.${relation} f set %
        from one b join seen s using (line) where ${here} and not s.own`
  const replaced = values.map((name) => `${name} = b.${name}`).join(', ')
  if (onConflict === 'update')
    return `${seen.replace('%', `${replaced}, observed_at = ${observed ? 'b.observed_at' : 'null'}, import_id = $1::int`)} and not s.same returning s.same`
  if (onConflict === 'newest' && observed)
    // A later look at the same values moves the moment on: a version from in between must not win afterwards.
    return `${seen.replace('%', `${replaced}, observed_at = b.observed_at, import_id = case when s.same then f.import_id else $1::int end`)} and s.newer returning s.same`
  if (onConflict === 'skip' && relation === 'analytics') {
    // Sources give one metric a file: what is empty is filled, nothing is replaced.
    const filled = values.map((name) => `${name} = coalesce(f.${name}, b.${name})`).join(', ')
    const holes = values.map((name) => `f.${name} is null and b.${name} is not null`).join(' or ')
    return `${seen.replace('%', `${filled}, import_id = $1::int`)} and (${holes}) returning s.same`
  }
  return 'select true as same where false'
}

interface Merged {
  readonly rows: number
  readonly keys: number
  readonly seen: number
  readonly own: number
  readonly same: number
  readonly changed: number
  readonly added: number
  readonly first: number | null
}

/** Merges a batch by plan.onConflict; of records with one key the file's first counts. Throws Raced, or `conflict`. */
export async function merge(client: Client, batch: Batch, plan: Plan, importId: number): Promise<Fates> {
  const { relation } = plan.target
  await client.query(
    `create temp table arxdb_batch (like arxdb.${relation} including constraints, line bigint generated always as identity)
      on commit drop`,
  )
  await copyIn(client, `copy arxdb_batch (${columnList(plan)}) from stdin (format binary)`, [sealed(batch)])
  await client.query('analyze arxdb_batch')
  const { min, max } = spanOf(batch)!
  const { rows } = await client.query<Merged>(mergeSql(plan), [importId, isoTime(min), isoTime(max)])
  const m = rows[0]!
  if (plan.onConflict === 'error' && m.first !== null) throw conflict(lineOf(batch, m.first), m.seen - m.own)
  if (m.seen + m.added < m.keys) throw new Raced()
  return {
    inserted: m.added,
    updated: m.changed,
    unchanged: m.same,
    duplicates: m.rows - m.keys + m.own,
    skipped: m.seen - m.own - m.same - m.changed,
  }
}

const conflict = (line: number, rows: number): ArxError =>
  new ArxError({
    code: 'conflict',
    message: `line ${line}: a row with this market and time is there already`,
    detail: `${rows} rows of this batch are; --on-conflict error refuses them`,
    hint: '--on-conflict skip keeps what is there, update replaces it, newest takes the one observed later',
  })
