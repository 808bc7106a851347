// Settings as numbers, the machine as Linux tells of it, and the rules on machines of many sizes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { machineOf, type Places, runsHere } from '../../src/health/tune/machine.ts'
import { type Ground, STORAGES, WORKLOADS, wishes } from '../../src/health/tune/rules.ts'
import { canonical, GB, MB, ratio, spelled } from '../../src/health/tune/units.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

test.each([
  ['16384', '8kB', 'integer', 128 * MB, '128MB'],
  ['65536', 'kB', 'integer', 64 * MB, '64MB'],
  ['1GB', 'MB', 'integer', GB, '1GB'],
  ['300', 's', 'integer', 300_000, '5min'],
  ['1500', 'ms', 'integer', 1500, '1500ms'],
  ['90', 's', 'integer', 90_000, '90s'],
  ['-1', 'kB', 'integer', -1, '-1'],
  ['0', 'ms', 'integer', 0, '0'],
  ['0.9', null, 'real', 0.9, '0.9'],
  ['on', null, 'bool', 'on', 'on'],
])('%s of %s is one number, and one text', (text, unit, vartype, value, said) => {
  expect(canonical(text, unit, vartype)).toBe(value)
  expect(spelled(value, unit)).toBe(said)
  // What is written is read back to the same.
  expect(canonical(said, unit, vartype)).toBe(value)
})

test('ratios', () => {
  expect([ratio(128, 6144), ratio(256, 46), ratio(1, 1.1)]).toEqual(['48x', '0.18x', '1.1x'])
})

function linux(files: Readonly<Record<string, string>>): Places {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-linux-'))
  folders.push(folder)
  const all = {
    'proc/meminfo': 'MemTotal:       16777216 kB\nMemFree: 1 kB\n',
    'proc/stat': `cpu  1 2\n${Array.from({ length: 8 }, (_, i) => `cpu${i} 1 2\n`).join('')}intr 1\n`,
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') }
}

test.each([
  ['no limit', {}, 16, 8],
  ['a list of processors', { 'proc/7/status': 'Name: x\nCpus_allowed_list:\t0-1,4\n' }, 16, 3],
  [
    'a group of the second generation, and one above it',
    {
      'proc/7/cgroup': '0::/db.slice/pg.service\n',
      'cgroup/db.slice/memory.max': '4294967296\n',
      'cgroup/db.slice/pg.service/memory.max': 'max\n',
      'cgroup/db.slice/pg.service/cpu.max': '150000 100000\n',
    },
    4,
    2,
  ],
  [
    'a container that sees its own group as the root',
    { 'proc/7/cgroup': '0::/\n', 'cgroup/memory.max': '1073741824\n', 'cgroup/cpu.max': 'max 100000\n' },
    1,
    8,
  ],
  [
    'groups of the first generation',
    {
      'proc/7/cgroup': '5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n1:name=systemd:/\n',
      'cgroup/memory/docker/1/memory.limit_in_bytes': '2147483648\n',
      'cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      'cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us': '50000\n',
      'cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us': '100000\n',
    },
    2,
    1,
  ],
])('the machine with %s', (_, files, memory, cpus) => {
  expect(machineOf(7, linux(files as Record<string, string>))).toMatchObject({ memory: memory * GB, cpus })
})

test('a process of that number that is none of the server is not taken for it', () => {
  const backend = { pid: 7, role_name: 'me', database: 'market' }
  const titled = (title: string) => runsHere(backend, linux({ 'proc/7/cmdline': title }))
  expect(titled('postgres: main: me market 127.0.0.1(5432) SELECT\0')).toBe(true)
  expect(titled('postgres: you market [local] idle\0')).toBe(false)
  expect(titled('bash\0-c\0 me market ')).toBe(false)
  expect(runsHere(backend, linux({}))).toBe(false)
})

const ground = (given: Partial<Ground>): Ground => ({
  ...{ machine: { memory: 24 * GB, cpus: 2, origin: 'as given' }, workload: 'mixed', storage: 'ssd', version: 150_000 },
  ...{ timescaledb: true, databases: 1, jobs: 5, tables: 100, largest: 400, chunks: 100, connections: 100 },
  ...{ walFree: undefined, choices: () => ['pglz', 'lz4', 'zstd', 'on', 'off'] },
  ...given,
})

const wanted = (setting: string, given: Partial<Ground> = {}): number | string =>
  wishes(ground(given)).find((wish) => wish.setting === setting)!.value

test('two processors and 24 GB', () => {
  expect(wanted('shared_buffers')).toBe(6 * GB)
  expect(wanted('effective_cache_size')).toBe(18 * GB)
  expect(wanted('work_mem')).toBe(46 * MB)
  expect(wanted('work_mem', { connections: 200 })).toBe(23 * MB)
  expect(wanted('work_mem', { workload: 'analytics' })).toBe(92 * MB)
  expect(wanted('max_worker_processes')).toBe(2 + 3 + 8 + 1)
  expect(wanted('max_locks_per_transaction')).toBe(512)
  expect(wanted('max_wal_size', { workload: 'ingest' })).toBe(16 * GB)
  expect(wanted('max_wal_size', { walFree: 10 * GB })).toBe(2 * GB)
  expect(wanted('wal_compression', { choices: () => ['pglz', 'on', 'off'] })).toBe('on')
})

test('ten thousand chunks get the locks that a statement over all of them takes, twice', () => {
  const many = { largest: 40_000, tables: 11_000, chunks: 10_000 }
  expect(Number(wanted('max_locks_per_transaction', many)) * 100).toBeGreaterThan(91_000)
})

test('whatever the machine, memory is not given out twice', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 512, max: 1024 * 1024 }),
      fc.integer({ min: 1, max: 256 }),
      fc.constantFrom(...WORKLOADS),
      fc.constantFrom(...STORAGES),
      fc.integer({ min: 20, max: 1000 }),
      (megabytes, cpus, workload, storage, connections) => {
        const memory = megabytes * MB
        const given = { machine: { memory, cpus, origin: '' }, workload, storage, connections }
        const value = (name: string): number => Number(wanted(name, given))
        expect(value('shared_buffers')).toBeLessThanOrEqual(memory / 4)
        // Below 4 MB nothing sorts well, so very many connections on very little memory are the exception.
        if (value('work_mem') > 4 * MB)
          expect(value('work_mem') * connections + value('shared_buffers')).toBeLessThanOrEqual(memory)
        expect(value('max_parallel_workers_per_gather')).toBeLessThanOrEqual(value('max_parallel_workers'))
        expect(value('max_parallel_workers')).toBeLessThan(value('max_worker_processes'))
        expect(value('min_wal_size')).toBeLessThan(value('max_wal_size'))
        for (const wish of wishes(ground(given))) expect(wish.value).not.toBeNaN()
      },
    ),
  )
})
