// What a database holds: the same figures on every tier, sensitive to what matters and to nothing else.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareEvidence } from '../../src/backup/evidence/compare.ts'
import type { Evidence } from '../../src/backup/evidence/evidence.ts'
import { markMoment } from '../../src/backup/evidence/mark.ts'
import { takeEvidence } from '../../src/backup/evidence/take.ts'
import { openClient } from '../../src/db/connect.ts'
import { insertBars, insertTicks } from '../engines/market-rows.ts'
import { describeTiers, migratedDatabase, type TestDatabase, tiers, withClient } from '../servers/databases.ts'

const SCENE = `
create table "odd schema"."na""me" (id int primary key, "at time" timestamptz, v numeric, f float8, b bytea);
insert into "odd schema"."na""me" select i, timestamptz '2026-01-01Z' + i * interval '1 hour', i / 7.0, i / 3.0, '\\x00ff'
  from generate_series(1, 100) i;
create index "by v" on "odd schema"."na""me" (v desc) where v > 1;
create table parted (id int, at date not null) partition by range (at);
create table parted_1 partition of parted for values from ('2026-01-01') to ('2026-02-01');
create table parted_2 partition of parted for values from ('2026-02-01') to ('2026-03-01');
create index on parted (id);
insert into parted select i, date '2026-01-20' + i from generate_series(0, 20) i;
create unlogged table passing (id int);
create view seen as select * from parted;
create function twice(x int) returns int language sql immutable as 'select 2 * x';
create table empty (at timestamptz default 'infinity');
create index on parted_1 (at);
create table named (t int, v int);
insert into named values (1, 1), (null, 2);
create materialized view kept as select 1 as one;
create table secret (owner name);
insert into secret values ('postgres'), ('somebody');
alter table secret enable row level security;
create policy own on secret using (owner = current_user);
`

const AGGREGATE = `
create table ticks (at timestamptz not null, price numeric);
select create_hypertable('ticks', 'at', chunk_time_interval => interval '1 day');
insert into ticks select timestamptz '2026-01-01Z' + i * interval '1 hour', i from generate_series(0, 99) i;
create materialized view daily with (timescaledb.continuous) as
  select time_bucket('1 day', at) as day, sum(price) from ticks group by 1 with no data;
`

const bare: Evidence = {
  ...{ exact: true, remarks: [], at: '', relations: [], indexes: [], constraints: [], triggers: [], views: [] },
  ...{ functions: [], sequences: [], jobs: [], rollups: [], extensions: [], markets: [] },
}

