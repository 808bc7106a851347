import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bench } from '../../engines/ingest-files.ts'
import { connectionOf } from '../../servers/connection.ts'
import { describeTiers } from '../../servers/databases.ts'
import { awkward, FLAGS } from './awkward-file.ts'
import { forget, type Picture, pictureOf } from './picture.ts'
import type { Program } from './program.ts'
import { openProxy, type Watcher } from './proxy.ts'
import { openScene, type Scene } from './scene.ts'

const FILE = awkward(60_000)
const BOOKING = 'insert into arxdb.import_batches'

describeTiers('a commit of which nobody hears', (tier) => {
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

  test.each([1, 3])(
    'the network goes between a commit and its answer, on %i connections: no batch twice',
    async (jobs) => {
      await forget(b, file)
      let commits = 0
      let cuts = 0
      const watch = (): Watcher => {
        let books = false
        return {
          sent(bytes) {
            books ||= bytes.includes(BOOKING)
            return false
          },
          answered(bytes) {
            if (!books || !bytes.includes('COMMIT\0')) return false
            books = false
            // The first one and every other: what is sent anew has to come through some time.
            if (commits++ % 2 === 1) return false
            cuts++
            return true
          },
        }
      }
      const proxy = await openProxy(b.db.url, watch)
      try {
        const [report] = await b.load(file, { ...FLAGS, jobs, connection: connectionOf(proxy.url) })
        expect(cuts).toBeGreaterThan(0)
        expect(report).toMatchObject({ inserted: clean.rows, rejected: FILE.bad })
        expect(await pictureOf(b, file)).toEqual(clean)
      } finally {
        await proxy.close()
      }
    },
  )

  test('killed while the server still commits: the next run waits for it, and does not load the batch again', async () => {
    await forget(b, file)
    // As a slow disk or a slow replica would: the second batch's commit takes its time.
    await b.client.query(`
      create function slow_commit() returns trigger language plpgsql as $$
      begin
        if (select count(*) from arxdb.import_batches where import_id = new.import_id) = 2 then perform pg_sleep(1.5); end if;
        return null;
      end $$;
      create constraint trigger slow_commit after insert on arxdb.import_batches deferrable initially deferred
        for each row execute function slow_commit()`)
    try {
      const running = program.load(b.db.url, { ...FLAGS, files: [file], jobs: 2 })
      while (!(await commits())) await sleep(10)
      running.child.kill('SIGKILL')
      await running.ended
      const [report] = await b.load(file, FLAGS)
      expect(report).toMatchObject({ resumed: true, inserted: clean.rows })
      expect(await pictureOf(b, file)).toEqual(clean)
    } finally {
      await b.client.query('drop trigger slow_commit on arxdb.import_batches; drop function slow_commit()')
    }
  })

  const commits = async (): Promise<boolean> =>
    (await b.rows("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"))
      .length > 0
})
