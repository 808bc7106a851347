// A server that archives into a repository by `arxdb wal push`, and health that believes the repository only.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { archiveCommand } from '../../../src/backup/wal/setup.ts'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { arxdb as run } from '../../e2e/spawn.ts'
import { type OwnCluster, openScene, type Scene, until } from '../../health/cluster.ts'
import { of, type Program, program } from './program.ts'

let scene: Scene
let cluster: OwnCluster
let arxdb: Program
let repo: string
let command: string

beforeAll(async () => {
  arxdb = program()
  scene = await openScene()
  repo = join(scene.folder, 'repo')
  mkdirSync(repo)
  await (await openRepository({ repo, s3: {} }, 'make')).close()
  scene.running.ownAll(repo)
  command = archiveCommand({
    ...{ node: process.execPath, script: join(packageRoot(), 'bin/arxdb.js'), repo, keyFile: undefined },
    ...{ encrypt: false, compression: 'zstd', s3: [] },
  })
  const settings = { archive_mode: 'on', archive_command: command, wal_level: 'replica', max_wal_senders: '4' }
  cluster = await scene.make('production', settings, ['--wal-segsize=1'])
})
afterAll(() => {
  scene?.discard()
  arxdb?.discard()
})

const CHECKS = ['archiver', 'archive-lag', 'backup-age', 'backup-failed', 'restore-proof']
const ask = async (check: string) => of((await arxdb.json(cluster.url, ...CHECKS, '--repo', repo)).findings, check)
const backup = (...argv: readonly string[]) => run(['backup', ...argv, '--url', cluster.url, '--repo', repo], arxdb.env)
const archiveBy = (text: string) =>
  cluster.sql(`alter system set archive_command = '${text.replaceAll("'", "''")}'`, 'select pg_reload_conf()')
const fill = async (segments: number) => {
  for (let n = 0; n < segments; n++) await cluster.sql('create table w ()', 'drop table w', 'select pg_switch_wal()')
}

test('a repository that cannot be read is unknown, and is not taken for well', async () => {
  const { findings } = await arxdb.json(cluster.url, 'backup-age', '--repo', join(scene.folder, 'nowhere'))
  expect(of(findings, 'connection')).toMatchObject([{ state: 'OK' }])
  expect(of(findings, 'backup-age')).toMatchObject([
    { state: 'UNKNOWN', text: expect.stringMatching(/^the repository: /) },
  ])
})

test('no backup yet, one, and a run that failed', async () => {
  expect(await ask('backup-age')).toMatchObject([{ state: 'CRITICAL', text: 'there is no good backup' }])
  expect(await ask('restore-proof')).toMatchObject([{ state: 'CRITICAL', try: 'arxdb backup drill' }])
  const made = await backup('run', '--kind', 'base')
  expect(made.code, made.stderr).toBe(0)
  expect(await ask('backup-age')).toMatchObject([{ state: 'OK' }])
  expect(await ask('backup-failed')).toMatchObject([{ state: 'OK' }])

  const config = join(arxdb.env.XDG_CONFIG_HOME!, 'arxdb')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, 'config.json'), JSON.stringify({ backup: { hooks: { before: 'exit 3' } } }))
  expect((await backup('run', '--kind', 'base')).code).not.toBe(0)
  rmSync(join(config, 'config.json'))
  expect(await ask('backup-failed')).toMatchObject([{ state: 'WARNING', since: expect.stringMatching(/^20/) }])
  expect(await ask('backup-age')).toMatchObject([{ state: 'OK' }])
})

test('a drill is the proof', async () => {
  const drilled = await backup('drill')
  expect(drilled.code, drilled.stderr).toBe(0)
  expect(await ask('restore-proof')).toMatchObject([{ state: 'OK', text: expect.stringContaining('that was proven') }])
})

test('an archiver that says well and archives nothing is found out by what the repository lacks', async () => {
  await fill(3)
  await until(
    () => ask('archive-lag'),
    ([one]) => one!.state === 'OK' && one!.value === 0,
  )
  await archiveBy('true')
  await fill(20)
  await until(
    () => ask('archiver'),
    ([one]) => one!.value === 0,
  )
  expect(await ask('archiver')).toMatchObject([{ state: 'OK' }])
  const [lag] = await ask('archive-lag')
  expect(lag).toMatchObject({ state: 'WARNING', text: expect.stringMatching(/is 2\d segments behind the server/) })

  // Archiving again, the newest is there, and what was let go of is a hole that the backup cannot be brought over.
  await archiveBy(command)
  await fill(2)
  const [hole] = await until(
    () => ask('archive-lag'),
    ([one]) => one!.object === 'gaps',
  )
  expect(hole).toMatchObject({ state: 'CRITICAL', value: 1, try: expect.stringContaining('arxdb wal status') })
  const status = await run(['wal', 'status', '--url', cluster.url, '--repo', repo, '-o', 'json'], arxdb.env)
  const gap = (JSON.parse(status.stdout) as { what: string; first: string; last: string }[]).find(
    ({ what }) => what === 'gap',
  )!
  const known = await run(
    ['wal', 'status', '--url', cluster.url, '--repo', repo, '--ack', `${gap.first}..${gap.last}`],
    arxdb.env,
  )
  expect([0, 3]).toContain(known.code)
  await until(
    () => ask('archive-lag'),
    ([one]) => one!.state === 'OK',
  )
})
