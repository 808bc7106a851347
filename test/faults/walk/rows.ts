// The rows that have to be there, kept apart from any database: what the walk wrote, as text, line by line.
import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { Random } from './random.ts'

/** `t 17` or `l 4` to the whole line of that row. Never changed: each change makes a new one. */
export type Rows = ReadonlyMap<string, string>

export const DIGEST_OF = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex')

export const linesOf = (rows: Rows): readonly string[] => [...rows.values()].sort()

/** What is wrong with these lines, in a few words; undefined when they are the very same. */
export function difference(expected: Rows, found: readonly string[]): string | undefined {
  const wanted = linesOf(expected)
  if (DIGEST_OF(wanted) === DIGEST_OF(found)) return undefined
  const [has, wants] = [new Set(found), new Set(wanted)]
  const lost = wanted.filter((line) => !has.has(line))
  const extra = found.filter((line) => !wants.has(line))
  const first = (list: readonly string[]): string => (list.length > 0 ? `, such as ${JSON.stringify(list[0])}` : '')
  return `${wanted.length} rows expected, ${found.length} found; ${lost.length} lost${first(lost)}; ${extra.length} that should not be there${first(extra)}`
}

const TEXT = ['', 'BTC', "O'Hara", 'tab\there', 'back\\slash', 'two\nlines', '価格', '\\N', '"quoted"', null]

/** Tables as analysts have them: one by time, one by a sequence. */
export async function makeTables(client: pg.Client, timescaledb: boolean): Promise<void> {
  const ticks = 'create table ticks (at timestamptz not null, id bigint not null, price numeric not null, note text)'
  if (timescaledb) {
    await client.query('create extension if not exists timescaledb')
    await client.query(ticks)
    await client.query("select create_hypertable('ticks', 'at', chunk_time_interval => interval '30 days')")
  } else {
    await client.query(`${ticks} partition by range (at)`)
    for (let month = 1; month <= 12; month++) {
      const from = `2026-${String(month).padStart(2, '0')}-01Z`
      const to = month === 12 ? '2027-01-01Z' : `2026-${String(month + 1).padStart(2, '0')}-01Z`
      await client.query(`create table ticks_${month} partition of ticks for values from ('${from}') to ('${to}')`)
    }
  }
  await client.query('create index on ticks (id)')
  await client.query(
    'create table ledger (id bigserial primary key, amount numeric not null check (amount > 0), note text)',
  )
}

const tick = (id: number, at: Date, price: string, note: string | null): string =>
  JSON.stringify(['t', id, at.toISOString(), price, note])
const entry = (id: number, amount: string, note: string | null): string => JSON.stringify(['l', id, amount, note])

/** Writes rows in one transaction and gives what is there afterwards. */
export async function load(client: pg.Client, rows: Rows, dice: Random): Promise<Rows> {
  const next = new Map(rows)
  const first =
    1 + Math.max(0, ...[...rows.keys()].filter((key) => key.startsWith('t')).map((key) => Number(key.slice(2))))
  const count = 1 + dice.below(60)
  await client.query('begin')
  for (let id = first; id < first + count; id++) {
    const at = new Date(Date.UTC(2026, 0, 1) + dice.below(360 * 86_400) * 1000 + dice.below(1000))
    const price = `${dice.below(100_000)}.${String(dice.below(1_000_000)).padStart(6, '0')}`
    const note = dice.pick(TEXT)
    await client.query('insert into ticks values ($1, $2, $3, $4)', [at.toISOString(), id, price, note])
    next.set(`t ${id}`, tick(id, at, price, note))
  }
  for (let more = dice.below(4); more > 0; more--) {
    const [amount, note] = [`${1 + dice.below(1_000_000)}.${String(dice.below(100)).padStart(2, '0')}`, dice.pick(TEXT)]
    const sql = 'insert into ledger (amount, note) values ($1, $2) returning id'
    const id = Number((await client.query(sql, [amount, note])).rows[0].id)
    next.set(`l ${id}`, entry(id, amount, note))
  }
  await client.query('commit')
  return next
}

/** Changes some rows and deletes some, in one transaction. */
export async function revise(client: pg.Client, rows: Rows, dice: Random): Promise<Rows> {
  const next = new Map(rows)
  const keys = [...rows.keys()]
  await client.query('begin')
  for (let more = Math.min(keys.length, 1 + dice.below(12)); more > 0; more--) {
    const key = dice.pick(keys)
    const line = next.get(key)
    if (line === undefined) continue
    const values = JSON.parse(line) as [string, number, ...(string | null)[]]
    const [table, id] = values
    if (dice.chance(0.4)) {
      await client.query(`delete from ${table === 't' ? 'ticks' : 'ledger'} where id = $1`, [id])
      next.delete(key)
    } else {
      const note = dice.pick(TEXT)
      await client.query(`update ${table === 't' ? 'ticks' : 'ledger'} set note = $2 where id = $1`, [id, note])
      next.set(key, JSON.stringify([...values.slice(0, -1), note]))
    }
  }
  await client.query('commit')
  return next
}

/** The lines of a database, as the model writes them, in their order. */
export async function contentOf(client: pg.Client): Promise<readonly string[]> {
  const ticks = await client.query('select id::int, at, price::text, note from ticks')
  const ledger = await client.query('select id::int, amount::text, note from ledger')
  return [
    ...ticks.rows.map(({ id, at, price, note }) => tick(id, at, price, note)),
    ...ledger.rows.map(({ id, amount, note }) => entry(id, amount, note)),
  ].sort()
}

/** A sequence that came back too low would hand out numbers again: refused by the primary key. */
export const canGoOn = (client: pg.Client): Promise<unknown> =>
  client.query('begin; insert into ledger (amount) values (1); rollback')
