// Random walks, short ones: what they promise holds, they notice when it does not, and a failing one is shrunk to what it
// takes. `node test/bench/run.js walk` does long ones.
import { execFile } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TierName, tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { type BuiltWalk, builtWalk, canWalk } from './built.ts'
import { judged, newModel, waysTo } from './model.ts'
import { operations, read, written } from './operations.ts'
import { difference, linesOf } from './rows.ts'
import { shrunk } from './shrink.ts'

test('a seed is a walk, always the same, and can be written down', () => {
  const walk = operations(7, 200)
  expect(operations(7, 200)).toEqual(walk)
  expect(operations(8, 200)).not.toEqual(walk)
  expect(operations(7, 40)).toEqual(walk.slice(0, 40))
  expect(read(written(walk))).toEqual(walk)
  expect(() => read('load:1 jump:2')).toThrow('"jump:2" is no operation')
})

test('a failing list is shrunk to what it takes, in few tries', async () => {
  const list = Array.from({ length: 200 }, (_, i) => i)
  let tries = 0
  const fails = async (part: readonly number[]) => {
    tries++
    return part.includes(17) && part.includes(140)
  }
  expect(await shrunk(list, fails, 100)).toEqual([17, 140])
  expect(tries).toBeLessThan(60)
  tries = 0
  expect((await shrunk(list, fails, 5)).length).toBeLessThan(200)
  expect(tries).toBe(5)
})

test('a row that is lost, added or other is told', () => {
  const rows = new Map([
    ['t 1', '["t",1]'],
    ['t 2', '["t",2]'],
  ])
  expect(difference(rows, linesOf(rows))).toBeUndefined()
  expect(difference(rows, ['["t",1]'])).toContain('1 lost, such as "[\\"t\\",2]"; 0 that')
  expect(difference(rows, ['["t",1]', '["t",2]', '["t",3]'])).toContain('0 lost; 1 that should not be there')
})

const canRun = tiers()
  .map(({ name }) => name)
  .filter((name) => canWalk(name))

const backup = (kind: string) => ({
  ...{ label: kind, kind, parent: null, wal: { timeline: 1, start: '0/1000028', end: '0/1000100' } },
  ...{ from: 0, to: 0, verified: false, failure: 0, unsure: false },
})

test('behind a promotion a moment is promised from what has the WAL of the lost server', () => {
  const moment = { index: 1, name: 'm1', time: '', xid: '', lsn: '0/1C00000', timeline: 2, rows: new Map() }
  const ways = (followed: boolean): readonly string[] => {
    const model = newModel()
    model.branches.set(2, { timeline: 2, parent: 1, fork: '0/1AFFFD8', followed })
    for (const kind of ['base', 'pgbackrest']) model.backups.set(kind, backup(kind))
    return waysTo(model, { ...moment, archived: true }).map(({ label }) => label)
  }
  expect(ways(true)).toEqual(['base', 'pgbackrest'])
  expect(ways(false)).toEqual(['base'])
})

test('a failure stands until a look as thorough', () => {
  const one = backup('base')
  for (const [level, passed, failure] of [
    [2, false, 2],
    [1, false, 2],
    [1, true, 2],
    [2, true, 0],
  ] as const) {
    judged(one, level, passed)
    expect(one).toMatchObject({ failure, verified: level === 2 && passed })
  }
})

describe.runIf(canRun.length > 0)('a random walk', () => {
  let built: BuiltWalk
  let bindir: string
  beforeAll(async () => {
    built = await builtWalk()
    bindir = (await findPostgres()).installation.bindir
  })
  afterAll(() => built?.end())

  type Line = { readonly lost?: string; readonly restores: number; readonly shortest?: string } & Record<string, number>
  const walked = (tier: TierName, ...args: string[]): Promise<{ code: number; line: Line }> => {
    const [file, ...words] = built.command(tier, bindir, args)
    return new Promise((resolve, reject) => {
      execFile(file!, words, (error, stdout, stderr) => {
        if (stdout.trim() === '') reject(new Error(`the walk said nothing: ${error?.message} ${stderr}`))
        else resolve({ code: Number(error?.code ?? 0), line: JSON.parse(stdout) })
      })
    })
  }

  test.each(canRun)(
    'on %s loses nothing that was promised',
    async (tier) => {
      const { code, line } = await walked(tier, '--seed', '11', '--operations', '70', '--shrink', '0')
      expect(line.lost).toBeUndefined()
      expect(code).toBe(0)
      expect(line.restores).toBeGreaterThan(2)
      expect(line.backups).toBeGreaterThan(3)
    },
    400_000,
  )

  test.runIf(canRun.includes('plain'))(
    'notices a row that a restore left out, and says the shortest way there',
    async () => {
      const long = 'load:1 backup:1 revise:5 load:2 archive:1 load:3 restore:4 load:6'
      const { code, line } = await walked('plain', '--walk', long, '--lie', '--shrink', '12')
      expect(code).toBe(3)
      expect(line.lost).toMatch(/1 lost, such as/)
      const names = line.shortest!.split(' ').map((word) => word.split(':')[0])
      expect(names).toContain('backup')
      expect(names.length).toBeLessThan(6)
    },
    400_000,
  )

  test.runIf(canRun.includes('plain'))(
    'with a script of pg_dump and gzip in its place brings back what never was, and its check says that all is well',
    async () => {
      const { line } = await walked('plain', '--naive', '--seed', '6', '--operations', '120')
      expect(line.restores).toBeGreaterThan(line.exact!)
      expect(line.checked).toBeGreaterThan(0)
    },
    400_000,
  )
})
