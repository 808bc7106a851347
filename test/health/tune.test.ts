// Recommended settings, beside those of real servers, written into them, and what they are like when started anew.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session as run } from '../cli/session.ts'
import { describeTiers, tier, tiers, withClient } from '../servers/databases.ts'
import { type OwnCluster, startCluster } from './own-cluster.ts'

interface Row {
  readonly setting: string
  readonly current: string
  readonly recommended: string
  readonly differs: boolean
  readonly diff: string | null
  readonly needs: string | null
  readonly obstacle: string | null
  readonly seed: string | null
  readonly outcome?: string
}

const SMALL = ['--memory', '1GB', '--cpus', '2']

const tune = (url: string, ...flags: readonly string[]) =>
  run(['tune', ...flags], { env: { DATABASE_URL: url, HOME: '/nowhere' } })

async function rows(url: string, ...flags: readonly string[]): Promise<ReadonlyMap<string, Row>> {
  const ended = await tune(url, ...flags, '--json')
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  return new Map((JSON.parse(ended.stdout) as Row[]).map((row) => [row.setting, row]))
}

const show = (url: string, name: string): Promise<string> =>
  withClient(url, async (client) => (await client.query('select current_setting($1) as value', [name])).rows[0].value)

describeTiers('tune', ({ name: tierName }) => {
  let cluster: OwnCluster
  const careless = ['log_statement=all', 'full_page_writes=off', 'work_mem=256MB', 'max_connections=200']
  beforeAll(async () => {
    cluster = await startCluster(tierName, careless)
    if (tierName !== 'plain') await withClient(cluster.url, (client) => client.query('create extension timescaledb'))
  }, 120_000)
  afterAll(() => cluster?.remove())

  const automatic = (): string => readFileSync(join(cluster.data, 'postgresql.auto.conf'), 'utf8')

  test('what the server has, beside what it should, in numbers that can be compared', async () => {
    const found = await rows(cluster.url, ...SMALL)
    expect(found.get('shared_buffers')).toMatchObject({
      current: '128MB',
      recommended: '256MB',
      diff: '2x',
      needs: 'restart',
    })
    expect(found.get('work_mem')).toMatchObject({ current: '256MB', recommended: '4MB', diff: '0.016x', seed: '256MB' })
    expect(found.get('max_connections')).toMatchObject({
      current: '200',
      recommended: '200',
      differs: false,
      diff: null,
    })
    expect(found.get('log_statement')).toMatchObject({
      current: 'all',
      recommended: 'ddl',
      diff: 'all -> ddl',
      seed: 'all',
    })
    expect(found.get('checkpoint_timeout')).toMatchObject({ current: '5min', recommended: '15min', diff: '3x' })
    // arxdb's own sessions switch it off; that is not the server's setting.
    expect(found.get('jit')).toMatchObject({ current: 'on', recommended: 'off', needs: 'reload' })
    expect(found.has('timescaledb.max_background_workers')).toBe(tierName !== 'plain')
    const said = await tune(cluster.url, ...SMALL)
    for (const warning of [
      'log_statement = all',
      'fsync is off',
      'full_page_writes is off',
      'work_mem for each of 200 sessions is 50GB',
    ])
      expect(said.stderr).toContain(warning)
    expect(said.stderr).toContain('for 2 processors and 1 GB of memory (as given), workload mixed')
  })

  test('the machine is looked at where the server is on it', async () => {
    const said = await tune(cluster.url)
    const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) / 1024 ** 2
    expect(said.stderr).toMatch(/of memory \(this machine/)
    expect(said.stderr).toContain(`${Number(total.toFixed(1))} GB`)
  })

  test('nothing is written without a yes, nor by --dry-run, which shows what would be', async () => {
    const before = automatic()
    expect(await tune(cluster.url, ...SMALL, '--apply')).toMatchObject({ code: 6 })
    const dry = await tune(cluster.url, ...SMALL, '--apply', '--dry-run')
    expect(dry.stdout).toContain("alter system set shared_buffers = '256MB';\n")
    expect(dry.stdout).toMatch(/select pg_reload_conf\(\);\n$/)
    expect(automatic()).toBe(before)
    const conf = await tune(cluster.url, ...SMALL, '--conf')
    expect(conf.stdout).toMatch(/^shared_buffers = 256MB {2}# .+$/m)
  })

  test('--apply writes what differs, the server starts with it, and the undo takes it back', {
    timeout: 240_000,
  }, async () => {
    const ended = await tune(cluster.url, ...SMALL, '--apply', '--yes', '--json')
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const outcomes = new Map((JSON.parse(ended.stdout) as Row[]).map(({ setting, outcome }) => [setting, outcome]))
    expect(outcomes.get('shared_buffers')).toBe('after a restart')
    expect(outcomes.get('work_mem')).toBe('in force')
    expect(outcomes.get('fsync')).toBe('in force')
    expect(outcomes.has('max_connections')).toBe(false)
    expect(ended.stderr).toMatch(/takes a restart of the server: .*shared_buffers/)
    expect(await show(cluster.url, 'work_mem')).toBe('4MB')
    expect(await show(cluster.url, 'shared_buffers')).toBe('128MB')

    const again = await tune(cluster.url, ...SMALL, '--apply', '--yes')
    expect(again.stderr).toContain('nothing that can be set differs')
    expect((await rows(cluster.url, ...SMALL)).get('shared_buffers')!.obstacle).toContain('waits for a restart')

    cluster.restart()
    expect(await show(cluster.url, 'shared_buffers')).toBe('256MB')
    const right = await rows(cluster.url, ...SMALL)
    expect([...right.values()].filter(({ differs }) => differs)).toEqual([])

    const [, undo] = /^to take it back: (.*)$/m.exec(ended.stderr)!
    for (const statement of undo!.split(';').filter((text) => text.trim()))
      await withClient(cluster.url, (client) => client.query(statement))
    cluster.restart()
    expect(await show(cluster.url, 'shared_buffers')).toBe('128MB')
    expect(await show(cluster.url, 'log_statement')).toBe('all')
    expect(automatic()).not.toMatch(/^\w/m)
  })

  test('the undo restores what ALTER SYSTEM had set before', async () => {
    await withClient(cluster.url, (client) => client.query(`alter system set work_mem = '100MB'`))
    await withClient(cluster.url, (client) => client.query('select pg_reload_conf()'))
    const ended = await tune(cluster.url, ...SMALL, '--apply', '--yes')
    expect(ended.stderr).toContain("alter system set work_mem = '100MB';")
    await withClient(cluster.url, (client) => client.query('alter system reset all'))
    cluster.restart()
  })

  test('settings that shared memory is fixed for are left alone', async () => {
    await withClient(cluster.url, (client) => client.query(`alter system set huge_pages = 'try'`))
    writeFileSync(join(cluster.data, 'postgresql.auto.conf'), "shared_memory_type = 'sysv'\n")
    cluster.restart()
    const found = await rows(cluster.url, ...SMALL)
    expect(found.get('shared_buffers')!.obstacle).toContain('would not start')
    const dry = await tune(cluster.url, ...SMALL, '--dry-run')
    expect(dry.stdout).not.toContain('shared_buffers')
    writeFileSync(join(cluster.data, 'postgresql.auto.conf'), '')
    cluster.restart()
  })

  test('a role that may not is told the GRANT; with it, it may, unverified', async () => {
    await withClient(cluster.url, (client) => client.query('create role operator login'))
    const url = cluster.url.replace('postgres@', 'operator@')
    expect((await rows(url, ...SMALL)).get('work_mem')!.obstacle).toBe(
      'grant alter system on parameter work_mem to operator',
    )
    const grants =
      'grant alter system on parameter work_mem to operator; grant execute on function pg_reload_conf() to operator'
    await withClient(cluster.url, (client) => client.query(grants))
    const ended = await tune(url, ...SMALL, '--apply', '--yes')
    expect(ended.stderr).toContain('1 settings were written')
    expect(ended.stderr).toContain('may not look into pg_file_settings')
    expect(await show(cluster.url, 'work_mem')).toBe('4MB')
    await withClient(cluster.url, (client) => client.query('alter system reset all; '))
  })

  test('one that the server refuses takes the others back', async () => {
    await withClient(cluster.url, (client) => client.query('create role half login'))
    const grants = 'grant alter system on parameter work_mem, jit to half'
    await withClient(cluster.url, (client) => client.query(grants))
    // It may set, and may not reload.
    const ended = await tune(cluster.url.replace('postgres@', 'half@'), ...SMALL, '--apply', '--yes')
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('what had been set was taken back') })
    expect(automatic()).not.toMatch(/work_mem|jit/)
  })

  const groups = '/sys/fs/cgroup/memory'
  const v1 = process.geteuid?.() === 0 && existsSync(join(groups, 'memory.limit_in_bytes'))
  test.skipIf(!v1)("the limits of the server's control group are respected", async () => {
    const group = join(groups, `arxdb-test-${process.pid}`)
    mkdirSync(group)
    try {
      writeFileSync(join(group, 'memory.limit_in_bytes'), String(768 * 1024 ** 2))
      const before = readFileSync(`/proc/${cluster.pid()}/cgroup`, 'utf8')
      // What the postmaster starts from now on begins where it is itself.
      writeFileSync(join(group, 'cgroup.procs'), String(cluster.pid()))
      const found = await rows(cluster.url)
      expect(found.get('shared_buffers')!.recommended).toBe('192MB')
      expect((await tune(cluster.url)).stderr).toContain('0.8 GB of memory (this machine, whose limits')
      const [, path] = /^\d+:memory:(.*)$/m.exec(before)!
      writeFileSync(join(groups, path!, 'cgroup.procs'), String(cluster.pid()))
    } finally {
      cluster.restart()
      rmdirSync(group)
    }
  })
})

