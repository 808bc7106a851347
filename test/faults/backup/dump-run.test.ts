// `backup run --kind dump` with a pg_dump that is missing, old, killed or talkative, beside others who drop and truncate,
// and on a server whose lock table is too small.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { programsOf } from '../../../src/backup/programs.ts'
import { ownServer } from '../../health/own-server.ts'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../../servers/databases.ts'
import { type Desk, deskOf, toldError } from './desk.ts'

const plain = tiers().find(({ name }) => name === 'plain')

describe.skipIf(!plain)('a dump by the command line', () => {
  let database: TestDatabase
  let desk: Desk
  let real: ReturnType<typeof programsOf>
  /** How many backups there are. */
  let good = 0
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    await withClient(database.url, async (client) => {
      await client.query(`create table public.noise as select i, md5(random()::text) || md5(random()::text) as t
        from generate_series(1, 300000) i`)
      await client.query(`create table public.parts (i int) partition by range (i);
        create table public.part_1 partition of public.parts for values from (0) to (10);
        create table public.part_2 partition of public.parts for values from (10) to (20);
        insert into public.parts select generate_series(0, 19)`)
      const { rows } = await client.query("select current_setting('server_version_num')::int / 10000 as major")
      real = programsOf(rows[0].major, undefined, process.env)
    })
    desk = deskOf(database, { kind: 'dump' })
    await well()
  }, 120_000)
  afterAll(async () => {
    desk?.end()
    await database?.drop()
  })

  async function well(more: readonly string[] = []) {
    const ran = await desk.run(['-o', 'json', ...more])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    good++
    return ran
  }

  /** A folder of client programs, in which pg_dump is a script; `$REAL` is the one that it stands for. */
  function shim(script: string): readonly string[] {
    const bindir = mkdtempSync(join(desk.home, 'bin-'))
    const version = '[ "$1" = --version ] && exec "$REAL" "$@"\n'
    const files = {
      pg_dump: `REAL=${real.need('pg_dump')}\n${script.includes('--version') ? '' : version}${script}\n`,
      pg_restore: `exec ${real.need('pg_restore')} "$@"\n`,
    }
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(bindir, name), `#!/bin/bash\n${text}`)
      chmodSync(join(bindir, name), 0o755)
    }
    return ['--bindir', bindir]
  }

  /** Fails with that code and exit; nothing of it is listed, and it is on record. */
  async function fails(more: readonly string[], error: { readonly code: string; readonly exit: number }) {
    const ran = await desk.run(['-o', 'json', ...more])
    expect(ran, ran.stderr).toMatchObject({ code: error.exit, stdout: '' })
    expect(toldError(ran)).toMatchObject(error)
    expect((await desk.list()).map(({ status }) => status)).toEqual(Array.from({ length: good }, () => 'good'))
    expect((await desk.records())[0]).toMatchObject({ job: 'run', outcome: 'failed', label: null })
    return toldError(ran)
  }

  test('1: without pg_dump, and with an older one, it is refused with 5 before anything is written', async () => {
    const empty = mkdtempSync(join(desk.home, 'empty-'))
    const missing = await fails(['--bindir', empty], { code: 'program-missing', exit: 5 })
    expect(missing.hint).toMatch(/apt install .*--bindir/)
    const old = await fails(shim('[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 14.9"'), {
      ...{ code: 'program-old', exit: 5 },
    })
    expect(old.message).toMatch(/PostgreSQL 14, and the server is/)
  }, 120_000)

  test('2: pg_dump killed in the middle of the rows: failed, and the backup before is as it was', async () => {
    const sign = join(desk.home, 'killed-at')
    const script = `f=$(for a in "$@"; do case $a in --file=*) echo "\${a#--file=}";; esac; done)
      "$REAL" "$@" & p=$!
      until [ "$(stat -c %s "$f" 2>/dev/null || echo 0)" -gt 1000000 ]; do sleep 0.01; done
      kill -9 $p; stat -c %s "$f" >${sign}; wait $p; kill -9 $$`
    const error = await fails(shim(script), { code: 'dump-failed', exit: 1 })
    expect(error.detail).toMatch(/killed/)
    expect(Number(readFileSync(sign, 'utf8'))).toBeGreaterThan(1_000_000)
    const checked = await desk.backup('verify', '--all')
    expect(checked, checked.stderr).toMatchObject({ code: 0 })
  }, 120_000)

  test('10: a table that is dropped while its lock is waited for has the list read anew', async () => {
    for (const kind of ['dump', 'copy']) {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      try {
        await client.query('create table public.passing (i int)')
        await client.query('begin; drop table public.passing')
        const running = desk.run(['-o', 'json', '--kind', kind])
        const waiting = `select from pg_locks l join pg_stat_activity a using (pid)
          where not l.granted and a.datname = current_database()`
        for (let waited = 0; ; waited += 50) {
          if ((await client.query(waiting)).rowCount) break
          if (waited > 30_000) throw new Error('nobody waits for the table')
          await sleep(50)
        }
        await client.query('commit')
        const ran = await running
        expect(ran, ran.stderr).toMatchObject({ code: 0 })
        good++
      } finally {
        await client.end()
      }
    }
    expect(await desk.list()).toHaveLength(good)
  }, 120_000)

  test('10: partitions that are to be dropped, truncated or altered meanwhile wait for the dump', async () => {
    const [sign, gate] = [join(desk.home, 'dumps'), join(desk.home, 'go')]
    const running = desk.run([
      ...['-o', 'json'],
      ...shim(`touch ${sign}; until [ -e ${gate} ]; do sleep 0.05; done; exec "$REAL" "$@"`),
    ])
    for (let waited = 0; !existsSync(sign); waited += 50) {
      if (waited > 30_000) throw new Error('pg_dump is not begun')
      await sleep(50)
    }
    await withClient(database.url, async (client) => {
      await client.query("set lock_timeout = '300ms'")
      for (const ddl of [
        'drop table public.part_1',
        'truncate public.part_2',
        'alter table public.parts add column j int',
        'alter table public.parts detach partition public.part_1',
      ]) {
        await expect(client.query(ddl), ddl).rejects.toMatchObject({ code: '55P03' })
      }
    })
    writeFileSync(gate, '')
    const ran = await running
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    good++
    const listed = execFileSync(real.need('pg_restore'), [
      ...['-f', '-', '--data-only', '--table=part_1', '--table=part_2'],
      join(desk.repo, 'backups', JSON.parse(ran.stdout)[0].label, 'dump.pgdump'),
    ]).toString()
    expect(listed.match(/^\d+$/gm)).toHaveLength(20)
  }, 120_000)

  test('10: a lock that is never to be had ends it after three tries', async () => {
    const tries = join(desk.home, 'tries')
    const script = `echo try >>${tries}; echo "pg_dump: error: query failed: ERROR:  canceling statement due to lock timeout" >&2; exit 1`
    const error = await fails(shim(script), { code: 'dump-failed', exit: 1 })
    expect(error.detail).toContain('lock timeout')
    expect(readFileSync(tries, 'utf8').trim().split('\n')).toHaveLength(3)
  }, 120_000)

  test('13: what pg_dump says and nobody knows is told and kept; what is known to be harmless is not', async () => {
    const script = `cat >&2 <<'SAID'
pg_dump: warning: there are circular foreign-key constraints on this table:
pg_dump: detail: continuous_agg
pg_dump: hint: You might not be able to restore the dump without using --disable-triggers or temporarily dropping the constraints.
pg_dump: hint: Consider using a full dump instead of a --data-only dump to avoid this problem.
pg_dump: warning: the moon is full
SAID
exec "$REAL" "$@"`
    const ran = await well(shim(script))
    expect(ran.stderr).toContain('the moon is full')
    expect(ran.stderr).not.toMatch(/circular|continuous_agg/)
    const [{ label }] = JSON.parse(ran.stdout)
    const { manifest } = JSON.parse(readFileSync(join(desk.repo, 'backups', label, 'manifest.json'), 'utf8'))
    expect(manifest.warnings).toEqual(['pg_dump: warning: the moon is full'])
    expect((await desk.backup('show', label)).stdout).toContain('the moon is full')
  }, 120_000)

  test('2, 10: after all of that the next run is well, and all there is verifies', async () => {
    expect(await desk.recovers()).toBe(good + 1)
  }, 120_000)
})

