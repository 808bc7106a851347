import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { compare } from '../../src/migrate/compare.ts'
import { directories, filesFor, type MigrationFile, readDirectory } from '../../src/migrate/files.ts'
import { grants } from '../../src/migrate/grants.ts'
import type { LedgerRow } from '../../src/migrate/ledger.ts'
import { lockOf } from '../../src/migrate/locks.ts'

const made: string[] = []
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true })
})

function directory(files: Readonly<Record<string, string>>): { source: string; path: string } {
  const path = mkdtempSync(join(tmpdir(), 'arxdb-files-'))
  made.push(path)
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(path, name), sql)
  return { source: 'mine', path }
}

const row = (file: MigrationFile, more: Partial<LedgerRow> = {}): LedgerRow => ({
  source: file.source,
  version: file.version,
  name: file.name,
  variant: file.variant,
  checksum: file.checksum,
  raw_checksum: file.rawChecksum,
  state: 'applied',
  statements_done: file.up.length,
  statements_total: file.up.length,
  applied_at: '2026-01-01T00:00:00Z',
  duration_ms: 1,
  applied_by: 'me',
  arxdb_version: '0',
  note: null,
  ...more,
})

describe('migration files', () => {
  it('are UTF-8 text: other bytes would run as something else', () => {
    const latin = directory({})
    writeFileSync(join(latin.path, '0001_a.sql'), Buffer.from("select 'caf\xe9'", 'latin1'))
    expect(() => readDirectory(latin)).toThrow('0001_a.sql is not UTF-8 text')
    expect(() => readDirectory(directory({ '0001_a.sql': 'select 1;\0select 2' }))).toThrow('is not UTF-8 text')
    expect(readDirectory(directory({ '0001_a.sql': '\uFEFFselect 1' }))[0]!.text).toBe('select 1')
  })

  it('that cannot be read are named', () => {
    const dir = directory({})
    mkdirSync(join(dir.path, '0001_a.sql'))
    expect(() => readDirectory(dir)).toThrow('cannot read 0001_a.sql: EISDIR')
  })

  it('have sections and directives', () => {
    const dir = directory({
      '0001_a.sql': [
        '-- Title.',
        '-- arxdb: no-transaction',
        '-- arxdb: lock-timeout 5s',
        '-- arxdb: requires timescaledb >= 2.19',
        '-- arxdb: allow drop-table: nobody used it',
        'select 1;',
        "select '-- arxdb: down';",
        '-- arxdb: verify',
        'select 2;',
        '-- arxdb: down',
        'select 3',
        '',
      ].join('\r\n'),
    })
    const [file] = readDirectory(dir)
    expect(file!.directives).toMatchObject({ transaction: false, lockTimeoutMs: 5000 })
    expect(file!.directives.requires).toEqual([{ what: 'timescaledb', version: [2, 19], text: 'timescaledb >= 2.19' }])
    expect(file!.directives.allows).toEqual([{ rule: 'drop-table', reason: 'nobody used it', line: 5 }])
    expect(file!.up.map((s) => s.text)).toEqual(['select 1', "select '-- arxdb: down'"])
    expect(file!.verify.map((s) => [s.text, s.line])).toEqual([['select 2', 9]])
    expect(file!.down!.map((s) => s.text)).toEqual(['select 3'])
  })

  it.each([
    [
      'a typo in a directive',
      { '0001_a.sql': '-- arxdb: no-transacton\nselect 1' },
      /unknown directive "no-transacton"/,
    ],
    ['an open quote', { '0001_a.sql': "select 1;\nselect 'a" }, /0001_a.sql:2: this quote or comment is never closed/],
    ['a section inside a statement', { '0001_a.sql': 'select 1\n-- arxdb: down\n;' }, /lacks its ";"/],
    ['a name without a version', { 'first.sql': '' }, /not a migration's file name/],
    ['a version twice', { '0001_a.sql': '', '1_b.sql': '' }, /stands twice/],
    ['a plain file beside a variant', { '0001_a.sql': '', '0001_a.postgres.sql': '' }, /stands twice/],
    ['a bad duration', { '0001_a.sql': '-- arxdb: lock-timeout soon' }, /cannot read "lock-timeout soon"/],
  ])('refuse %s', (_, files, message) => {
    expect(() => readDirectory(directory(files as Record<string, string>))).toThrow(message)
  })

  it('are chosen by engine, in numeric order', () => {
    const dir = directory({
      '10_c.sql': '',
      '2_b.timescaledb.sql': '',
      '2_b.postgres.sql': '',
      '3_only.timescaledb.sql': '',
      '0001_a.sql': '',
    })
    expect(filesFor([dir], 'postgres').map((f) => f.file)).toEqual(['0001_a.sql', '2_b.postgres.sql', '10_c.sql'])
    expect(filesFor([dir], 'timescaledb').map((f) => f.file)).toEqual([
      '0001_a.sql',
      '2_b.timescaledb.sql',
      '3_only.timescaledb.sql',
      '10_c.sql',
    ])
  })

  it('of two directories need two names', () => {
    expect(() => directories([{ path: '/x/arxdb' }])).toThrow(/two migration directories are called "arxdb"/)
    expect(directories([{ path: '/x/arxdb', source: 'own' }]).map((d) => d.source)).toEqual(['arxdb', 'own'])
  })
})

describe('files against ledger', () => {
  const files = () =>
    readDirectory(
      directory({
        '1_a.sql': 'select 1',
        '2_b.sql': 'select 2',
        '3_c.sql': 'select 31; select 32; select 33',
        '4_d.sql': 'x',
      }),
    )
  const states = (all: readonly MigrationFile[], rows: LedgerRow[]) =>
    compare(['mine'], all, rows).map((e) => `${e.version} ${e.state}`)

  it('names every state', () => {
    const [a, b, c, d] = files() as [MigrationFile, MigrationFile, MigrationFile, MigrationFile]
    const partOf3 = readDirectory(directory({ '3_c.sql': 'select 31' }))[0]!.checksum
    const rows = [
      row(a, { checksum: 'other' }),
      row(c, { state: 'partial', statements_done: 1, checksum: partOf3 }),
      row(d, { version: '5', name: 'gone' }),
    ]
    expect(states([a, b, c, d], rows)).toEqual([
      '1 edited',
      '2 out-of-order',
      '3 partial',
      '4 out-of-order',
      '5 missing',
    ])
    expect(states([a, b, c, d], [row(a), row(b, { state: 'baseline' })])).toEqual([
      '1 applied',
      '2 baseline',
      '3 pending',
      '4 pending',
    ])
  })

  it('lets the rest of a partial file be mended, not what is done', () => {
    const at = (sql: string) => readDirectory(directory({ '3_c.sql': sql }))
    const [c] = at('select 31; select 32')
    const half = [row(c!, { state: 'partial', statements_done: 1, checksum: at('select 31')[0]!.checksum })]
    expect(states(at('select 31; select mended; select more'), half)).toEqual(['3 partial'])
    expect(states(at('select 30; select 32'), half)).toEqual(['3 edited'])
    expect(states(at('-- nothing left'), half)).toEqual(['3 edited'])
  })
})

describe('locks of a plan', () => {
  it.each([
    ['create index i on arxdb.t ( a )', /^ShareLock/, 'arxdb.t'],
    ['create unique index concurrently if not exists i on t ( a )', /^ShareUpdateExclusiveLock/, 't'],
    ['alter table if exists only t add column a int', /^AccessExclusiveLock/, 't'],
    ['alter table t validate constraint c', /^ShareUpdateExclusiveLock/, 't'],
    ['alter table t add constraint c foreign key ( a ) references u not valid', /^ShareRowExclusiveLock/, 't'],
    ['drop table if exists t', /^AccessExclusiveLock/, 't'],
    ['insert into t values ( 1 )', /^RowExclusiveLock/, 't'],
    ["select create_hypertable ( 'arxdb.t' , by_range ( 'ts' ) )", /^AccessExclusiveLock/, 'arxdb.t'],
    ['create table t ( a int )', /blocks nobody/, null],
    ['select 1', undefined, null],
  ])('%s', (text, lock, relation) => {
    const found = lockOf(text)
    expect(found.relation).toBe(relation)
    if (lock) expect(found.lock).toMatch(lock)
    else expect(found.lock).toBeNull()
  })
})

it('grants quote odd role names and refuse worse ones', () => {
  expect(grants('Team-')).toContain('to "Team-ingest"')
  expect(() => grants(`x"; drop`)).toThrow(/cannot begin a role's name/)
})