describeTiers('evidence', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, (client) => client.query(`create schema "odd schema"; ${SCENE}`))
  })
  afterAll(() => database?.drop())

  const taken = async (digest = false, before = 'select 1'): Promise<Evidence> => {
    const client = await openClient(database.connection)
    try {
      await client.query(before)
      await client.query('begin isolation level repeatable read read only')
      return await takeEvidence(client, { at: '2026-01-01T00:00:00Z', exact: true, digest })
    } finally {
      await client.end()
    }
  }

  test('counts what users see, parts with their whole', async () => {
    const evidence = await taken(true)
    const of = (name: string) => evidence.relations.find((relation) => relation.name === name)
    expect(of('na"me')).toMatchObject({
      ...{ schema: 'odd schema', kind: 'table', rows: '100' },
      ...{ from: '2026-01-01T01:00:00Z', to: '2026-01-05T04:00:00Z' },
    })
    expect(of('parted')).toMatchObject({ kind: 'partitioned', rows: '21', from: '2026-01-20', to: '2026-02-09' })
    expect(of('parted_1')).toBeUndefined()
    expect(of('passing')).toBeUndefined()
    expect(evidence.remarks).toEqual(['unlogged, not counted: public.passing'])
    expect(of('empty')).toMatchObject({ rows: '0', from: null, to: null, digest: '0' })
    expect(of('candles')).toMatchObject({ kind: tier.name === 'plain' ? 'partitioned' : 'hypertable', rows: '0' })
    expect(evidence.indexes.filter((line) => line.startsWith('public.parted:'))).toEqual([
      'public.parted: 3 indexes on its 2 parts',
      'public.parted: CREATE INDEX parted_id_idx ON ONLY public.parted USING btree (id)',
      'public.parted: not unique USING btree (at) on 1 of its parts',
      'public.parted: not unique USING btree (id) on 2 of its parts',
    ])
    expect(evidence.views.map((line) => line.split(' ')[0])).toContain('public.seen')
    expect(evidence.functions.some((line) => line.startsWith('public.twice(x integer)'))).toBe(true)
    expect(evidence.relations.every(({ schema }) => !schema.includes('timescaledb'))).toBe(true)
  })

  test('says the same in every session', async () => {
    const settings = `set timezone = 'Asia/Kathmandu'; set datestyle = 'SQL, DMY'; set extra_float_digits = -5;
      set bytea_output = 'escape'; set search_path = arxdb; set quote_all_identifiers = on;
      set intervalstyle = 'iso_8601'`
    expect(await taken(true, settings)).toEqual(await taken(true))
  })

  test.each([
    ['a row that went', `delete from parted where id = 3`, /public.parted: 21 rows, restored 20/],
    ['a value', `update parted set id = 99 where id = 3`, /as many rows, with other values/],
    ['an index', `drop index "odd schema"."by v"`, /index is missing.*by v/],
    ['an index twice', `create index again on parted_1 (id)`, /index.*4 indexes on its 2 parts/],
    [
      'an index for another one',
      'drop index parted_1_at_idx; create index again on parted_1 (id)',
      /index is missing: public.parted: not unique USING btree \(at\) on 1 of its parts/,
    ],
    ['a value beside a column t', 'update named set v = 3 where t is null', /public.named: as many rows, with other/],
    ['a constraint of a part', 'alter table parted_1 add check (id > -1)', /1 constraints of type c on its parts/],
    ['what a view keeps', 'refresh materialized view kept with no data', /public.kept .* \(not populated\)/],
    ['a constraint', `alter table parted add check (id >= 0)`, /constraint or column was not there before/],
    ['a default', `alter table empty alter at drop default`, /constraint or column is missing.*infinity/],
    ['a view', `create or replace view seen as select id, at from parted where id > 0`, /view is missing: public.seen/],
    ['a function', `drop function twice(int)`, /function is missing: public.twice/],
  ])('%s that differs is told', async (_, change, told) => {
    const before = await taken(true)
    const client = await openClient(database.connection)
    try {
      await client.query(`begin; ${change}`)
      const after = await takeEvidence(client, { at: '', exact: true, digest: true })
      expect(compareEvidence(before, after).join('\n')).toMatch(told)
    } finally {
      await client.end()
    }
  })

  test('knows the newest of each market', async () => {
    const client = await openClient(database.connection)
    try {
      await client.query(
        "begin; select arxdb.ensure_partitions(t, '2026-01-01Z', '2026-01-03Z') from unnest(array['prices', 'candles']) t",
      )
      await insertTicks(client, [
        ['btc', 'kraken', '2026-01-02T00:00:01.5Z', '1'],
        ['btc', 'kraken', '2026-01-01T00:00:00Z', '1'],
      ])
      await insertBars(client, [['eth', 'kraken', 'EUR', '1h', '2026-01-02T03:00:00Z', '1']])
      expect((await takeEvidence(client, { at: '', exact: true })).markets).toEqual([
        'candles eth/EUR@kraken 1h 2026-01-02T03:00:00.000000Z',
        'prices btc/USD@kraken tick 2026-01-02T00:00:01.500000Z',
      ])
    } finally {
      await client.end()
    }
  })

  test('refuses to count what row security hides', async () => {
    const role = `reader_${randomBytes(4).toString('hex')}`
    await withClient(database.url, (client) => client.query(`create role ${role} in role pg_read_all_data`))
    try {
      await expect(taken(false, `set role ${role}`)).rejects.toThrow(/row-level security/)
    } finally {
      await withClient(database.url, (client) => client.query(`drop role ${role}`))
    }
  })

  test('a mark beside writers is exact, and counts what was committed', async () => {
    const writer = await openClient(database.connection)
    await writer.query('begin; insert into parted values (1, $$2026-01-02$$)')
    try {
      const { mark, evidence } = await markMoment(database.connection, 'beside-a-writer')
      expect(evidence).toMatchObject({ exact: true, remarks: ['unlogged, not counted: public.passing'] })
      expect(evidence.relations.find(({ name }) => name === 'parted')!.rows).toBe('21')
      expect(mark.lsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/)
    } finally {
      await writer.end()
    }
  })
})

