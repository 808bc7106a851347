// `backup run` killed, and interrupted, at every step that it takes: nothing half made is ever listed, the backups before it
// are untouched, the next run is well and clears away what was left.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../../backup/fingerprint.ts'
import { fillArxdb } from '../../backup/logical-scene.ts'
import { migratedDatabase, type TestDatabase, tiers, urlOf, withClient } from '../../servers/databases.ts'
import { atEach, listed, repositoryWords, sampled } from '../harness/afterwards.ts'
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
      await atEach(sampled(steps, most, /^put (written|named) .*manifest/), async (at) => {
        host = hostIn(base, first)
        last = await runSurvives(host, words(host, kind, ...more), before, { at })
      })
      await clearedWhenOld(host)
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
      const keys = readdirSync(dirname(host.keyFile)).filter((name) => name.startsWith('backup.key'))
      expect(keys).toEqual(['backup.key'])
    })
  }, 200_000)

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
