// A restore whose rows are all there and from which something else is missing, made so by a pg_restore that takes it away:
// a drill fails and names each of them. And what a drill looks like from outside while it is at work.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { majorOf, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { standingAt } from '../harness/faulty.ts'

const own = tiers().some(({ name }) => name !== 'apache')

const SOURCE = `create role reader; create role owner;
  create type mood as enum ('calm', 'wild');
  create table ticks (at timestamptz primary key, price numeric constraint positive check (price > 0), mood mood default 'calm');
  insert into ticks select timestamptz '2026-01-01Z' + i * interval '1 minute', i / 7.0 from generate_series(1, 2000) i;
  create index by_price on ticks (price);
  create sequence numbers; select setval('numbers', 42);
  create function twice(x numeric) returns numeric language sql immutable as 'select 2 * x';
  create function noted() returns trigger language plpgsql as 'begin return new; end';
  create trigger note before update on ticks for each row execute function noted();
  create view dear as select * from ticks where price > 100;
  create table secret (who name); alter table secret enable row level security;
  create policy own on secret to reader using (who = current_user);
  create table given (n int); alter table given owner to owner; grant select on given to reader with grant option;
  grant execute on function twice(numeric) to reader; revoke execute on function noted() from public;
  comment on column ticks.price is 'in dollars'; comment on view dear is 'what is dear';
  alter database postgres set work_mem = '7MB'`
const LARGE = `select lo_from_bytea(0, 'large'); create rule no as on delete to given do instead nothing`

