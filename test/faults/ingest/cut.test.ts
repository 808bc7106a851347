import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bench } from '../../engines/ingest-files.ts'
import { describeTiers } from '../../servers/databases.ts'
import { awkward, FLAGS, SLOWLY } from './awkward-file.ts'
import { committed, forget, type Picture, pictureOf } from './picture.ts'
import { type Ending, type Program, type Running, share } from './program.ts'
import { openScene, type Scene } from './scene.ts'

const FILE = awkward(60_000)
const AGAIN = 'arxdb ingest again'

const COPIES = "state = 'active' and query ilike 'copy%'"
const LOCKS = "application_name = 'arxdb/ingest locks'"

describeTiers('a load whose connections are cut by the server', (tier) => {
  let scene: Scene
  let b: Bench
  let program: Program
  let file: string
  let clean: Picture

  beforeAll(async () => {
    scene = await openScene(tier, 'big.csv', FILE.text)
    ;({ b, program, file, clean } = scene)
  })
  afterAll(() => scene.close())

  const start = (jobs: number, files: readonly string[] = [file]): Running =>
    program.load(b.db.url, { ...FLAGS, files, jobs, again: AGAIN })

  /** Terminates what the condition names, once there is some; returns how many there were. */
  async function terminate(which: string, over: Promise<unknown>): Promise<number> {
    let ended = false
    void over.then(() => {
      ended = true
    })
    while (!ended) {
      const cut = await b.rows<{ cut: boolean }>(
        `select pg_terminate_backend(pid) as cut from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and ${which}`,
      )
      if (cut.length > 0) return cut.length
      await sleep(2)
    }
    return 0
  }

  /** Either it came through, or it says how to go on; then the same command ends it. */
  async function wholeAfter({ code, error }: Ending): Promise<void> {
    if (code !== 0) {
      expect(error).toMatchObject({ code: 'no-connection', hint: expect.stringContaining(AGAIN) })
      await b.load(file, FLAGS)
    }
    expect(await pictureOf(b, file)).toEqual(clean)
  }

  test.each([1, 3])(
    'COPY cut again and again, on %i connections: sent anew, and the load ends by itself',
    async (jobs) => {
      await forget(b, file)
      const running = start(jobs)
      let cut = 0
      for (let times = 0; times < 3; times++) {
        cut += await terminate(COPIES, running.ended)
        await sleep(30)
      }
      expect(cut).toBeGreaterThan(0)
      expect(await running.ended).toMatchObject({ code: 0, error: undefined })
      expect(await pictureOf(b, file)).toEqual(clean)
    },
  )

  test('all of its connections cut at once', async () => {
    await forget(b, file)
    const running = start(2)
    await running.until((step) => share(step) >= 0.4)
    expect(await terminate('true', running.ended)).toBeGreaterThan(2)
    await wholeAfter(await running.ended)
  })

  test('the connection that holds the locks cut, and a second file to load', async () => {
    await forget(b, file)
    const next = b.file('next.csv', '1577836800000,1,1,1,1,1\n1577836860000,1,1,1,1,1\n')
    const running = start(2, [file, next])
    await running.until((step) => share(step) >= 0.3)
    expect(await terminate(LOCKS, running.ended)).toBe(1)
    const { code, error } = await running.ended
    if (code !== 0) {
      expect(error).toMatchObject({ code: 'no-connection', hint: expect.stringContaining(AGAIN) })
      await b.load([file, next], FLAGS)
    }
    expect(await b.rows("select count(*)::int as n from arxdb.candles where timestamp < '2021-01-01'")).toEqual([
      { n: 2 },
    ])
  })

  test('the locks cut, and a second load of the file at once: one of them ends it, the other wrote nothing twice', async () => {
    await forget(b, file)
    // Slow enough to be still at it when the other one has started.
    const first = program.load(b.db.url, { ...FLAGS, files: [file], rateLimit: SLOWLY, again: AGAIN })
    await committed(b, 1, first)
    expect(await terminate(LOCKS, first.ended)).toBe(1)
    const [second] = await b.load(file, FLAGS)
    expect(second!.already_loaded || second!.resumed).toBe(true)
    const { code, error } = await first.ended
    if (code !== 0) expect(error).toMatchObject({ code: 'taken-over' })
    expect(await pictureOf(b, file)).toEqual(clean)
  })
})
