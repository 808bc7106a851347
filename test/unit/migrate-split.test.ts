import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksum } from '../../src/migrate/checksum.ts'
import { lex } from '../../src/migrate/lex.ts'
import { indexBuild, isTransactionControl, shape } from '../../src/migrate/shape.ts'
import { split } from '../../src/migrate/split.ts'

const statements = (sql: string) => split(sql, lex(sql))
const texts = (sql: string) => statements(sql).map((s) => s.text)

/** Statements whose insides hold what a naive splitter trips over. */
const TRICKY = [
  `select 'a;b', 'it''s; fine'`,
  String.raw`select E'back\'slash; quote', e'\\'`,
  `select "odd;name", "a""b;c" from t`,
  `do $$ begin perform 1; -- ' not a string\n end $$`,
  `create function f() returns int language plpgsql as $body$ begin return $$;$$; end $body$`,
  `create function g(a int) returns int begin atomic select case when a > 0 then 1 else 2 end; select 3; end`,
  `create or replace procedure p() begin atomic insert into t values (1); end`,
  `create rule r as on insert to t do also (insert into u values (1); delete from v)`,
  `select 1 /* outer /* inner; */ still; */ + 2`,
  `select U&'d\\0061t;a', b'1', x'1F'`,
  `select a$b$c, 1 as "x$$;$$"`,
  `select $1 + $2`,
  `select 'é;ü', 1 as "naïve;name"`,
]
const tricky = fc.constantFrom(...TRICKY)
const gap = fc.constantFrom(' ', '\n', '\n-- a comment; with a semicolon\n', ' /* a; /* b; */ */ ', '\t\r\n')

describe('the lexer', () => {
  it('loses nothing, whatever the text', () => {
    const pieces = fc.array(
      fc.oneof(tricky, gap, fc.constantFrom("'", '"', '$$', '$a$', '/*', '*/', '--', '\\', ';', 'é')),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((p) => p.join('')),
        ),
        (sql) => {
          expect(
            lex(sql)
              .map((t) => t.text)
              .join(''),
          ).toBe(sql)
        },
      ),
    )
  })

  it('keeps strings of megabytes', () => {
    const sql = `select '${"it''s; ".repeat(300_000)}'`
    expect(texts(`${sql}; select 2`)).toEqual([sql, 'select 2'])
  })

  it('marks what is never closed', () => {
    for (const sql of ["select 'a", 'select "a', 'do $x$ begin', 'select /* /* */', String.raw`select E'\'`]) {
      expect(lex(sql).at(-1)).toMatchObject({ open: true })
    }
    expect(lex("select 'a' 'b'").some((t) => t.open)).toBe(false)
  })
})

describe('the splitter', () => {
  it('gives back the statements it was made of, whatever lies between them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, tricky, gap)), (parts) => {
        const sql = parts.map(([before, text, after]) => `${before}${text}${after};`).join('')
        expect(texts(sql)).toEqual(parts.map(([, text]) => text))
      }),
    )
  })

  it('needs no last semicolon and makes nothing of empty statements', () => {
    expect(texts('; ;select 1;;\n-- end\n;select 2 -- done')).toEqual(['select 1', 'select 2'])
  })

  it('says where each begins', () => {
    const sql = '-- title\nselect 1;\n\n  select\n 2'
    expect(statements(sql).map((s) => s.line)).toEqual([2, 4])
  })

  it('does not take BEGIN for a body outside of routines', () => {
    expect(texts('begin; select 1; end; create table atomic (a int); select 2')).toHaveLength(5)
  })
})

describe('the checksum', () => {
  it('is the same with other comments, line breaks and indentation', () => {
    const relaid = fc.array(fc.tuple(gap, gap), { minLength: TRICKY.length, maxLength: TRICKY.length })
    const plain = checksum(statements(TRICKY.join(';')))
    fc.assert(
      fc.property(relaid, (gaps) => {
        const sql = TRICKY.map((text, i) => gaps[i]![0] + text + gaps[i]![1]).join(';')
        expect(checksum(statements(sql))).toBe(plain)
      }),
    )
    const of = (sql: string) => checksum(statements(sql))
    expect(of('create table t(a int,b text)')).toBe(of('create table t (\n  a int, -- one\n  b text\n)'))
  })

  it('differs with one character inside a string, a name or a body', () => {
    const of = (sql: string) => checksum(statements(sql))
    expect(of("select 'a b'")).not.toBe(of("select 'a  b'"))
    expect(of('select "a b"')).not.toBe(of('select "a  b"'))
    expect(of('do $$ begin\n end $$')).not.toBe(of('do $$ begin end $$'))
    expect(of('select ab')).not.toBe(of('select a b'))
    expect(of('select 1; select 2')).not.toBe(of('select 1 select 2'))
    expect(of("select 'x--y'")).not.toBe(of("select 'x'"))
  })
})

describe('transaction control', () => {
  const control = (sql: string) => isTransactionControl(statements(sql)[0]!)
  it('is seen in every case and spelling', () => {
    for (const sql of [
      'BEGIN',
      'Commit',
      'cOmMiT and chain',
      '/* x */ rollback',
      'START TRANSACTION',
      'end',
      'abort work',
      "PREPARE transaction 'x'",
    ]) {
      expect(control(sql), sql).toBe(true)
    }
  })
  it('is not seen in savepoints, names and strings', () => {
    for (const sql of [
      'savepoint a',
      'rollback to a',
      'ROLLBACK work TO savepoint a',
      "select 'commit'",
      'create table begin_x (a int)',
      'start_it()',
      'release a',
    ]) {
      expect(control(sql), sql).toBe(false)
    }
  })
})

describe('reading create index', () => {
  const read = (sql: string) => indexBuild(shape(statements(sql)[0]!))
  it('finds name and table through every clause', () => {
    expect(read('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS Foo ON Only Bar.Baz USING btree (a)')).toEqual({
      unique: true,
      concurrent: true,
      name: 'foo',
      table: 'bar.baz',
      perChunk: false,
    })
    expect(read('create index "My Idx" on "A b"."C.d" (x) with (timescaledb.transaction_per_chunk)')).toEqual({
      unique: false,
      concurrent: false,
      name: 'My Idx',
      table: '"A b"."C.d"',
      perChunk: true,
    })
    expect(read('create index concurrently on t (a)')).toMatchObject({ name: undefined, table: 't', concurrent: true })
    expect(read('create table t (a int)')).toBeUndefined()
  })
})
