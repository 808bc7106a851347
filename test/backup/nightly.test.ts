// The nightly cycle as an operator's script runs it, on each tier: see nightly.sh. Without moto_server its half about S3 is
// left out.
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bestInstalled } from '../../src/programs/installed.ts'
import { besideCommand } from '../servers/beside.ts'
import { type TierName, tiers } from '../servers/databases.ts'
import { type Moto, motoReason, startMoto } from '../servers/moto.ts'

const REPO = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')
const run = promisify(execFile)
const noMoto = motoReason()
let moto: Moto | undefined

beforeAll(async () => {
  if (!noMoto) moto = await startMoto()
})
afterAll(() => moto?.stop())

interface Step {
  readonly step: string
  readonly moment?: number
  readonly rows?: readonly { readonly relation: string; readonly restored: string | null; readonly passed: boolean }[]
  readonly made?: { readonly label: string; readonly exact: boolean; readonly rows: string }
  readonly done?: {
    readonly passed?: boolean
    readonly outcome?: string
    readonly level: number
    readonly rto_seconds: number
    readonly rpo_seconds: number
  }
  readonly ranges?: readonly { readonly what: string; readonly state: string }[]
}

/** Client and server programs of the tier, or why the cycle cannot run there. */
async function bindirOf(tier: TierName): Promise<string | undefined> {
  if (tier === 'apache') return '/usr/lib/postgresql/17/bin'
  const found = await bestInstalled({ env: process.env })
  return found && (tier === 'plain' || found.tier === tier) ? found.bindir : undefined
}

describe.each(tiers().map(({ name }) => name))('a night on %s', (tier) => {
  test('backs up, archives, and restores every moment exactly', async ({ skip }) => {
    const bindir = await bindirOf(tier)
    if (bindir === undefined) return skip("PostgreSQL's programs are not installed here")
    await moto?.bucket('nightly').catch(() => {})
    const work = mkdtempSync('/tmp/arxdb-night-')
    chmodSync(work, 0o755)
    try {
      const [file, ...args] = besideCommand(tier, [
        ...['bash', `${REPO}/test/backup/nightly.sh`, work, bindir, tier, moto?.endpoint ?? '-', '--'],
        ...[process.execPath, `${REPO}/bin/arxdb.js`],
      ])
      const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...moto?.env }
      const { stdout } = await run(file!, args, { env, maxBuffer: 1 << 26 }).catch((error) => {
        throw new Error(`${error.stderr}\n${String(error.stdout).slice(-2000)}`)
      })
      const steps = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Step)
      const of = (name: string): readonly Step[] => steps.filter(({ step }) => step === name)
      for (const where of moto ? ['', '-s3'] : ['']) {
        expect(of(`base${where}`)[0]!.made).toMatchObject({ exact: true })
        const moments = of(`pitr${where}`).map(({ moment, rows }) => [
          moment,
          rows!.find(({ relation }) => relation === 'public.ticks')!.restored,
        ])
        // New chunks since the backup are no fault of it: a drill to another moment leaves no failed proof.
        expect(of(`pitr${where}`).flatMap(({ rows }) => rows!.filter(({ passed }) => !passed))).toEqual([])
        expect(moments).toEqual(
          (where === '' ? [1, 2, 3, 4] : [2, 4]).map((moment) => [moment, String(50_000 * moment)]),
        )
        expect(of(`drill${where}`)[0]!.done).toMatchObject({
          passed: true,
          level: 5,
          rto_seconds: expect.any(Number),
          rpo_seconds: expect.any(Number),
        })
      }
      for (const kind of ['dump', 'copy']) {
        expect(of(kind)[0]!.made).toMatchObject({ exact: true })
        expect(of(`${kind}-verify`)[0]!.done).toMatchObject({ outcome: 'passed', level: 2 })
        expect(of(`${kind}-drill`)[0]!.done).toMatchObject({ passed: true, level: 5 })
      }
      expect(
        of('wal-status')[0]!
          .ranges!.map(({ what }) => what)
          .sort(),
      ).toEqual(['range', 'window'])
      expect(of('wal-status')[0]!.ranges!.filter(({ state }) => state === 'problem')).toEqual([])
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  }, 400_000)
})
