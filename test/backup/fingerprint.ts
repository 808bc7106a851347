// All that a restore has to bring back, as sorted lines: definitions without names that vary by restore (chunks), rows by
// number and by a digest of their text.
import type pg from 'pg'

const MINE = `n.nspname !~ '^(pg_|_timescaledb_|timescaledb_|information_schema$)'`
const OWN = `not exists (select from pg_depend d where d.objid = x.oid and d.deptype = 'e')`

const LINES: readonly string[] = [
  `select format('schema %s %s', n.nspname, n.nspacl) from pg_namespace n where ${MINE}`,
  `select format('relation %s.%s %s %s %s populated %s rls %s %s acl %s owner %s comment %s', n.nspname, x.relname, x.relkind, x.relpersistence,
          array(select o from unnest(x.reloptions) o order by 1), x.relispopulated, x.relrowsecurity, x.relforcerowsecurity, x.relacl, x.relowner::regrole, obj_description(x.oid, 'pg_class'))
     from pg_class x join pg_namespace n on n.oid = x.relnamespace where ${MINE} and ${OWN} and x.relkind <> 't'`,
  `select format('column %s.%s.%s %s %s %s null %s identity %s generated %s %s collation %s storage %s %s stat %s %s', n.nspname, x.relname, a.attname,
          row_number() over (partition by x.oid order by a.attnum), format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), not a.attnotnull, a.attidentity, a.attgenerated,
          a.attacl, a.attcollation::regcollation, a.attstorage, a.attcompression, coalesce(nullif(to_jsonb(a) ->> 'attstattarget', '-1'), ''), col_description(x.oid, a.attnum))
     from pg_attribute a join pg_class x on x.oid = a.attrelid join pg_namespace n on n.oid = x.relnamespace
     left join pg_attrdef d on d.adrelid = x.oid and d.adnum = a.attnum
     where ${MINE} and ${OWN} and a.attnum > 0 and not a.attisdropped and x.relkind in ('r', 'p', 'v', 'm', 'c')`,
  `select format('constraint %s.%s %s %s valid %s comment %s', n.nspname, c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid), c.convalidated, obj_description(c.oid, 'pg_constraint'))
     from pg_constraint c join pg_namespace n on n.oid = c.connamespace where ${MINE}`,
  `select format('index %s %s', pg_get_indexdef(i.indexrelid), i.indisclustered::text || i.indisreplident || i.indisvalid)
     from pg_index i join pg_class x on x.oid = i.indrelid join pg_namespace n on n.oid = x.relnamespace where ${MINE} and ${OWN}`,
  `select format('view %s.%s %s', n.nspname, x.relname, pg_get_viewdef(x.oid)) from pg_class x join pg_namespace n on n.oid = x.relnamespace
     where ${MINE} and ${OWN} and x.relkind in ('v', 'm')`,
  `select format('trigger %s %s %s', pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
     from pg_trigger t join pg_class x on x.oid = t.tgrelid join pg_namespace n on n.oid = x.relnamespace
     where ${MINE} and ${OWN} and not t.tgisinternal`,
  `select format('function %s acl %s owner %s %s', pg_get_functiondef(x.oid), x.proacl, x.proowner::regrole, obj_description(x.oid, 'pg_proc'))
     from pg_proc x join pg_namespace n on n.oid = x.pronamespace where ${MINE} and ${OWN} and x.prokind <> 'a'`,
  `select format('type %s.%s %s %s %s', n.nspname, x.typname, x.typtype, array(select e.enumlabel from pg_enum e where e.enumtypid = x.oid order by e.enumsortorder),
          format_type(x.typbasetype, x.typtypmod) || x.typnotnull || coalesce(x.typdefault, ''))
     from pg_type x join pg_namespace n on n.oid = x.typnamespace where ${MINE} and ${OWN} and x.typtype <> 'b'`,
  `select format('partition %s of %s %s', i.inhrelid::regclass, i.inhparent::regclass, pg_get_expr(x.relpartbound, x.oid))
     from pg_inherits i join pg_class x on x.oid = i.inhrelid join pg_namespace n on n.oid = x.relnamespace where ${MINE}`,
  `select format('sequence %s.%s %s %s %s %s %s %s %s', schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle, last_value)
     from pg_sequences n where schemaname !~ '^_timescaledb_'`,
  `select format('policy %s.%s %s %s %s %s %s %s', schemaname, tablename, policyname, permissive, roles, cmd, qual, with_check) from pg_policies`,
  `select format('statistics %s', pg_get_statisticsobjdef(oid)) from pg_statistic_ext`,
  `select format('setting %s', s) from pg_db_role_setting r, unnest(setconfig) s where r.setdatabase = (select oid from pg_database where datname = current_database()) and s !~ '^arxdb.paused'`,
  `select format('extension %s', extname) from pg_extension`,
]

const TIMESCALEDB: readonly string[] = [
  `select format('dimension %s.%s %s %s %s %s %s', hypertable_schema, hypertable_name, column_name, dimension_type, time_interval, coalesce(integer_interval, num_partitions), integer_now_func) from timescaledb_information.dimensions`,
  `select format('hypertable %s.%s compression %s tablespaces %s', hypertable_schema, hypertable_name, compression_enabled, tablespaces) from timescaledb_information.hypertables`,
  `select format('columnstore %s segment by %s order by %s merge %s', hypertable, segmentby, orderby, compress_interval_length) from timescaledb_information.hypertable_columnstore_settings`,
  `select format('job %s %s on %s.%s every %s %s %s %s %s fixed %s', proc_schema, proc_name, hypertable_schema, hypertable_name, schedule_interval, max_runtime, max_retries, retry_period, config - 'hypertable_id' - 'mat_hypertable_id', fixed_schedule) from timescaledb_information.jobs where job_id >= 1000`,
]

/** Lines that are equal when two databases hold the same. Rows of partitions are counted with their tables too. */
export async function fingerprint(client: pg.Client): Promise<string[]> {
  await client.query(`set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set search_path = ''`)
  const { rows: found } = await client.query("select from pg_extension where extname = 'timescaledb'")
  const lines: string[] = []
  for (const sql of [...LINES, ...(found.length > 0 ? TIMESCALEDB : [])]) {
    const { rows } = await client.query({ text: sql, rowMode: 'array' })
    lines.push(...rows.map((row) => String(row[0])))
  }
  const { rows: tables } = await client.query<{ table: string }>(
    `select format('%I.%I', n.nspname, x.relname) as table from pg_class x join pg_namespace n on n.oid = x.relnamespace
      where ${MINE} and ${OWN} and x.relkind in ('r', 'p', 'm') and x.relispopulated and not x.relispartition
        -- Leases on background jobs come and go with the backup itself.
        and x.relname <> 'job_leases'`,
  )
  for (const { table } of tables) {
    const { rows } = await client.query(
      `select count(*) as n, coalesce(sum(hashtextextended(t::text, 0)), 0)::text as digest from ${table} t`,
    )
    lines.push(`rows ${table} ${rows[0].n} ${rows[0].digest}`)
  }
  return lines.sort()
}
