// Who waits for whom, on real sessions that wait, through the program itself.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type LockRow, tree } from '../../src/core/locks.ts'
import { arxdb } from '../e2e/spawn.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import type { OwnServer } from '../servers/server.ts'
import { ownServer } from './own-server.ts'
import { session } from './scene.ts'

interface Answer {
  /** Of this database's sessions, and of transactions without one: other tests wait on the same server. */
  readonly rows: readonly LockRow[]
  /** Other databases' sessions wait as well. */
  readonly crowded: boolean
  readonly stderr: string
}

async function asked(url: string): Promise<Answer> {
  const { code, stdout, stderr } = await arxdb(['locks', '--json'], { ARXDB_URL: url })
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  const all = JSON.parse(stdout) as readonly LockRow[]
  const others = await withClient(url, async (client) => {
    const theirs = 'select pid from pg_stat_activity where datname is distinct from current_database()'
    return (await client.query(theirs)).rows.map(({ pid }) => pid as number)
  })
  const rows = all.filter(({ pid }) => pid === null || !others.includes(pid))
  return { rows, crowded: rows.length < all.length, stderr }
}

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query('select pg_backend_pid() as pid')).rows[0].pid

/** Until so many sessions of this database wait for locks. */
async function waiting(url: string, many: number): Promise<void> {
  await withClient(url, async (client) => {
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
      const { rows } = await client.query(
        `select count(*)::int as n from pg_locks l join pg_stat_activity a using (pid)
           where not l.granted and l.waitstart is not null and a.datname = current_database()`,
      )
      if (rows[0].n >= many) return
    }
    throw new Error(`never ${many} waiting`)
  })
}

