// Clocks that are wrong, are set back or ahead, or change to winter time: names go on in order, nothing is replaced or
// removed, and nobody takes what was made under a wrong clock for the newest for ever.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runBeside } from '../../servers/beside.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../../servers/databases.ts'
import { type Fault, planted } from '../harness/faulty.ts'
import { configured, type Desk, deskOf, toldError } from './desk.ts'

const plain = tiers().find(({ name }) => name === 'plain')
const HOUR = 3_600_000
const YEAR = 365 * 24 * HOUR

describe.skipIf(!plain)('12: a clock that is wrong', () => {
  let database: TestDatabase
  let desk: Desk
  /** In the order in which they were made. */
  const labels: string[] = []
  beforeAll(async () => {
    database = await migratedDatabase(plain!)
    desk = deskOf(database)
  })
  afterAll(async () => {
    desk?.end()
    await database?.drop()
  })

  async function well(fault: Fault = {}, more: readonly string[] = [], env = {}): Promise<string> {
    const ran = await desk.run(['-o', 'json', ...more], { fault, env })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const [{ label, seconds }] = JSON.parse(ran.stdout)
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThan(300)
    labels.push(label)
    return label
  }

  const listed = async () => {
    const rows = await desk.list()
    expect(rows.map(({ label }) => label)).toEqual([...labels].reverse())
    expect(rows.map(({ status }) => status)).toEqual(labels.map(() => 'good'))
  }

  const health = async () => {
    const words = ['health', 'backup-age', 'backup-failed', '--repo', desk.repo, '--url', desk.url, '-o', 'json']
    const { stdout, stderr } = await runBeside('plain', words, desk.home, { env: desk.env })
    expect(stdout, stderr).not.toBe('')
    const rows = JSON.parse(stdout) as readonly { check: string; state: string; text: string }[]
    return (check: string) => rows.find((row) => row.check === check)
  }

  test('12: through the hour that comes twice, the labels go on in UTC', async () => {
    const winter = (time: string): Fault => ({ clockMs: Date.parse(time) - Date.now() })
    const env = { TZ: 'Europe/Berlin' }
    expect(await well(winter('2025-10-26T00:30:00Z'), [], env)).toMatch(/^20251026T003/)
    expect(await well(winter('2025-10-26T01:30:00Z'), [], env)).toMatch(/^20251026T013/)
    await listed()
  }, 120_000)

  test('12: a run a year ahead, and those after it under the right clock: in order, and not taken for the newest', async () => {
    const now = await well()
    const ahead = await well({ clockMs: YEAR })
    expect(Number(ahead.slice(0, 4))).toBe(Number(now.slice(0, 4)) + 1)
    // It was made in the future, and tells nothing of how old the newest one is.
    expect((await health())('backup-age')!.text).toContain(`of ${now.slice(0, 4)}`)
    const back = await well()
    expect(back.slice(0, 4)).toBe(ahead.slice(0, 4))
    await listed()
    const broken = configured(desk, 'broken.json', { hooks: { before: 'exit 1' } })
    expect((await desk.run(broken)).code).toBe(1)
    // Nor does its record hide that the newest run failed.
    expect((await desk.records())[0]).toMatchObject({ outcome: 'failed' })
    expect((await health())('backup-failed')).toMatchObject({ state: 'WARNING' })
  }, 120_000)

  test('12: set back in the middle of a run: it is well, and does not end before it began', async () => {
    await well({ at: 'staging', what: 'clock', clockMs: -2 * HOUR })
    await listed()
    const { started, ended } = (await desk.records())[0]!
    expect(Date.parse(ended!)).toBeGreaterThanOrEqual(Date.parse(started))
    const shown = await desk.backup('show', labels.at(-1)!, '-o', 'json')
    expect(shown, shown.stderr).toMatchObject({ code: 0 })
  }, 120_000)

  test('12: set ahead by less than the lease lasts: the deadline is not fooled', async () => {
    await well({ at: 'staging', what: 'clock', clockMs: 75_000 }, ['--deadline', '70s'])
  }, 120_000)

  test('12: set ahead by hours in the middle of a run: the lease may be another’s, so nothing is published', async () => {
    const ran = await desk.run(['-o', 'json'], { fault: { at: 'staging', what: 'clock', clockMs: 3 * HOUR } })
    expect(ran, ran.stderr).toMatchObject({ code: 1, stdout: '' })
    expect(toldError(ran)).toMatchObject({ code: 'lease-lost' })
    await listed()
    expect((await desk.records())[0]).toMatchObject({ outcome: 'failed' })
  }, 120_000)

  test.each([
    ['ahead', YEAR],
    ['behind', -YEAR],
  ])(
    '12: prune under a clock that is a year %s removes nothing, and says so',
    async (_, clockMs) => {
      const config = configured(desk, 'short.json', { retention: { keepVerified: 0, count: 1, days: 1 } })
      const words = ['backup', 'prune', '--yes', '--repo', desk.repo, '-o', 'json', ...config]
      const env = { ...desk.env, ...planted('plain', { clockMs }) }
      const pruned = await runBeside('plain', words, desk.home, { env })
      expect(pruned, pruned.stderr).toMatchObject({ code: 6, stdout: '' })
      expect(toldError(pruned)).toMatchObject({
        code: 'clocks-differ',
        message: expect.stringContaining('nothing was removed'),
      })
      const dry = await runBeside('plain', [...words.slice(0, 2), '--dry-run', ...words.slice(3)], desk.home, { env })
      expect(dry, dry.stderr).toMatchObject({ code: 6, stdout: '' })
      expect(toldError(dry)).toMatchObject({ code: 'clocks-differ' })
      await listed()
    },
    120_000,
  )

  test('12: after all of that the next run is well, and all there is verifies', async () => {
    expect(await desk.recovers()).toBe(labels.length + 1)
  }, 120_000)
})
