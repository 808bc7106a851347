import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Finding, lint } from '../../src/migrate/lint.ts'
import { RULES } from '../../src/migrate/rules.ts'
import { lint as lintDirectory } from '../../src/migrate/service.ts'

const made: string[] = []
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true })
})

function findings(...files: readonly string[]): readonly Finding[] {
  const path = mkdtempSync(join(tmpdir(), 'arxdb-lint-'))
  made.push(path)
  for (const [i, sql] of files.entries()) writeFileSync(join(path, `${i + 1}_x.sql`), sql)
  return lint({ directory: { source: 'x', path }, context: [] })
}
const rules = (...files: readonly string[]) => findings(...files).map((f) => f.rule)

const TABLES = `create table t (a int, ts timestamptz not null, primary key (a, ts));
create table h (a int, ts timestamptz not null);
select create_hypertable('h', by_range('ts', interval '7 days'));
create table p (a int, ts timestamptz not null) partition by range (ts);
create table c (a int, ts timestamptz not null) with (tsdb.hypertable, tsdb.partition_column = 'ts');`
const NO_TX = '-- arxdb: no-transaction\n'

/** Per rule: files that break it, and a way of writing the same that does not. */
const CASES: Readonly<Record<string, readonly [bad: string, good: string]>> = {
  'cagg-with-data': [
    'create materialized view v with (timescaledb.continuous) as select 1',
    'create materialized view v with (timescaledb.continuous) as select 1 with no data',
  ],
  'cagg-refresh': [
    "call refresh_continuous_aggregate('v', null, null)",
    `${NO_TX}call refresh_continuous_aggregate('v', null, null)`,
  ],
  'concurrent-index-hypertable': [
    `${NO_TX}create index concurrently i on h (a)`,
    `${NO_TX}create index i on h (a) with (timescaledb.transaction_per_chunk)`,
  ],
  'chunk-index-transaction': [
    'create index i on h (a) with (timescaledb.transaction_per_chunk)',
    `${NO_TX}create index i on h (a) with (timescaledb.transaction_per_chunk)`,
  ],
  'chunk-index-unique': [
    `${NO_TX}create unique index i on h (ts) with (timescaledb.transaction_per_chunk)`,
    `${NO_TX}create index i on h (ts) with (timescaledb.transaction_per_chunk)`,
  ],
  'unique-without-time': [
    '-- arxdb: allow index-blocks-writes: small\ncreate unique index i on h (a)',
    '-- arxdb: allow index-blocks-writes: small\ncreate unique index i on h (a, ts)',
  ],
  'extension-update': ['alter extension timescaledb update', `${NO_TX}alter extension timescaledb update`],
  'chunk-maintenance': ["select reorder_chunk('c1')", `${NO_TX}select reorder_chunk('c1')`],
  'columnstore-type': ['alter table c alter column a type bigint', 'alter table c alter column a set default 1'],
  'columnstore-default': [
    'alter table c add column x uuid default gen_random_uuid()',
    "alter table c add column x text default ''",
  ],
  'index-blocks-writes': ['create index i on t (a)', `${NO_TX}create index concurrently i on t (a)`],
  'concurrent-index-partitioned': [
    `${NO_TX}create index concurrently i on p (a)`,
    `${NO_TX}create index concurrently i on p_2026 (a)`,
  ],
  'needs-no-transaction': ['create index concurrently i on t (a)', `${NO_TX}create index concurrently i on t (a)`],
  'unnamed-index': [`${NO_TX}create index concurrently on t (a)`, `${NO_TX}create index concurrently i on t (a)`],
  'constraint-not-valid': [
    'alter table t add constraint k check (a > 0)',
    'alter table t add constraint k check (a > 0) not valid',
  ],
  'constraint-builds-index': [
    'alter table t add constraint k unique (a)',
    'alter table t add constraint k unique using index i',
  ],
  'set-not-null': ['alter table t alter a set not null', 'alter table t alter a drop not null'],
  'column-type': ['alter table t alter column a type bigint', 'alter table t alter column a set statistics 500'],
  'volatile-default': [
    'alter table t add column x timestamptz default clock_timestamp()',
    'alter table t add column x timestamptz default now()',
  ],
  'not-null-without-default': [
    'alter table t add column x int not null',
    'alter table t add column x int not null default 0',
  ],
  'drop-column': ['alter table t add column x int, drop column a', 'alter table t drop constraint t_pkey'],
  'drop-table': ['drop table if exists t', 'create table n (a int); drop table n'],
  'transaction-control': ['Commit', 'savepoint a'],
  'session-set': ["set search_path = 'x'", "set local search_path = 'x'"],
}

describe('lint', () => {
  it('has a case for every rule', () => {
    expect(Object.keys(CASES).sort()).toEqual(RULES.map((r) => r.name).sort())
  })

  it.each(Object.entries(CASES))('%s', (rule, [bad, good]) => {
    expect(rules(TABLES, bad)).toEqual([rule])
    expect(rules(TABLES, good)).toEqual([])
  })

  it('sees a key without the time column where the hypertable is made, added or written inline', () => {
    expect(rules("create table k (id int primary key, ts timestamptz); select create_hypertable('k', 'ts')")).toEqual([
      'unique-without-time',
    ])
    expect(
      rules("create table k (id int, ts timestamptz, primary key (id, ts)); select create_hypertable('k', 'ts')"),
    ).toEqual([])
    expect(rules(TABLES, 'alter table h add primary key (a)')).toContain('unique-without-time')
    expect(rules(TABLES, 'alter table h add primary key (ts, a)')).toEqual([])
  })

  it('lets a file do what it likes with what it made itself, also under a new name', () => {
    expect(
      rules(
        'create table n (a int); create index i on n (a); alter table n alter a type bigint, add unique (a); alter table n rename to m; drop table m',
      ),
    ).toEqual([])
  })

  it('says file, line and what to do', () => {
    expect(findings(TABLES, '-- x\n\ncreate index i on h (a)')).toEqual([
      {
        rule: 'index-blocks-writes',
        file: '2_x.sql',
        line: 3,
        message: expect.stringContaining('blocks writes'),
        fix: expect.stringContaining('transaction_per_chunk'),
      },
    ])
  })

  it('is silenced by an allowance with a reason, and complains of one without, or of no rule', () => {
    expect(rules(TABLES, '-- arxdb: allow drop-table: empty everywhere\ndrop table t')).toEqual([])
    expect(rules(TABLES, '-- arxdb: allow drop-table\ndrop table t')).toEqual(['allow-reason'])
    expect(rules(TABLES, '-- arxdb: allow drop-tabel: x\nselect 1')).toEqual(['allow-unknown'])
  })

  it("finds nothing in arxdb's own migrations", () => {
    expect(lintDirectory(undefined)).toEqual([])
  })
})