describe.skipIf(!plain)('11: a lock table that is too small', () => {
  test('11: is refused with the number that is needed, which is enough', async () => {
    const few = await ownServer('plain', [], ['max_locks_per_transaction=10', 'max_connections=25'])
    const desk = deskOf({ url: few.url })
    try {
      await withClient(few.url, async (client) => {
        for (let from = 0; from < 2_000; from += 50) {
          await client.query(
            `do $$ begin for i in ${from}..${from + 49} loop execute format('create table t%s (i int)', i); end loop; end $$`,
          )
        }
      })
      for (const kind of ['dump', 'copy']) {
        const ran = await desk.run(['-o', 'json', '--kind', kind])
        expect(ran, ran.stderr).toMatchObject({ code: 6, stdout: '' })
        const error = toldError(ran)
        expect(error).toMatchObject({
          code: 'lock-table',
          detail: expect.stringContaining('max_locks_per_transaction = 10'),
        })
        expect(error.message).toMatch(/2\d{3} relations are to be locked, and there is room for 250/)
        const wanted = Number(/max_locks_per_transaction = (\d+)/.exec(error.hint!)?.[1])
        expect(wanted * 25).toBeGreaterThan(2_000)
        expect(wanted).toBeLessThan(200)
        expect(await desk.list()).toEqual([])
        expect((await desk.records())[0]).toMatchObject({ outcome: 'failed' })
      }
      // The trap is real.
      const { rows } = await withClient(few.url, (client) => client.query('show server_version_num'))
      const major = Math.floor(Number(rows[0].server_version_num) / 10_000)
      const dump = programsOf(major, undefined, process.env).need('pg_dump')
      expect(() => execFileSync(dump, ['--schema-only', '--file=/dev/null', few.url], { stdio: 'pipe' })).toThrow(
        /out of shared memory/,
      )
    } finally {
      few.stop()
      desk.end()
    }
  }, 120_000)
})
