// A restored cluster takes production's place. Until its first own backup, what it writes can only be had back from the
// backups of before: so its timeline's history has to be in the archive too, though it was promoted without archiving.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { makeCluster, ownFolder, type Server, start } from '../walk/cluster.ts'
import { makeTool, type Tool } from '../walk/tool.ts'

const plain = tiers().some(({ name }) => name === 'plain')

describe.skipIf(!plain)('a cluster that was restored and promoted', () => {
  const folder = mkdtempSync('/tmp/arxdb-promoted-')
  const root = new URL('../../..', import.meta.url).pathname
  let bindir: string
  let tool: Tool
  let server: Server
  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    for (const path of [folder, join(folder, 'repo'), join(folder, 'staging')]) ownFolder(path)
    tool = makeTool({ root, repo: join(folder, 'repo'), folder, bindir })
    makeCluster(bindir, join(folder, 'data'), {
      ...{ unix_socket_directories: '', archive_mode: 'on', archive_command: tool.archiveCommand, fsync: 'off' },
    })
    expect(await tool.run(['wal', 'setup', '--begin', '--no-server', '-q'])).toMatchObject({ code: 0 })
    server = await start(bindir, join(folder, 'data'), 'postgres')
  })
  afterAll(async () => {
    await server?.crash()
    rmSync(folder, { recursive: true, force: true })
  })

  const archived = async (): Promise<string> => {
    const { rows } = await server.client.query('select pg_walfile_name(pg_switch_wal()) as name')
    await expect
      .poll(
        async () => (await server.client.query('select last_archived_wal as at from pg_stat_archiver')).rows[0].at,
        {
          timeout: 60_000,
        },
      )
      .toBe(rows[0].name)
    return rows[0].name
  }
  const restore = (...words: string[]) => tool.run(['restore', 'run', '--timeline', '2', ...words, '-o', 'json'])

  test('is reached behind its promotion from a backup of before', async () => {
    await server.client.query('create table kept as select 1 as n')
    const made = await tool.run(['backup', 'run', '--kind', 'base', '--url', server.url()])
    expect(made, made.stderr).toMatchObject({ code: 0 })
    await server.client.query('insert into kept values (2)')
    await archived()
    await server.crash()

    const into = join(folder, 'second')
    const back = await tool.run(['restore', 'run', '--into', into, '-o', 'json'])
    expect(back, back.stderr).toMatchObject({ code: 0 })
    const opened = await tool.run(['restore', 'open', into, '--archive', '--yes'])
    expect(opened, opened.stderr).toMatchObject({ code: 0 })
    server = await start(bindir, into, 'postgres')
    await server.client.query('insert into kept values (3)')
    const segment = await archived()
    expect(segment.slice(0, 8)).toBe('00000002')
    const status = await tool.run(['wal', 'status', '--url', server.url(), '-o', 'json'])
    expect(status, status.stdout).toMatchObject({ code: 0 })

    const again = join(folder, 'third')
    const third = await restore('--into', again)
    expect(third, third.stderr).toMatchObject({ code: 0 })
    const other = await start(bindir, again, 'postgres')
    const { rows } = await other.client.query('select n from kept order by 1')
    await other.stop()
    expect(rows.map(({ n }) => n)).toEqual([1, 2, 3])
  })
})
