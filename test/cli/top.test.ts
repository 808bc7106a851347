// `arxdb top`: one look in a pipe, and the screen on a pseudo-terminal.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session } from '../health/scene.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { session as arxdb } from './session.ts'

const program = new URL('../../bin/arxdb.js', import.meta.url).pathname
const noPty = spawnSync('script', ['--version']).status !== 0

test('without a terminal it says what there is instead', async () => {
  const ended = await arxdb(['top'], { env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } })
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('arxdb top --once -o json') })
})

describeTiers('top', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
  })
  afterAll(() => database?.drop())

  const look = async (tab: string) => {
    const ended = await arxdb(['top', '--once', '--tab', tab, '--url', database.url, '-o', 'json'])
    expect(ended, ended.stderr).toMatchObject({ code: 0, stderr: expect.stringMatching(/^\d+\/\d+ sessions: /) })
    return JSON.parse(ended.stdout) as Record<string, unknown>[]
  }

  /** A holder of a lock and one who waits for it. */
  async function blocked(body: (pids: { holder: number; waiter: number }) => Promise<void>): Promise<void> {
    const [holder, waiter] = await Promise.all([session(database.url), session(database.url)])
    const pid = async (of: typeof holder) => (await of.query('select pg_backend_pid() as pid')).rows[0].pid as number
    const pids = { holder: await pid(holder), waiter: await pid(waiter) }
    await holder.query('begin; lock table arxdb.candles in access exclusive mode')
    const waiting = waiter.query('select count(*) from arxdb.candles').catch((error: { code: string }) => error.code)
    try {
      for (let i = 0; i < 100; i++) {
        // Said of a session a moment after it is blocked.
        const waits = `select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`
        if ((await holder.query(waits, [pids.waiter])).rows.length > 0) break
        await sleep(50)
      }
      await body(pids)
    } finally {
      await holder.query('rollback')
      await waiting
      await Promise.all([holder.end(), waiter.end()])
    }
  }

  test('activity and locks: who waits for whom, though the table is locked', () =>
    blocked(async ({ holder, waiter }) => {
      const activity = await look('activity')
      expect(activity.find(({ pid }) => pid === waiter)).toMatchObject({ state: 'active', blocked_by: String(holder) })
      const locks = await look('locks')
      const [root, leaf] = [locks.find(({ pid }) => pid === holder), locks.find(({ pid }) => pid === waiter)]
      expect(root).toMatchObject({ depth: 0, waiters: 1, tree: String(holder) })
      expect(leaf).toMatchObject({
        depth: 1,
        relation: 'arxdb.candles',
        mode: 'AccessShareLock',
        tree: `  └ ${waiter}`,
      })
      expect(locks.indexOf(leaf!)).toBeGreaterThan(locks.indexOf(root!))
    }))

  test('chunks and timeline', async () => {
    const chunks = await look('chunks')
    const candles = chunks.find(({ relation }) => relation === 'arxdb.candles')
    expect(candles).toMatchObject({ compressed: 0, map: expect.stringMatching(/^░*$/) })
    await withClient(database.url, (client) =>
      client.query(
        `insert into arxdb.policy_runs (host, began_at, ended_at, error) values ('here', now(), now(), 'no room')`,
      ),
    )
    expect(await look('timeline')).toMatchObject([{ what: 'policy run', outcome: 'failed', detail: 'no room' }])
  })

  test('jobs', async () => {
    const jobs = await look('jobs')
    if (tier.name === 'plain') expect(jobs).toEqual([])
    else expect(jobs.map(({ procedure }) => procedure)).toContain('policy_job_stat_history_retention')
  })

  describe.skipIf(noPty)('on a terminal', () => {
    test(
      'draws, ends the session that is chosen when that is confirmed, and leaves the screen as it was',
      () =>
        blocked(async ({ holder, waiter }) => {
          const command = `stty cols 80 rows 24; exec '${process.execPath}' '${program}' top --tab locks --every 500ms --url '${database.url}'`
          const child = spawn('script', ['-qec', command, '/dev/null'], {
            env: { PATH: process.env.PATH, TERM: 'xterm', FORCE_COLOR: '1', HOME: '/tmp' },
          })
          let drawn = ''
          child.stdout.on('data', (chunk: Buffer) => {
            drawn += chunk.toString()
          })
          const until = async (text: string): Promise<void> => {
            for (let waited = 0; !drawn.includes(text); waited += 50) {
              if (waited > 20_000) throw new Error(`"${text}" is not drawn: ${drawn.slice(-2000)}`)
              await sleep(50)
            }
          }
          await until(`└ ${waiter}`)
          child.stdin.write('\u001b[B')
          await until(`\u001b[7m  └ ${waiter}`)
          child.stdin.write('c')
          await until(`cancel the statement of pid ${waiter}?`)
          child.stdin.write('n')
          await until('nothing was done')
          drawn = ''
          child.stdin.write('c')
          await until(`cancel the statement of pid ${waiter}?`)
          child.stdin.write('y')
          await until(`cancel sent to pid ${waiter}`)
          const { rows } = await withClient(database.url, (client) =>
            client.query('select pg_blocking_pids($1) as by', [waiter]),
          )
          expect(rows[0].by).toEqual([])
          expect(drawn).toContain(String(holder))
          child.stdin.write('q')
          const [code] = await once(child, 'close')
          expect(code).toBe(0)
          expect(drawn.trimEnd().slice(-40)).toContain('\u001b[?1049l')
          // Lines that are wider than the terminal would wrap and smear.
          for (const line of drawn.split('\n')) {
            const text = stripVTControlCharacters(line).replaceAll('\r', '')
            expect([...text].length).toBeLessThanOrEqual(80)
          }
        }),
      60_000,
    )
  })
})