const opened: pg.Client[] = []
const open = async (url: string): Promise<pg.Client> => {
  const client = await session(url)
  opened.push(client)
  return client
}
const closeAll = async (url: string): Promise<void> => {
  await withClient(url, (client) =>
    client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`),
  )
  for (const client of opened.splice(0)) await client.end().catch(() => {})
}

describeTiers('locks', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, (client) =>
      client.query(`
        select arxdb.ensure_partitions('candles', '2025-01-01Z', '2025-01-02Z');
        insert into arxdb.candles (market_id, timestamp, open, high, low, close) values (1, '2025-01-01Z', 1, 1, 1, 1);
        create table public.rows (id int primary key, n int);
        insert into public.rows values (1, 0)`),
    )
  })
  afterEach(() => closeAll(database.url))
  afterAll(() => database?.drop())

  test('nobody waits', async () => {
    const { rows, stderr, crowded } = await asked(database.url)
    expect(rows).toEqual([])
    if (!crowded) expect(stderr).toContain('nobody waits for a lock')
  })

  test('a locked chunk: shown with the table it is part of, and nothing that is locked is touched', async () => {
    const [blocker, waiter] = [await open(database.url), await open(database.url)]
    const { rows: parts } = await blocker.query('select distinct tableoid::regclass::text as part from arxdb.candles')
    const part = parts[0].part as string
    await blocker.query(
      `begin; lock table ${part} in access exclusive mode; lock table arxdb.schema_tier, arxdb.markets, pg_catalog.pg_depend`,
    )
    const stuck = waiter.query('select count(*) from arxdb.candles').catch(() => {})
    await waiting(database.url, 1)
    const began = performance.now()
    const { rows, stderr } = await asked(database.url)
    expect(performance.now() - began).toBeLessThan(4_000)
    const [holder, waits] = [await pidOf(blocker), rows[1]!.pid]
    expect(rows).toMatchObject([
      {
        ...{
          session: String(holder),
          pid: holder,
          depth: 0,
          relation: 'arxdb.candles',
          part,
          blocks: 1,
          blocked_by: null,
        },
        ...{ holds: 'AccessExclusiveLock', wants: null, waits: null, state: 'idle in transaction' },
        try: `select pg_terminate_backend(${holder})`,
      },
      {
        ...{ session: `└ ${waits}`, depth: 1, relation: 'arxdb.candles', part, blocks: 0, blocked_by: String(holder) },
        ...{ holds: null, wants: 'AccessShareLock', lock_type: 'relation', state: 'active', try: null },
        query: 'select count(*) from arxdb.candles',
      },
    ])
    expect(rows[1]!.waits).toBeGreaterThan(0)
    expect(stderr).toMatch(/^warning: \d+ sessions? waiting behind \d+, the longest for \d+ \w+$/m)
    // What it said to type ends it.
    await withClient(database.url, (client) => client.query(rows[0]!.try!))
    await stuck
    expect((await asked(database.url)).rows).toEqual([])
  })

  test('a row: the second in the queue waits for the first, and all for one', async () => {
    const clients = [await open(database.url), await open(database.url), await open(database.url)] as const
    await clients[0].query('begin; update public.rows set n = 1')
    const pids = await Promise.all(clients.map(pidOf))
    const stuck: Promise<unknown>[] = []
    for (const [i, client] of clients.slice(1).entries()) {
      stuck.push(client.query(`update public.rows set n = ${i + 2}`).catch(() => {}))
      await waiting(database.url, i + 1)
    }
    const { rows } = await asked(database.url)
    expect(rows.map(({ session, depth, blocks, relation }) => ({ session, depth, blocks, relation }))).toEqual([
      { session: `${pids[0]}`, depth: 0, blocks: 2, relation: 'public.rows' },
      { session: `└ ${pids[1]}`, depth: 1, blocks: 1, relation: 'public.rows' },
      { session: `  └ ${pids[2]}`, depth: 2, blocks: 0, relation: 'public.rows' },
    ])
    await clients[0].query('rollback')
    await Promise.all(stuck)
    expect((await asked(database.url)).rows).toEqual([])
  })

  test('a statement of a megabyte with line ends and escapes stays one short line', async () => {
    const [blocker, waiter] = [await open(database.url), await open(database.url)]
    await blocker.query('begin; lock table public.rows')
    const stuck = waiter
      .query(`select n, '\u001b[31mred\u0007' /* |\\\n\tno table\n */ from public.rows -- ${'x'.repeat(1 << 20)}`)
      .catch(() => {})
    await waiting(database.url, 1)
    const { rows } = await asked(database.url)
    expect(rows[1]!.query).toMatch(/^select n, ' \[31mred '/)
    expect(rows[1]!.query).not.toMatch(/\p{Cc}/u)
    expect(rows[1]!.query!.length).toBeLessThanOrEqual(200)
    await blocker.query('rollback')
    await stuck
  })

  test("a role that sees nobody's statements still sees who waits, and is told", async () => {
    const role = `locks_${tier.name}`
    await withClient(database.url, (client) => client.query(`create role ${role} login`))
    try {
      const [blocker, waiter] = [await open(database.url), await open(database.url)]
      await blocker.query('begin; lock table public.rows')
      const stuck = waiter.query('select * from public.rows').catch(() => {})
      await waiting(database.url, 1)
      const { rows, stderr } = await asked(database.url.replace('postgres@', `${role}@`))
      expect(rows).toMatchObject([
        { relation: 'public.rows', blocks: 1 },
        { depth: 1, wants: 'AccessShareLock' },
      ])
      expect(stderr).toContain('grant pg_monitor')
      await blocker.query('rollback')
      await stuck
    } finally {
      await withClient(database.url, (client) => client.query(`drop role ${role}`))
    }
  })

  test('--sql is what runs, --explain its plan', async () => {
    const sql = await arxdb(['locks', '--sql'], { ARXDB_URL: database.url })
    expect(sql).toMatchObject({ code: 0 })
    await withClient(database.url, (client) => client.query(sql.stdout))
    expect((await arxdb(['locks', '--explain'], { ARXDB_URL: database.url })).stdout).toContain('Execution Time')
  })
})

describe('a prepared transaction', () => {
  let server: OwnServer
  beforeAll(async () => {
    server = await ownServer('plain', [], ['max_prepared_transactions=4'])
  }, 60_000)
  afterAll(() => server?.stop())

  test('is in the way without a session, and is told by its name', async () => {
    await withClient(server.url, async (client) => {
      await client.query('create table t (i int); insert into t values (1)')
      await client.query(`begin; update t set i = 2; prepare transaction 'it''s mine'`)
    })
    const waiter = await open(server.url)
    const stuck = waiter.query('update t set i = 3').catch(() => {})
    await waiting(server.url, 1)
    const { rows } = await asked(server.url)
    expect(rows).toMatchObject([
      {
        session: `prepared it's mine`,
        pid: null,
        state: 'prepared',
        relation: 'public.t',
        blocks: 1,
        try: `rollback prepared 'it''s mine'`,
      },
      { depth: 1, blocked_by: `prepared it's mine`, lock_type: 'transactionid', relation: 'public.t' },
    ])
    await withClient(server.url, (client) => client.query(rows[0]!.try!))
    await stuck
    expect((await asked(server.url)).rows).toEqual([])
    await closeAll(server.url)
  })
})

test('those that wait for each other are shown all the same, each once', () => {
  const one = (pid: number, ...blocked_by: number[]) => ({
    ...{
      pid,
      blocked_by,
      wants: 'ShareLock',
      holds: 'ExclusiveLock',
      lock_type: 'transactionid',
      relation: null,
      part: null,
    },
    ...{
      waits: pid,
      transaction: 9,
      state: 'active',
      kind: 'client backend',
      role_name: 'r',
      application: '',
      database: 'd',
    },
    ...{ prepared: null, query: 'q', waiting: 3 },
  })
  expect(tree([one(1, 2), one(2, 1), one(3, 1, 2)]).map(({ session, blocks }) => [session, blocks])).toEqual([
    ['2', 2],
    ['└ 3', 0],
    ['└ 1', 2],
  ])
})
