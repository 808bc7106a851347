// `arxdb restore open DIR`: shows which jobs would run, and takes down what holds a restored directory back.
import { dirname } from 'node:path'
import { openClient } from '../../db/connect.ts'
import { detect } from '../../engines/detect.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { step } from '../../steps.ts'
import { type Client, type Run, runner } from '../../storage/session.ts'
import { type Programs, programsOf } from '../programs.ts'
import { queueForArchiver } from './archiver-queue.ts'
import { readControl } from './control.ts'
import { isGuarded, unguard } from './guards.ts'
import { COPY_GUARDS, type IsolatedServer, serverAccount, startIsolated } from './isolated.ts'
import { postmasterOf, sweepLeftovers } from './leftovers.ts'
import { otherJobs, type PendingJob } from './pending.ts'
import { type RestoreRecord, readRecord } from './record.ts'

export interface OpenOptions {
  readonly dataDir: string
  readonly bindir: string | undefined
  readonly env: Env
  readonly signal: AbortSignal
}

export interface Openable {
  readonly record: RestoreRecord
  readonly jobs: readonly PendingJob[]
  /** Takes the guards down; archiving stays off unless this becomes production. What that means, and what to type then. */
  open(archive: boolean): Promise<{ readonly told: string; readonly next: readonly string[] }>
}

const LOUD =
  'it archives again, as the original did: two that archive to one place destroy what both can be restored from'
const SILENT =
  'archive_mode stays off, and max_logical_replication_workers 0: --archive where it takes the place of the original'

/** Looks into the directory through an isolated server. Refuses (exit 6) a running one, and one that was opened before. */
export async function lookInto({ dataDir, bindir, env, signal }: OpenOptions): Promise<Openable> {
  const record = await readRecord(dataDir)
  // One that was killed while it looked may have left its server running there.
  await sweepLeftovers()
  const pid = postmasterOf(dataDir)
  if (pid !== undefined) {
    throw new ArxError({
      code: 'server-running',
      message: `a server runs on ${dataDir}`,
      detail: `its process is ${pid}`,
      hint: 'stop it first: what it was started with stays in force until then',
      exit: EXIT.refused,
    })
  }
  if (!(await isGuarded(dataDir))) {
    throw new ArxError({ code: 'open-already', message: `${dataDir} is open already`, exit: EXIT.refused })
  }
  const programs = programsOf(record.major, bindir, env)
  step('looking')
  const server = await startIsolated({ dataDir, programs, env, signal, user: record.superuser })
  let jobs: readonly PendingJob[]
  try {
    jobs = await pendingJobs(server)
  } finally {
    step('looked')
    await server.stop()
  }
  return {
    record,
    jobs,
    async open(archive) {
      if (archive) {
        const account = serverAccount()
        await queueForArchiver(dataDir, await readControl(dataDir, { programs, env, account }), account)
      }
      step('opening')
      await unguard(dataDir, serverAccount(), archive ? [] : COPY_GUARDS)
      step('opened')
      return { told: archive ? LOUD : SILENT, next: howToStart(dataDir, programs) }
    },
  }
}

async function pendingJobs(server: IsolatedServer): Promise<readonly PendingJob[]> {
  const plain = { engine: 'postgres', server: 150_000 } as const
  const within = async <T>(database: string, ask: (run: Run, client: Client) => Promise<T>): Promise<T> => {
    const client = await openClient(server.connection(database))
    try {
      const found = await detect((name) => runner(client, plain)(name))
      const engine = found.version.timescaledb === null ? 'postgres' : 'timescaledb'
      return await ask(runner(client, { engine, server: found.version.server }), client)
    } finally {
      await client.end().catch(() => {})
    }
  }
  const databases = await within('template1', (run) => run<{ name: string }>('backup/physical/databases'))
  const jobs: PendingJob[] = []
  for (const { name } of databases) {
    type Row = Omit<PendingJob, 'database' | 'due' | 'deletes'> & { scheduled: boolean }
    await within(name, async (run, client) => {
      for (const { scheduled, ...row } of await run<Row>('backup/physical/pending-jobs')) {
        if (!scheduled) continue
        const due = row.next_start === null || Date.parse(row.next_start) <= Date.now()
        jobs.push({ database: name, ...row, due, deletes: /retention|drop|expire/.test(row.job) })
      }
      jobs.push(...(await otherJobs(client, name)))
    })
  }
  return jobs
}

function howToStart(dataDir: string, programs: Programs): readonly string[] {
  const bin = dirname(programs.need('postgres'))
  const account = serverAccount()
  const start = `${bin}/pg_ctl -D ${dataDir} -l ${dataDir}/startup.log start`
  return [account ? `su ${account.name} -s /bin/sh -c '${start}'` : start]
}
