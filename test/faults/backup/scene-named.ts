// A production whose WAL holds restore points and transactions before, between and behind three backups; and arxdb that
// plans and restores to them.
import { join } from 'node:path'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { startIsolated } from '../../../src/backup/restore/isolated.ts'
import { lsnBytes } from '../../../src/backup/wal/names.ts'
import {
  asking,
  contentOf,
  load,
  type Moment,
  majorOf,
  makeTicks,
  type PhysicalScene,
  physicalScene,
} from '../../backup/physical-scene.ts'
import { session } from '../../cli/session.ts'
import { type Outcome, runBeside } from '../../servers/beside.ts'

export const SEGMENT = 16 << 20

interface Told {
  readonly check: string
  readonly outcome: string
  readonly detail: string
}

export interface Planned {
  readonly code: number
  readonly stderr: string
  readonly told: readonly Told[]
  /** What it says of the target, and the label of the backup that it takes. */
  readonly target: string
  readonly label: string
}

export interface Point {
  readonly lsn: string
  /** What the table holds there. */
  readonly rows: string
}

export interface NamedScene {
  readonly scene: PhysicalScene
  readonly bindir: string
  /** `after batch 0`, [early], `after batch 1`, [middle], `after batch 2`, [late], `after batch 3`. */
  readonly moments: readonly Moment[]
  readonly early: Manifest
  readonly middle: Manifest
  readonly late: Manifest
  /** Between early and middle: rolled back, a subtransaction and what it is a part of, and one in two phases. */
  readonly xids: Readonly<Record<'undone' | 'part' | 'whole' | 'prepared', string>>
  /** Both between early and middle, by one name. */
  readonly twice: readonly Point[]
  /** `over the border`: a record that begins in one segment and ends in the next, between early and middle. */
  readonly border: { readonly lsn: string; readonly at: string }
  /** `again` is between early and middle, and between middle and late. */
  plan(to: string, ...more: string[]): Promise<Planned>
  run(to: string, ...more: string[]): Promise<Outcome & { readonly into: string }>
  /** What a server on the restored directory holds. */
  rowsIn(dataDir: string): Promise<string>
}

/** A restore point whose record begins in one segment and ends in the next. */
async function pointAtBorder({ client }: PhysicalScene, name: string): Promise<{ lsn: string; at: string }> {
  for (let tries = 0; tries < 200; tries++) {
    const { lsn } = (await client.query('select pg_current_wal_insert_lsn()::text as lsn')).rows[0]
    const left = SEGMENT - Number(lsnBytes(lsn) % BigInt(SEGMENT))
    if (left <= 88) {
      const sql = 'select pg_create_restore_point($1)::text as lsn, clock_timestamp()::text as at'
      const { rows } = await client.query(sql, [name])
      const [first, last] = [lsn, rows[0].lsn].map((text) => lsnBytes(text) / BigInt(SEGMENT))
      if (last === first! + 1n) return { lsn, at: rows[0].at }
      throw new Error(`the point at ${lsn} ended at ${rows[0].lsn}`)
    }
    // Far off, a page is left for the last steps, whose records are 56 bytes and what they hold.
    const bytes = left > 9_000 ? left - 9_000 - Math.ceil(left / 8_192) * 24 : left - 56 - 64
    await client.query(`select pg_logical_emit_message(false, 'x', repeat('x', $1))`, [Math.max(0, bytes)])
  }
  throw new Error('the border was not met')
}

export async function namedScene(bindir: string): Promise<NamedScene> {
  const settings = { max_prepared_transactions: '4' }
  const scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain', settings })
  const { client } = scene
  const moments: Moment[] = []
  const twice: Point[] = []
  const insert = async (batch: number): Promise<string> =>
    (await client.query(`insert into ticks values (now(), $1, 0) returning xmin::text as xid`, [batch])).rows[0].xid
  async function point(name: string): Promise<Point> {
    const { rows } = await client.query('select pg_create_restore_point($1)::text as lsn', [name])
    return { lsn: rows[0].lsn, rows: (await contentOf(client)).rows }
  }
  await makeTicks(scene)
  moments.push(await load(scene, 0, 500))
  const early = await scene.backup(baseMethod, 'base')
  moments.push(await load(scene, 1, 1_000))
  await client.query('begin')
  const undone = await insert(90)
  await client.query('rollback')
  await client.query('begin')
  const whole = await insert(91)
  await client.query('savepoint part')
  const part = await insert(92)
  await client.query('commit')
  await client.query('begin')
  const prepared = await insert(93)
  await client.query(`prepare transaction 'later'`)
  await client.query(`commit prepared 'later'`)
  const border = await pointAtBorder(scene, 'over the border')
  for (const batch of [94, 95]) {
    await insert(batch)
    twice.push(await point('twice'))
  }
  await insert(96)
  await point('again')
  await scene.archived()
  const middle = await scene.backup(baseMethod, 'base')
  moments.push(await load(scene, 2, 1_000))
  await point('again')
  await scene.archived()
  const late = await scene.backup(baseMethod, 'base')
  moments.push(await load(scene, 3, 1_000))
  await scene.archived()

  const flags = ['--repo', scene.settings.repo, '--key-file', scene.settings.keyFile]
  let runs = 0
  return {
    ...{ scene, bindir, moments, early, middle, late, twice, border, xids: { undone, part, whole, prepared } },
    async plan(to, ...more) {
      const args = ['restore', 'plan', '--to', to, '--bindir', bindir, ...flags, ...more, '-o', 'json']
      const env = { PATH: process.env.PATH }
      const { code, stdout, stderr } = await session(args, { env, cwd: scene.folder, now: new Date().toISOString() })
      const told: readonly Told[] = stdout === '' ? [] : JSON.parse(stdout)
      const of = (check: string): string => told.find((one) => one.check === check)?.detail ?? ''
      return { code, stderr, told, target: of('target'), label: of('backup').split(',')[0]! }
    },
    async run(to, ...more) {
      const into = join(scene.folder, 'restored', `named${++runs}`)
      const args = ['restore', 'run', '--to', to, '--into', into, '--bindir', bindir, ...flags, ...more, '-o', 'json']
      return { ...(await runBeside('plain', args, scene.folder)), into }
    },
    async rowsIn(dataDir) {
      const { programs } = scene
      const how = { programs, env: process.env, signal: AbortSignal.timeout(240_000), settings: {}, disposable: true }
      const server = await startIsolated({ dataDir, ...how })
      try {
        return (await asking(server, contentOf)).rows
      } finally {
        await server.stop()
      }
    },
  }
}