const community = tiers().find(({ name }) => name === 'community')
describe.skipIf(!community)('continuous aggregates', () => {
  test('are told by what they have materialised', async () => {
    const database = await migratedDatabase(community!)
    try {
      const client = await openClient(database.connection)
      const look = async (): Promise<Evidence> => {
        await client.query('begin isolation level repeatable read read only')
        const evidence = await takeEvidence(client, { at: '', exact: true, digest: true })
        await client.query('commit')
        return evidence
      }
      await client.query(AGGREGATE)
      const empty = await look()
      await client.query("call refresh_continuous_aggregate('daily', null, '2026-01-04Z')")
      const full = await look()
      await client.end()
      expect(full.relations).toContainEqual(
        expect.objectContaining({
          ...{ schema: 'public', name: 'daily', kind: 'aggregate', rows: '3' },
          ...{ from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' },
        }),
      )
      expect(full.relations.filter(({ schema }) => schema.startsWith('_timescaledb'))).toEqual([])
      expect(compareEvidence(full, empty)).toEqual(['public.daily: 3 rows, restored 0'])
    } finally {
      await database.drop()
    }
  })
})

describe('comparing', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd')
  test('is silent about equals, and about order', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const turned = [...lines].reverse()
        expect(compareEvidence({ ...bare, indexes: lines }, { ...bare, indexes: turned })).toEqual([])
      }),
    )
  })
  test('tells every difference of lists with repeats', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (was, is) => {
        const told = compareEvidence({ ...bare, jobs: was }, { ...bare, jobs: is }).filter(
          (one) => !one.startsWith('and '),
        )
        const count = (lines: readonly string[], what: string) => lines.filter((one) => one === what).length
        const wanted = ['a', 'b', 'c', 'd'].reduce((sum, what) => sum + Math.abs(count(was, what) - count(is, what)), 0)
        expect(told.length).toBe(Math.min(wanted, told.length === wanted ? wanted : told.length))
        expect(told.length === 0).toBe(wanted === 0)
      }),
    )
  })
  test.each([
    ['10', '10', true],
    ['10', '4300', true],
    ['10', '9', false],
    ['10', 'unused', false],
    ['unused', '7', true],
    ['10 by 5', '15 by 5', true],
    ['10 by 5', '15', false],
    ['-10 by -1', '-42 by -1', true],
    ['-10 by -1', '-9 by -1', false],
    ['10 cycle', '3 cycle', true],
    ['10 cycle', 'unused cycle', false],
  ])('a sequence at %s may be restored at %s: %s', (was, is, fine) => {
    const name = 's."odd 7 by 1"'
    const told = compareEvidence({ ...bare, sequences: [`${name} ${was}`] }, { ...bare, sequences: [`${name} ${is}`] })
    expect(told.length === 0).toBe(fine)
    expect(compareEvidence({ ...bare, sequences: [`${name} ${was}`] }, bare)).toEqual([`sequence ${name} is missing`])
  })
  test('rows of another moment are not compared', () => {
    const relation = { ...{ schema: 's', name: 't', kind: 'table' as const }, from: null, to: null, digest: null }
    const source = { ...bare, exact: false, relations: [{ ...relation, rows: '1' }] }
    expect(compareEvidence(source, { ...bare, relations: [{ ...relation, rows: '2' }] })).toEqual([])
    expect(compareEvidence(source, bare)).toEqual(['table s.t is missing'])
  })
})