describe.skipIf(tiers().length === 0)('tune of a server that is not to be changed by it', () => {
  const any = () => tier(tiers()[0]!.name).url

  test('what stands on the command line is left alone', async () => {
    const found = await rows(any(), ...SMALL)
    expect(found.get('shared_buffers')).toMatchObject({
      current: '64MB',
      obstacle: expect.stringContaining('command line'),
    })
    const dry = await tune(any(), ...SMALL, '--dry-run')
    expect(dry.stdout).not.toMatch(/shared_buffers|fsync/)
    expect((await tune(any(), ...SMALL)).stderr).toContain('left alone by --apply: ')
  })

  const canUnshare =
    process.geteuid?.() === 0 && spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
  test.skipIf(!canUnshare)('the machine of a server elsewhere is not guessed', () => {
    const arxdb = (...flags: readonly string[]) =>
      spawnSync('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, 'bin/arxdb.js', 'tune', ...flags], {
        ...{ encoding: 'utf8', env: { ...process.env, DATABASE_URL: any() } },
      })
    const ended = arxdb('--memory', '4GB')
    expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining('the server is not on this machine') })
    expect(ended.stderr).toContain('--memory 24GB --cpus 2')
    expect(arxdb('--memory', '4GB', '--cpus', '2')).toMatchObject({ status: 0 })
  })

  test('sizes that are none', async () => {
    for (const [flags, said] of [
      [['--memory', '24'], 'no size of a memory'],
      [['--memory', '1MB'], 'no size of a memory'],
      [['--cpus', '0'], 'not between'],
      [['--workload', 'web'], 'mixed'],
    ] as const)
      expect(await tune(any(), ...flags)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
  })
})
