// Base and incremental backups of PostgreSQL 17 with a tablespace, encrypted in part, back to their moments: in the Debian
// 13 root, where those programs are.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { apacheRoot } from '../../servers/apache.ts'
import { nodeBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'

const BINDIR = '/usr/lib/postgresql/17/bin'
// The tier may be a server elsewhere, without any programs here.
const apache = tiers().some(({ name }) => name === 'apache') && existsSync(join(apacheRoot(), BINDIR))

describe.runIf(apache)('incremental backups', () => {
  test('16-19: a chain with a spoiled part is refused; a sound one is combined, and replayed to where it was asked', {
    timeout: 120_000,
  }, async () => {
    const home = join(packageRoot(), '.arxdb')
    mkdirSync(home, { recursive: true })
    const outdir = mkdtempSync(join(home, 'physical-'))
    // With its packages: node_modules may be a link that leads nowhere in there.
    const js = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
    const form = { bundle: true, format: 'esm', platform: 'node', logLevel: 'error', banner: { js } } as const
    await build({
      entryPoints: [join(import.meta.dirname, '../../backup/physical-child.ts')],
      outdir,
      external: ['pg-native'],
      ...form,
    })
    const script = `.arxdb/${outdir.split('/').at(-1)}/physical-child.js`
    const [file, ...args] = nodeBeside('apache', script, [BINDIR, 'apache'])
    const env = { PATH: process.env.PATH ?? '', TZ: 'UTC' }
    const { stdout } = await promisify(execFile)(file!, args, { env }).finally(() =>
      rmSync(outdir, { recursive: true }),
    )
    const told = JSON.parse(stdout)
    expect(told.parents).toEqual([null, told.labels[0], told.labels[1]])
    expect(told.spoiled).toEqual(Array.from({ length: 5 }, () => [true, 'object-damaged']))
    expect(told.decoded).toEqual([[], [], []])
    expect(told.sealed).toBe(true)
    expect([told.overOriginal, told.unknownSpace]).toEqual(['not-empty', 'usage'])
    expect(told.bytes[1]).toBeLessThan(told.bytes[0])
    const [, , atTwo, atThree] = told.moments
    expect(told.full).toMatchObject({ chain: 1, ...atTwo, distant: { turned: 10, rows: 1000 } })
    // Before the end of the incremental one: only the full one leads there.
    expect(told.first).toMatch(/target-not-reached|target-too-early/)
    expect(told.chained).toMatchObject({ chain: 3, ...atTwo, distant: { turned: 10, rows: 1000 } })
    expect(told.chained.distant.place).not.toBe(told.place)
    expect(told.replayed).toMatchObject({ chain: 3, ...atThree, distant: { place: told.mapped } })
  })
})
