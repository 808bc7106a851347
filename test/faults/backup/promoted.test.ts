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
  let restores = 0
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

  const restored = async (...words: string[]): Promise<string> => {
    const into = join(folder, `restored-${restores++}`)
    const back = await tool.run(['restore', 'run', ...words, '--into', into, '-o', 'json'])
    expect(back, back.stderr).toMatchObject({ code: 0 })
    return into
  }
  /** The server is lost, and a restored one goes on in its place. */
  const replaced = async (...words: string[]): Promise<void> => {
    await server.crash()
    const into = await restored(...words)
    // Looked at first, as the README says; each stop is a checkpoint.
    for (let looks = 0; looks < 2; looks++) await (await start(bindir, into, 'postgres')).stop()
    const opened = await tool.run(['restore', 'open', into, '--archive', '--yes'])
    expect(opened, opened.stderr).toMatchObject({ code: 0 })
    server = await start(bindir, into, 'postgres')
  }
  const kept = async (...words: string[]): Promise<readonly number[]> => {
    const other = await start(bindir, await restored(...words), 'postgres')
    const { rows } = await other.client.query('select n from kept order by 1')
    await other.stop()
    return rows.map(({ n }) => n)
  }

  test('is reached behind its promotion from a backup of before', async () => {
    await server.client.query('create table kept as select 1 as n')
    const made = await tool.run(['backup', 'run', '--kind', 'base', '--url', server.url()])
    expect(made, made.stderr).toMatchObject({ code: 0 })
    await server.client.query('insert into kept values (2)')
    await archived()
    await replaced('--to', 'latest')
    await server.client.query('insert into kept values (3)')
    const segment = await archived()
    expect(segment.slice(0, 8)).toBe('00000002')
    const status = await tool.run(['wal', 'status', '--url', server.url(), '-o', 'json'])
    expect(status, status.stdout).toMatchObject({ code: 0 })

    expect(await kept('--timeline', '2')).toEqual([1, 2, 3])
  })

  test('also where its timeline began at the end of a segment, which its own checkpoints leave behind', async () => {
    const { rows } = await server.client.query(
      `select (pg_current_wal_insert_lsn() - '0/0')::bigint % (1 << 20) as used`,
    )
    const fill = (1 << 20) - Number(rows[0].used) - 4_000
    await server.client.query(`select pg_logical_emit_message(false, 'fill', repeat('x', ${Math.max(fill, 1)}))`)
    await server.client.query("select pg_create_restore_point('edge')")
    await server.client.query("select pg_logical_emit_message(true, 'fill', repeat('x', 9000))")
    await archived()
    await replaced('--to', 'name:edge', '--timeline', '2')
    await server.client.query('insert into kept values (4)')
    expect((await archived()).slice(0, 8)).toBe('00000003')
    expect(await kept('--timeline', '3')).toEqual([1, 2, 3, 4])
  })
})