/** What a restore might leave out or make otherwise, and how the drill has to tell it. */
const LACKING: readonly (readonly [sql: string, told: RegExp])[] = [
  [
    'drop index by_price; create index by_mood on ticks (mood)',
    /index is missing: public\.ticks: CREATE INDEX by_price/,
  ],
  [
    'alter table ticks drop constraint positive; alter table ticks add constraint positive check (price > -1)',
    /constraint or column is missing: public\.ticks: positive CHECK \(\(price > \(0\)/,
  ],
  [
    'alter table ticks alter mood drop default',
    /constraint or column is missing: public\.ticks\.mood: public\.mood 'calm'/,
  ],
  ['alter table ticks disable trigger note', /trigger is missing: public\.ticks: CREATE TRIGGER note/],
  ['drop view dear; create view dear as select * from ticks', /view is missing: public\.dear/],
  [
    `create or replace function twice(x numeric) returns numeric language sql immutable as 'select 3 * x'`,
    /function is missing: public\.twice/,
  ],
  [`select setval('numbers', 7)`, /sequence public\.numbers stood at 42, restored at 7/],
  ['alter table given owner to postgres', /owner or grant is missing: table public\.given is owned by owner/],
  [
    'revoke grant option for select on given from reader cascade',
    /owner or grant is missing: table public\.given: select to reader with grant option/,
  ],
  [
    'revoke execute on function twice(numeric) from reader',
    /owner or grant is missing: function public\.twice\(numeric\): execute to reader/,
  ],
  [
    'grant execute on function noted() to public',
    /owner or grant was not there before: function public\.noted\(\): execute to public/,
  ],
  ['comment on column ticks.price is null', /object is missing: comment on table column public\.ticks\.price/],
  ['alter table secret disable row level security', /object is missing: public\.secret has row security/],
  ['drop policy own on secret', /object is missing: policy own on public\.secret/],
  [`alter type mood add value 'mad'`, /object is missing: type public\.mood: 'calm', 'wild'/],
  ['drop rule no on given', /object is missing: rule no on public\.given/],
  ['select lo_unlink(oid) from pg_largeobject_metadata', /count is missing: 1 large objects/],
]

describe.skipIf(!own)('a drill', () => {
  let scene: PhysicalScene
  let real: string
  const labels: Record<string, string> = {}

  const arxdb = (args: readonly string[], bindir = real, env = {}): Promise<Outcome> =>
    runBeside('plain', [...args, ...where(bindir)], scene.folder, { env })
  const where = (bindir: string) => [
    ...['--repo', scene.settings.repo, '--key-file', scene.settings.keyFile, '--staging', staging()],
    ...['--bindir', bindir, '-o', 'json'],
  ]
  const staging = () => join(scene.folder, 'staging', 'drills')

  beforeAll(async () => {
    real = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir: real, major: majorOf(real), tier: 'plain' })
    mkdirSync(staging(), { recursive: true })
    await scene.client.query(SOURCE)
    const { host } = scene.production.connection('postgres')
    const url = `postgres://postgres@/postgres?host=${encodeURIComponent(host)}&port=5432`
    for (const kind of ['copy', 'dump']) {
      if (kind === 'dump') await scene.client.query(LARGE)
      const made = await arxdb(['backup', 'run', '--kind', kind, '--url', url])
      expect(made, made.stderr).toMatchObject({ code: 0 })
      labels[kind] = JSON.parse(made.stdout)[0].label
    }
    labels.base = (await scene.backup(baseMethod, 'base')).label
    await scene.archived()
  }, 120_000)
  afterAll(() => scene?.end())

  /** The real programs, but a pg_restore that does something to the database when all of it is there. */
  function lacking(name: string, sql: string): string {
    const folder = join(scene.folder, `bin-${name}`)
    mkdirSync(folder)
    for (const program of readdirSync(real)) {
      if (program !== 'pg_restore') symlinkSync(join(real, program), join(folder, program))
    }
    const file = join(folder, 'away.sql')
    writeFileSync(file, sql)
    writeFileSync(
      join(folder, 'pg_restore'),
      `#!/bin/bash
"${real}/pg_restore" "$@"; rc=$?
case "$*" in *post-data*)
  for a in "$@"; do case $a in --dbname=*) d="\${a#--dbname=}";; esac; done
  "${real}/psql" -q -X -v ON_ERROR_STOP=1 -d "$d" -f "${file}" >&2 || exit 9;;
esac
exit $rc
`,
    )
    chmodSync(join(folder, 'pg_restore'), 0o755)
    return folder
  }

  test.each(['copy', 'dump', 'base'])(
    '53: passes a %s that came back whole, owners, grants and settings too',
    async (kind) => {
      const done = await arxdb(['backup', 'drill', labels[kind]!])
      expect(done, done.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(done.stdout)).toMatchObject([{ passed: true, level: 5, problems: null }])
      expect(readdirSync(staging())).toEqual([])
    },
  )

  test('53: fails for each thing that is missing or another, and names it', async () => {
    const bindir = lacking('all', LACKING.map(([sql]) => `${sql};\n`).join(''))
    const done = await arxdb(['backup', 'drill', labels.dump!], bindir)
    expect(done, done.stderr).toMatchObject({ code: 3 })
    const [row] = JSON.parse(done.stdout) as { passed: boolean; level: number; problems: string }[]
    expect(row!.passed).toBe(false)
    for (const [, told] of LACKING) expect(row!.problems).toMatch(told)
    const list = ['backup', 'list', ...where(real).slice(0, 4), '-o', 'json']
    const listed = await runBeside('plain', list, scene.folder)
    const entry = JSON.parse(listed.stdout).find(({ label }: { label: string }) => label === labels.dump)
    expect(entry.proven_level).not.toBe(5)
  })

  test.each([
    ['an index', 'drop index by_price', /indexes/],
    ['a constraint', 'alter table ticks drop constraint positive', /constraints/],
    ['a trigger', 'drop trigger note on ticks', /triggers/],
    ['a table', 'drop table given cascade', /given/],
  ])('53: fails where %s is fewer', async (what, sql, told) => {
    const done = await arxdb(['backup', 'drill', labels.dump!], lacking(what.replace(' ', '-'), sql))
    expect(done, done.stderr).toMatchObject({ code: 3 })
    const [row] = JSON.parse(done.stdout)
    expect([row.passed, row.problems]).toEqual([false, expect.stringMatching(told)])
  })

  /** Every process whose command line names the folder of a server of that arxdb's. */
  function serversOf(arx: number): { pids: readonly number[]; folder: string } {
    const owned = (name: string): boolean => {
      try {
        return JSON.parse(readFileSync(`/tmp/${name}/owner.json`, 'utf8')).arxdb.pid === arx
      } catch {
        return false
      }
    }
    const folder = `/tmp/${readdirSync('/tmp').find((name) => name.startsWith('arxdb-i-') && owned(name))}`
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const of = (pid: string, file: string): string => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8')
      } catch {
        return ''
      }
    }
    const postmaster = all.find((pid) => of(pid, 'cmdline').includes(`unix_socket_directories=${folder}`))!
    const children = all.filter((pid) => of(pid, 'stat').split(') ').at(-1)?.split(' ')[1] === postmaster)
    return { pids: [postmaster, ...children].map(Number), folder }
  }

  /** Inodes of the sockets that a process holds. */
  const socketsOf = (pid: number): readonly string[] => {
    try {
      return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []
        return inode ? [inode] : []
      })
    } catch {
      return []
    }
  }
  const onNetwork = (): ReadonlySet<string> =>
    new Set(
      ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((name) =>
        existsSync(`/proc/net/${name}`)
          ? readFileSync(`/proc/net/${name}`, 'utf8')
              .split('\n')
              .slice(1)
              .map((line) => line.trim().split(/\s+/)[9]!)
          : [],
      ),
    )

  test.skipIf(process.platform !== 'linux').each([
    ['copy', 'filled'],
    ['dump', 'filled'],
    ['base', 'promoted'],
  ])(
    '54: of a %s is on no network, has no credentials, and is cleared away by the next one when it is killed',
    async (kind, at) => {
      const env = { PGPASSWORD: 'hunter2', AWS_SECRET_ACCESS_KEY: 'hunter2' }
      const words = ['backup', 'drill', labels[kind]!, ...where(real)]
      const standing = await standingAt({ tier: 'plain', home: scene.folder, env }, words, at)
      const { pids, folder } = serversOf(standing.child.pid!)
      try {
        expect(pids.length).toBeGreaterThan(1)
        const network = onNetwork()
        const open = pids.flatMap(socketsOf)
        expect(open.length).toBeGreaterThan(0)
        expect(open.filter((inode) => network.has(inode))).toEqual([])
        for (const pid of pids.slice(0, 1))
          expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('hunter2')
        const key = /AGE-SECRET-KEY-\w+/.exec(readFileSync(scene.settings.keyFile, 'utf8'))?.[0]
        expect(key).toBeTruthy()
        const [drill] = readdirSync(staging())
        for (const root of [folder, join(staging(), drill!)]) {
          const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
          const texts = files
            .filter((one) => !/^\d+|^pg_|^[0-9A-F]{24}/.test(one.name))
            .map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'))
          expect(texts.some((text) => text.includes('hunter2') || text.includes(key!))).toBe(false)
        }
        expect(readFileSync(join(folder, 'pg_hba.conf'), 'utf8')).toBe('local all all trust\n')
      } finally {
        await standing.kill()
      }
      const next = await arxdb(['backup', 'drill', labels[kind]!])
      expect(next, next.stderr).toMatchObject({ code: 0 })
      expect([readdirSync(staging()), existsSync(folder)]).toEqual([[], false])
      expect(
        pids.filter(
          (pid) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder),
        ),
      ).toEqual([])
    },
  )
})
