// What a restored directory would set going besides TimescaleDB's jobs: what it took along from the original.
import type { Client } from '../../storage/session.ts'

export interface PendingJob {
  readonly database: string
  readonly job: string
  readonly relation: string | null
  readonly config: string | null
  readonly next_start: string | null
  /** Runs at once when the server starts. */
  readonly due: boolean
  /** Removes rows: what is older than it says is counted from today, and not from the moment of the restore. */
  readonly deletes: boolean
  /** A subscription: it starts only where the copy takes the place of the original. */
  readonly subscribes?: boolean | undefined
}

const CRON = `select jobid, schedule, command, database from cron.job where active order by jobid`
// Whom it connects to is not told: passwords stand in it.
const SUBSCRIPTIONS = `select subname::text as name, subslotname::text as slot from pg_subscription
  where subenabled and subdbid = (select oid from pg_database where datname = current_database()) order by 1`

/** Jobs of pg_cron, whose table lies in one database and names the others; and subscriptions of this database. */
export async function otherJobs(client: Client, database: string): Promise<readonly PendingJob[]> {
  const { rows: there } = await client.query<{ cron: boolean }>(`select to_regclass('cron.job') is not null as cron`)
  type Cron = { jobid: string; schedule: string; command: string; database: string }
  const cron = there[0]!.cron ? (await client.query<Cron>(CRON)).rows : []
  const { rows: subscriptions } = await client.query<{ name: string; slot: string | null }>(SUBSCRIPTIONS)
  const still = { relation: null, next_start: null }
  return [
    ...cron.map(({ jobid, schedule, command, database: where }) => ({
      ...{ ...still, database: where, job: `pg_cron ${jobid}`, config: `${schedule}: ${command}`, due: false },
      deletes: /\b(delete|drop|truncate)\b/i.test(command),
    })),
    ...subscriptions.map(({ name, slot }) => ({
      ...{ ...still, database, job: `subscription ${name}`, config: slot && `slot ${slot}`, due: true },
      ...{ deletes: false, subscribes: true },
    })),
  ]
}
