// A server of its own whose scheduler runs, for what background jobs do by themselves: on the suite's they are stopped, and
// its few workers are shared.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import type pg from 'pg'
import { packageRoot } from '../../src/statements/package-root.ts'
import { migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { findPostgres, startFound } from '../servers/postgres.ts'

export interface Scheduled {
  /** Superuser URL of the server. */
  readonly server: string
  readonly db: TestDatabase
  stop(): Promise<void>
}

/** Undefined where the PostgreSQL found here has no background jobs. */
export async function scheduledDatabase(): Promise<Scheduled | undefined> {
  const found = await findPostgres()
  if (found.tier !== 'community') {
    found.discard()
    return undefined
  }
  const server = await startFound(found, true)
  const stop = () => {
    server.stop()
    found.discard()
  }
  try {
    const db = await migratedDatabase({ name: 'community', url: server.url })
    await withClient(db.url, (client) => client.query('select _timescaledb_functions.start_background_workers()'))
    return { server: server.url, db, stop: async () => stop() }
  } catch (error) {
    stop()
    throw error
  }
}

export interface JobState {
  readonly scheduled: boolean
  readonly running: boolean
  /** Seconds from now on; null where it never was due. */
  readonly due: number | null
  readonly runs: number
  readonly schedule_interval: string
  readonly config: object
}

export async function jobState(client: pg.Client, job: number): Promise<JobState> {
  const { rows } = await client.query(
    `select j.scheduled, j.next_start is not distinct from '-infinity' as running, j.schedule_interval::text, j.config,
            case when isfinite(j.next_start) then extract(epoch from j.next_start - clock_timestamp())::float8 end as due,
            coalesce(s.total_runs, 0)::int as runs
       from timescaledb_information.jobs j left join timescaledb_information.job_stats s using (job_id)
      where j.job_id = $1`,
    [job],
  )
  return rows[0]
}

/** Waits until it is so, and says what it last was where it does not become so. */
export async function untilState(
  client: pg.Client,
  job: number,
  is: (state: JobState) => boolean,
  patienceMs = 20_000,
): Promise<JobState> {
  for (const end = Date.now() + patienceMs; ; await sleep(50)) {
    const state = await jobState(client, job)
    if (is(state)) return state
    if (Date.now() > end) throw new Error(`the job stays ${JSON.stringify(state)}`)
  }
}

export interface Holder {
  hold(options: { url: string; table: string; holder: string; leaseMs: number }): Promise<ChildProcess>
  remove(): void
}

/** Bundles lease-holder.ts from the sources as they are. */
export async function makeHolder(): Promise<Holder> {
  const home = join(packageRoot(), '.arxdb')
  mkdirSync(home, { recursive: true })
  const outdir = mkdtempSync(join(home, 'holder-'))
  const form = { bundle: true, packages: 'external', format: 'esm', platform: 'node', logLevel: 'error' } as const
  await build({ entryPoints: [join(import.meta.dirname, 'lease-holder.ts')], outdir, ...form })
  const children: ChildProcess[] = []
  return {
    async hold(options) {
      const child = spawn(process.execPath, [join(outdir, 'lease-holder.js'), JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      children.push(child)
      const [said] = await once(child.stdout!, 'data')
      if (String(said) !== 'held\n') throw new Error(`the holder said ${said}`)
      return child
    },
    remove() {
      for (const child of children) child.kill('SIGKILL')
      rmSync(outdir, { recursive: true })
    },
  }
}
