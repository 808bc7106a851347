// `backup run` killed, and interrupted, at every step that it takes: nothing half made is ever listed, the backups before it
// are untouched, the next run is well and clears away what was left.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../backup/fingerprint.ts'
import { fillArxdb } from '../../backup/logical-scene.ts'
import { migratedDatabase, type TestDatabase, tiers, urlOf, withClient } from '../../servers/databases.ts'
import {
  atEach,
  isolatedBelow,
  leftIn,
  listed,
  listsNothingHalf,
  nothingAstray,
  repositoryWords,
  sampled,
} from '../harness/afterwards.ts'
import { runFaulty, stepsOf } from '../harness/faulty.ts'
import { clearedWhenOld, type Host, hostIn, runSurvives } from './steps-host.ts'

const [tier] = tiers().filter(({ name }) => name === 'plain')

describe.skipIf(!tier)('backup run on plain', () => {
  let database: TestDatabase
  const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-run-'))
  const restored = `arxdb_steps_run_${process.pid}`
  beforeAll(async () => {
    database = await migratedDatabase(tier!)
    await withClient(database.url, (client) => fillArxdb(client, 'plain', 1))
  })
  afterAll(async () => {
    await withClient(tier!.url, (client) => client.query(`drop database if exists ${restored} with (force)`))
    await database?.drop()
    rmSync(base, { recursive: true, force: true })
  })

  const words = (host: Host, kind: string, ...more: string[]) => [
    ...['backup', 'run', '--kind', kind, '--url', database.url, '-o', 'json', ...repositoryWords(host), ...more],
  ]

  /** What is restored of it is, line by line, what was backed up. */
  async function restoresEqual(host: Host, label: string): Promise<void> {
    const into = ['restore', 'run', '--into-database', restored, '--backup', label, '--url', tier!.url]
    const ended = await runFaulty(host.subject, [...into, ...repositoryWords(host)])
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const there = await withClient(urlOf(tier!.url, restored), fingerprint)
    expect(there).toEqual(await withClient(database.url, fingerprint))
    await withClient(tier!.url, (client) => client.query(`drop database ${restored} with (force)`))
  }

  test.each([
    ['copy', 6, []],
    ['dump', 5, ['--encrypt']],
  ] as const)(
    '3: a %s that is killed at any step leaves nothing half, and the next one is well',
    async (kind, most, more) => {
      const first = hostIn(base)
      await stepsOf(first.subject, words(first, kind, ...more))
      const before = (await listed(first)).map(({ label }) => label)
      expect(before).toHaveLength(1)
      const second = hostIn(base, first)
      const steps = await stepsOf(second.subject, words(second, kind, ...more))
      let host = first
      let last = ''
      await atEach(sampled(steps, most), async (at) => {
        host = hostIn(base, first)
        last = await runSurvives(host, words(host, kind, ...more), before, { at })
      })
      await clearedWhenOld(host, words(host, kind, ...more))
      await restoresEqual(host, last)
    },
    400_000,
  )

  test('3: the first run of all, killed while it makes key and repository', async () => {
    const first = hostIn(base)
    const steps = await stepsOf(first.subject, words(first, 'copy'))
    const until = steps.findIndex((step) => step.startsWith('lease taken'))
    await atEach(sampled(steps.slice(0, until), 5), async (at) => {
      const host = hostIn(base)
      await runSurvives(host, words(host, 'copy'), [], { at })
      expect(readFileSync(host.keyFile, 'utf8')).toMatch(/^AGE-SECRET-KEY-1/m)
    })
  }, 200_000)

  test('verifications that are killed at any step leave a proof or none, and nothing else', async () => {
    const first = hostIn(base)
    const made = await runFaulty(first.subject, words(first, 'copy'))
    expect(made, made.stderr).toMatchObject({ code: 0 })
    const verify = (host: Host) => ['backup', 'verify', '--all', '--level', '2', '-o', 'json', ...repositoryWords(host)]
    const second = hostIn(base, first)
    const steps = await stepsOf(second.subject, verify(second))
    await atEach(sampled(steps, 6), async (at) => {
      const host = hostIn(base, first)
      expect((await runFaulty(host.subject, verify(host), { at })).signal).toBe('SIGKILL')
      const [row] = await listsNothingHalf(host)
      expect([null, 2]).toContain(row!.proven_level)
      const next = await runFaulty(host.subject, verify(host))
      expect(next, next.stderr).toMatchObject({ code: 0 })
      expect(await listed(host)).toMatchObject([{ status: 'good', proven_level: 2 }])
      expect(leftIn(host.staging)).toEqual([])
      await nothingAstray(host)
    })
  }, 200_000)

  test('54: drills that are killed at any step leave no server and no folder behind the next one', async () => {
    const first = hostIn(base)
    const made = await runFaulty(first.subject, words(first, 'copy'))
    expect(made, made.stderr).toMatchObject({ code: 0 })
    // Below a folder that the server's account may pass through.
    const room = mkdtempSync('/tmp/arxdb-steps-drill-')
    chmodSync(room, 0o711)
    try {
      const words = ['backup', 'drill', '--staging', room, '-o', 'json', ...repositoryWords(first)]
      const steps = await stepsOf(first.subject, words)
      await atEach(sampled(steps, 6), async (at) => {
        expect((await runFaulty(first.subject, words, { at })).signal).toBe('SIGKILL')
        await listsNothingHalf(first)
      })
      const next = await runFaulty(first.subject, words)
      expect(next, next.stderr).toMatchObject({ code: 0 })
      expect(JSON.parse(next.stdout)[0]).toMatchObject({ passed: true, level: 5 })
      expect(readdirSync(room)).toEqual([])
      expect(isolatedBelow(room)).toEqual([])
      expect(execFileSync('ps', ['-ww', '-eo', 'args'], { encoding: 'utf8' })).not.toContain(room)
      await nothingAstray(first)
    } finally {
      rmSync(room, { recursive: true, force: true })
    }
  }, 300_000)

  test('3: interrupted at any step it says so and leaves nothing', async () => {
    const first = hostIn(base)
    await stepsOf(first.subject, words(first, 'copy'))
    const before = (await listed(first)).map(({ label }) => label)
    const second = hostIn(base, first)
    const steps = await stepsOf(second.subject, words(second, 'copy'))
    await atEach(sampled(steps, 5), async (at) => {
      const host = hostIn(base, first)
      await runSurvives(host, words(host, 'copy'), before, { at, what: 'interrupt' })
    })
  }, 200_000)
})
