// `backup verify` and `backup drill` killed at every step that they take: a proof is there or it is not, and no server, no
// folder and no lease is left behind the next one.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillArxdb } from '../../backup/logical-scene.ts'
import { migratedDatabase, type TestDatabase, tiers, withClient } from '../../servers/databases.ts'
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
import { type Host, hostIn } from './steps-host.ts'

const [tier] = tiers().filter(({ name }) => name === 'plain')

describe.skipIf(!tier)('proofs on plain', () => {
  let database: TestDatabase
  let first: Host
  const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-proofs-'))
  beforeAll(async () => {
    database = await migratedDatabase(tier!)
    await withClient(database.url, (client) => fillArxdb(client, 'plain', 1))
    first = hostIn(base)
    const words = ['backup', 'run', '--kind', 'copy', '--url', database.url, ...repositoryWords(first)]
    const made = await runFaulty(first.subject, words)
    expect(made, made.stderr).toMatchObject({ code: 0 })
  }, 120_000)
  afterAll(async () => {
    await database?.drop()
    rmSync(base, { recursive: true, force: true })
  })

  test('verifications that are killed at any step leave a proof or none, and nothing else', async () => {
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
})
